"""What a caller brings: the handshake, the credential in it, and the Origin. Pure.

A credential is looked for in a fixed order of carriers and only there; the query counts only where the operator
allows it, since queries end up in the logs of everything on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

__all__ = ["Carrier", "Credential", "Handshake", "Identity", "find", "is_loopback_host", "origin_allowed"]

Carrier = Literal["authorization", "api-key", "subprotocol", "query"]

KEY_SUBPROTOCOL = "openai-insecure-api-key."
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
NO_CREDENTIAL = frozenset({"", "null", "undefined"})
"""What JavaScript makes of a missing value."""

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Handshake:
    """The opening request of a WebSocket. Header names are lower case; of equal ones the first counts.

    `local_address` is the address that accepted the connection, as the server knows it, or None.
    """

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    subprotocols: Sequence[str] = ()
    local_address: str | None = None

    @property
    def origin(self) -> str | None:
        """The Origin header, which browsers always send and nobody else has to."""
        return self.headers.get("origin")

    @property
    def host(self) -> str:
        """The Host header."""
        return self.headers.get("host", "")

    @property
    def asked_model(self) -> str | None:
        """The name of a model or deployment that the caller asks for, if any."""
        for key in ("model", "deployment"):
            name = self.query.get(key, "")
            if name not in NO_CREDENTIAL:
                return name
        return None

    @property
    def transcription(self) -> bool:
        """Whether a transcription session is wanted."""
        return self.query.get("intent") == "transcription"

    @property
    def speaks_preview(self) -> bool:
        """Whether the caller says that it speaks the preview protocol: by the header's value, or by subprotocol.

        The header alone says nothing: the official SDKs send `OpenAI-Beta: assistants=v2` elsewhere.
        """
        return "realtime=v1" in self.headers.get("openai-beta", "") or BETA_SUBPROTOCOL in self.subprotocols


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret, and where it came from."""

    secret: str = field(repr=False)
    carrier: Carrier


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was let in: `name` is for the log and the counts, `method` says how it was known."""

    name: str
    method: str


def find(handshake: Handshake, *, query_allowed: bool) -> Credential | None:
    """Return the first credential that the handshake carries, or None."""
    scheme, _, token = handshake.headers.get("authorization", "").partition(" ")
    subprotocol = next((each for each in handshake.subprotocols if each.startswith(KEY_SUBPROTOCOL)), "")
    carried: list[tuple[Carrier, str]] = [
        ("authorization", token.strip() if scheme.lower() == "bearer" else ""),
        ("api-key", handshake.headers.get("api-key", "")),
        ("subprotocol", subprotocol.removeprefix(KEY_SUBPROTOCOL)),
    ]
    if query_allowed:
        bearer = handshake.query.get("Authorization", "").removeprefix("Bearer ")
        carried += [("query", handshake.query.get("api-key", "")), ("query", bearer)]
    return next((Credential(secret, carrier) for carrier, secret in carried if secret not in NO_CREDENTIAL), None)


def origin_allowed(handshake: Handshake, allowed: Sequence[str]) -> bool:
    """Tell whether the Origin may connect. A missing one may; the relay's own may where none are named.

    The relay's own is the host and port of the Host header, over http or https: behind a proxy that ends TLS the
    relay cannot know which.
    """
    if handshake.origin is None:
        return True
    origin = _parts(handshake.origin)
    if origin is None:
        return False
    if allowed:
        return origin in [_parts(each) for each in allowed]
    own = _parts(f"{origin[0]}://{handshake.host}")
    return own is not None and origin[1:] == own[1:]


def is_loopback_host(host: str) -> bool:
    """Tell whether a Host header names this machine's loopback: `localhost`, `127.0.0.1` or `[::1]`."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in ("localhost", "127.0.0.1", "[::1]")


def _parts(origin: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an origin; None for what is none, such as `null`."""
    try:
        url = urlsplit(origin)
        port = url.port
    except ValueError:
        return None
    if url.scheme not in DEFAULT_PORTS or not url.hostname:
        return None
    return url.scheme, url.hostname, port or DEFAULT_PORTS[url.scheme]
