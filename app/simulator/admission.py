"""Who is let in, and to what: path, query and credential of a handshake, refused as Azure or OpenAI refuse.

Pure. Azure answers on the HTTP handshake; OpenAI upgrades first, then says it by an `error` event and a close
(3000 for credentials, 4000 for requests). No refusal repeats a credential.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from app.simulator.config import SimulatorConfig
from app.simulator.faults import Faults
from app.simulator.session_object import Kind, Opening

__all__ = [
    "PREVIEW_VERSIONS",
    "Denied",
    "Handshake",
    "admitted",
    "check_credential",
    "deployed",
    "handshake_of",
    "not_found",
    "on_demand",
    "unauthorized",
]

GA_PATHS = {"/openai/v1/realtime", "/v1/realtime"}
PREVIEW_PATH = "/openai/realtime"
PREVIEW_VERSIONS = {"2024-10-01-preview", "2024-12-17", "2025-04-01-preview"}
"""The versions of the preview protocol that Azure published."""
DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
BETA_PROTOCOL = "openai-beta.realtime-v1"
KEY_PROTOCOL = "openai-insecure-api-key."


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request for a WebSocket, as it came. Header names are in lower case; of equal ones the last counts."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def protocols(self) -> Sequence[str]:
        """The subprotocols that are offered."""
        return [each.strip() for each in self.headers.get("sec-websocket-protocol", "").split(",") if each.strip()]

    @property
    def beta(self) -> bool:
        """Whether the preview's marker is there, as a header's value or as a subprotocol."""
        return "realtime=v1" in self.headers.get("openai-beta", "") or BETA_PROTOCOL in self.protocols

    @property
    def credential(self) -> str | None:
        """The key or token, wherever it stands: `api-key` header, bearer, query, or subprotocol."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        offered = (each.removeprefix(KEY_PROTOCOL) for each in self.protocols if each.startswith(KEY_PROTOCOL))
        bearer = token.strip() if scheme.lower() == "bearer" else None
        return self.headers.get("api-key") or bearer or self.query.get("api-key") or next(offered, None)


@dataclass(slots=True)
class Denied(Exception):
    """No session. `close_code` 0 means an HTTP denial; `code` None means a close without an `error` event."""

    status: int
    code: str | None
    message: str
    close_code: int = 0
    retry_after: int = 0
    param: str | None = None
    type: str = "invalid_request_error"


def handshake_of(target: str, headers: Mapping[str, str]) -> Handshake:
    """Read the request's target and headers."""
    parts = urlsplit(target)
    return Handshake(parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers)


def admitted(handshake: Handshake, config: SimulatorConfig, faults: Faults) -> Opening:
    """Return what the handshake opens; raises `Denied` in the configured style."""
    if faults.refuse:
        raise _styled(on_demand(faults), config)
    try:
        return _opening(handshake, config)
    except Denied as denied:
        raise _styled(denied, config) from None


def _opening(handshake: Handshake, config: SimulatorConfig) -> Opening:
    generation = "preview" if handshake.path == PREVIEW_PATH else "ga"
    if handshake.path not in {*GA_PATHS, PREVIEW_PATH} or config.generation not in {None, generation}:
        raise not_found()
    check_credential(handshake, config)
    if config.style == "openai" and handshake.beta:
        message = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
        raise Denied(400, "beta_api_shape_disabled", message)
    if generation == "ga":
        return _ga(handshake, config)
    return _preview(handshake, config)


def _ga(handshake: Handshake, config: SimulatorConfig) -> Opening:
    query = handshake.query
    if DATED.match(query.get("api-version", "")):
        raise unauthorized()
    if "deployment" in query:
        raise not_found()
    if query.get("intent") == "transcription":
        return _transcription(query, "model", "ga")
    if "call_id" in query:
        return _sideband(query)
    return Opening("ga", "realtime", deployed(query.get("model"), config))


def _sideband(query: Mapping[str, str]) -> Opening:
    """Join a call, whose model is settled."""
    if "model" in query:
        raise Denied(400, "invalid_parameter", "You must not provide a model parameter for a call.")
    return Opening("ga", "realtime", "", query["call_id"])


def _preview(handshake: Handshake, config: SimulatorConfig) -> Opening:
    query = handshake.query
    if query.get("api-version") not in PREVIEW_VERSIONS or "model" in query:
        raise not_found()
    if query.get("intent") == "transcription":
        return _transcription(query, "deployment", "preview")
    return Opening("preview", "realtime", deployed(query.get("deployment"), config))


def _transcription(query: Mapping[str, str], name: str, generation: Literal["ga", "preview"]) -> Opening:
    if name in query:
        message = f"You must not provide a {name} parameter for transcription sessions."
        raise Denied(400, "invalid_parameter", message)
    kind: Kind = "transcription"
    return Opening(generation, kind, "")


def deployed(name: str | None, config: SimulatorConfig) -> str:
    """Return the name of a deployment. Raises `Denied` for one that there is not."""
    if not name:
        raise Denied(400, "missing_model", "You must provide a model parameter.")
    if config.deployments and name not in config.deployments:
        message = (
            "The API deployment for this resource does not exist. If you created the deployment within the last 5"
            " minutes, please wait a moment and try again."
        )
        raise Denied(404, "DeploymentNotFound", message)
    return name


def check_credential(handshake: Handshake, config: SimulatorConfig) -> None:
    """Let in who is configured. Raises `Denied`."""
    credential = handshake.credential
    if credential in config.forbidden:
        raise _permission_denied()
    if config.keys and credential not in config.keys:
        if credential is None and config.style == "openai":
            # Without any credential OpenAI closes at once, and says no more than this.
            raise Denied(401, None, "invalid_request_error")
        raise unauthorized()


def _permission_denied() -> Denied:
    message = (
        "The principal lacks the required data action"
        " `Microsoft.CognitiveServices/accounts/OpenAI/realtime/action` to perform this operation."
    )
    return Denied(403, "PermissionDenied", message)


def unauthorized() -> Denied:
    """Return the refusal of a credential."""
    message = (
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for"
        " an active subscription and use a correct regional API endpoint for your resource."
    )
    return Denied(401, "401", message)


def not_found() -> Denied:
    """Return the refusal of a path."""
    return Denied(404, "404", "Resource not found")


def on_demand(faults: Faults) -> Denied:
    """Return the refusal that was asked for."""
    known = {
        401: unauthorized(),
        403: _permission_denied(),
        404: not_found(),
        429: Denied(429, "429", "Requests have exceeded the call rate limit. Please retry later."),
    }
    busy = Denied(faults.refuse, str(faults.refuse), "The service is temporarily unable to process your request.")
    return replace(known.get(faults.refuse, busy), retry_after=faults.retry_after)


BY_HTTP = {429, *range(500, 600)}

IN_BAND = {
    "401": ("invalid_api_key", "Incorrect API key provided.", 3000),
    "PermissionDenied": (
        "insufficient_permissions",
        "You have insufficient permissions for this operation.",
        3000,
    ),
    "DeploymentNotFound": ("invalid_model", "The requested model does not exist.", 4000),
    "404": ("invalid_model", "The requested model does not exist.", 4000),
    "missing_model": ("missing_model", "You must provide a model parameter.", 4000),
}
"""What OpenAI says and how it closes, where Azure denies by HTTP."""


def _styled(denied: Denied, config: SimulatorConfig) -> Denied:
    """Give a refusal the form of the configured service. Overload and failures are HTTP in both."""
    if config.style == "azure" or denied.status in BY_HTTP:
        return denied
    if denied.code is None:
        return replace(denied, close_code=3000)
    code, message, close_code = IN_BAND.get(denied.code, (denied.code, denied.message, 4000))
    return replace(denied, code=code, message=message, close_code=close_code)
