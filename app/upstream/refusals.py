"""What a failed dial means: an ending for each answer, close and failure that can come before a session begins.

What a service says is never repeated as it came, for it can quote keys and names: the log gets the layer, the
status, an error code where it is a plain word, and what to mend.
"""

import math
import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ssl import SSLCertVerificationError
from typing import Any, Literal

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, InvalidProxy, InvalidProxyStatus
from websockets.http11 import Response

from app.errors import Ended, Ending
from app.upstream.providers import Target
from app.wire import Closed

__all__ = [
    "Layer",
    "Undialled",
    "event_of",
    "of_close",
    "of_failure",
    "of_first_event",
    "of_refused_session",
    "of_session",
    "of_status",
    "of_time_out",
]

CREATED = {"session.created", "transcription_session.created"}
LAYERS: Mapping[int, "Layer"] = {401: "credential", 403: "role"}
RATE_LIMITS = {"rate_limit_exceeded", "rate_limit_error", "too_many_requests"}

LONGEST_WAIT = 3600
"""What a service may have us tell a client to wait, in seconds."""

_FIELD = re.compile(r"session[A-Za-z_.\[\]0-9]{0,80}")
_PLAIN_WORD = re.compile(r"[A-Za-z_.]{1,48}|\d{3}")


Layer = Literal["network", "credential", "role", "deployment", "first event"]
"""How far a dial came. Each layer is asked only where those before it hold."""


class Undialled(Ended):
    """A dial that came to nothing; `layer` is where it failed, and `detail` what to mend."""

    def __init__(self, layer: Layer, ending: Ending, detail: str, retry_after: int | None = None) -> None:
        super().__init__(ending, detail=detail, retry_after=retry_after)
        self.layer: Layer = layer


class _Event(msgspec.Struct):
    type: str
    error: Any = None


class _Body(msgspec.Struct):
    error: Any = None


_event = msgspec.json.Decoder(_Event)
_body = msgspec.json.Decoder(_Body)
# msgspec tells bad UTF-8 by Python's own error.
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def of_status(target: Target, response: Response, asked: str = "the handshake") -> Undialled:
    """Say what an HTTP answer means that is no upgrade, or not what was `asked` for."""
    status = response.status_code
    words = _words(_error_in(response.body or b""))
    detail = f"{target.host} answered {asked} with HTTP {status}{_in_brackets(words)}"
    wait = _retry_after(response.headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Undialled("first event", Ending.UPSTREAM_OVERLOADED, detail, wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Undialled("first event", Ending.UPSTREAM_UNAVAILABLE, detail, wait)
    layer = LAYERS.get(status, "deployment")
    return Undialled(layer, Ending.UPSTREAM_REFUSED, f"{detail}: {_remedy(target, status)}")


def _remedy(target: Target, status: int) -> str:
    match status:
        case 401 if target.entra_scope is not None:
            return (
                f"it does not take the Entra token for {target.entra_scope}; check the tenant, and the target's"
                " SCOPE (https://cognitiveservices.azure.com/.default or https://ai.azure.com/.default)"
            )
        case 401:
            return "it does not take the key; check the target's API_KEY, ENDPOINT and KEY_HEADER"
        case 403:
            return (
                "assign the role 'Cognitive Services OpenAI User' on the resource to the relay's identity; check"
                f" the target's SCOPE ({target.entra_scope or 'none, it sends a key'}), and whether the resource's"
                " network rules admit the relay"
            )
        case 404:
            return (
                "no such deployment or path; check the target's ENDPOINT, DEPLOYMENT and PROVIDER (a new"
                " deployment takes some minutes)"
            )
        case _ if status < HTTPStatus.BAD_REQUEST:
            return "that is no Realtime service, and no redirect is followed; check the target's ENDPOINT"
        case _:
            return "check the target's ENDPOINT, DEPLOYMENT and API_VERSION"


def of_failure(target: Target, error: Exception) -> Undialled:
    """Say what it means that no HTTP answer came: network, DNS, TLS, or a proxy on the way."""
    match error:
        case SSLCertVerificationError():
            what = (
                f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE names other authorities"
            )
        case InvalidProxyStatus():
            what = f"the proxy that HTTPS_PROXY names answered with HTTP {error.response.status_code}"
        case InvalidProxy() | ImportError() | ValueError():
            what = "the proxy that HTTPS_PROXY names is no http:// or https:// URL"
        case InvalidMessage():
            what = "the connection ended without an HTTP answer"
        case OSError():
            what = f"{type(error).__name__}: {error.strerror or 'no connection'}"
        case _:
            what = type(error).__name__
    return Undialled("network", Ending.UPSTREAM_UNAVAILABLE, f"{target.host} can't be reached: {what}")


def of_time_out(layer: Layer, awaited: str) -> Undialled:
    """Say that the dial's time ran out."""
    return Undialled(layer, Ending.DIAL_TIMEOUT, f"gave up waiting for {awaited}")


def of_first_event(data: bytes) -> Undialled | None:
    """Return None for an event that begins a session, else what the event means instead."""
    try:
        event = _event.decode(data)
    except _NOT_JSON:
        return Undialled("first event", Ending.UPSTREAM_FAILED, "the service's first message is no event")
    if event.type == "error":
        return _of_error(_words(event.error))
    if event.type not in CREATED:
        return Undialled("first event", Ending.UPSTREAM_FAILED, "the service's first event begins no session")
    return None


def _of_error(words: set[str]) -> Undialled:
    """OpenAI refuses a bad key only after the handshake, by an `error`, and then closes with 3000."""
    detail = f"the service's first event was an error{_in_brackets(words)}"
    if words & RATE_LIMITS:
        return Undialled("first event", Ending.UPSTREAM_OVERLOADED, detail)
    if "server_error" in words:
        return Undialled("first event", Ending.UPSTREAM_FAILED, detail)
    return Undialled("credential", Ending.UPSTREAM_REFUSED, f"{detail}: check the target's API_KEY and DEPLOYMENT")


def event_of(data: bytes) -> dict[str, Any]:
    """Read an event that is not the first. Raises `Undialled` for what is none."""
    try:
        event = msgspec.json.decode(data, type=dict[str, Any])
    except _NOT_JSON:
        raise Undialled("first event", Ending.UPSTREAM_FAILED, "a message of the service is no event") from None
    return event


def of_session(event: Mapping[str, Any]) -> Ended:
    """Say that the service refuses the session that was to be in force; the caller learns which field it is."""
    error = event.get("error")
    param = error.get("param") if isinstance(error, dict) else None
    field = param if isinstance(param, str) and _FIELD.fullmatch(param) else "the session"
    words = f"The service refuses the session that was asked for: {field}{_in_brackets(_words(error))}."
    return Ended(Ending.BAD_REQUEST, words, code="session_refused", detail="the session is not in force")


def of_refused_session(body: bytes) -> Ended:
    """Say the same of an HTTP answer with this body."""
    return of_session({"error": _error_in(body)})


def of_close(closed: Closed) -> Undialled:
    """Say what a close means that came before the first event."""
    match closed.code:
        case 1008 | 3000 | 3003 | 4000 | 4004:
            ending = Ending.UPSTREAM_REFUSED
        case 4429:
            ending = Ending.UPSTREAM_OVERLOADED
        case 1001 | 1006 | 1012 | 1013:
            ending = Ending.UPSTREAM_UNAVAILABLE
        case _:
            ending = Ending.UPSTREAM_FAILED
    return Undialled("first event", ending, f"the service closed with {closed.code} before the session began")


def _error_in(body: bytes | bytearray) -> Any:
    try:
        return _body.decode(body).error
    except _NOT_JSON:
        return None


def _words(error: Any) -> set[str]:
    """Return the `code` and `type` of an error, where they are plain words: keys have digits, hyphens, length."""
    if not isinstance(error, dict):
        return set()
    told = (error.get("code"), error.get("type"))
    return {word for word in told if isinstance(word, str) and _PLAIN_WORD.fullmatch(word)}


def _in_brackets(words: set[str]) -> str:
    return f" ({', '.join(sorted(words))})" if words else ""


def _retry_after(headers: Headers) -> int | None:
    """Return the seconds to wait, at most an hour; None where they are not told, or lie in the past.

    RFC 9110, section 10.2.3: seconds, or a date, which is held against the answer's own `Date`.
    """
    told = "".join(headers.get_all("Retry-After")[:1])
    seconds = float(told) if re.fullmatch(r"\d{1,9}(\.\d+)?", told) else _seconds_until(told, headers)
    return min(math.ceil(seconds), LONGEST_WAIT) if seconds > 0 else None


def _seconds_until(date: str, headers: Headers) -> float:
    try:
        now = parsedate_to_datetime("".join(headers.get_all("Date")[:1]))
        return (parsedate_to_datetime(date) - now).total_seconds()
    except (ValueError, TypeError):  # no date; or one with a time zone and one without
        return 0
