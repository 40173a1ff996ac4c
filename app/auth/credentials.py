"""What a caller brings: the handshake, the credential in it, and the Origin. Pure.

A credential is looked for in a fixed order of carriers and only there; the query counts only where the operator
allows it, since queries end up in the logs of everything on the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Literal
from urllib.parse import urlsplit

from app.protocol.catalogue import GenerationName

__all__ = [
    "Carrier",
    "Credential",
    "Handshake",
    "Identity",
    "Network",
    "client_address",
    "find",
    "from_trusted",
    "is_loopback_host",
    "normal_origin",
    "origin_allowed",
    "same_origin",
]

Network = IPv4Network | IPv6Network

Carrier = Literal["authorization", "api-key", "subprotocol", "query", "event"]

KEY_SUBPROTOCOL = "openai-insecure-api-key."
PREVIEW_PATH = "/openai/realtime"
RELAY_SUBPROTOCOL = "relay.v1"
BETA_SUBPROTOCOL = "openai-beta.realtime-v1"
NO_CREDENTIAL = frozenset({"", "null", "undefined"})
"""What JavaScript makes of a missing value."""

DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Handshake:
    """The opening request of a WebSocket. Header names are lower case; of equal ones the first counts.

    `local_address` is the address that accepted the connection, `peer` the one at its other end, as the server
    knows them, or None.
    """

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    subprotocols: Sequence[str] = ()
    local_address: str | None = None
    peer: str | None = None

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
    def profile(self) -> str | None:
        """The profile that the caller asks for, if any."""
        return self.query.get("profile") or None

    @property
    def opted_in(self) -> bool:
        """Whether the caller wants the relay's own events (`relay.*`)."""
        return RELAY_SUBPROTOCOL in self.subprotocols or self.query.get("relay") == "v1"

    @property
    def generation(self) -> GenerationName:
        """What the caller speaks by its marker, else by its path: a dated `api-version` is the preview's.

        The path is a guess: the official Azure clients open the preview's, and then speak GA.
        """
        dated = self.path == PREVIEW_PATH and self.query.get("api-version", "")[:1].isdigit()
        return "preview" if self.speaks_preview or dated else "ga"

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
    """Who was let in: `name` is for the log and the counts, `method` says how it was known.

    `expires_at` is when the credential ends (unix seconds), None for never; `profiles` are those that it may use,
    None for all; `ticket` is the hash of the ticket that was reserved for this connection, `model` and `session`
    (JSON in GA shape) what it was made for; `roles` are the app roles and scopes that a provider's token granted.
    """

    name: str
    method: str
    expires_at: float | None = None
    profiles: tuple[str, ...] | None = None
    ticket: str | None = None
    model: str | None = None
    session: bytes | None = field(default=None, repr=False)
    roles: tuple[str, ...] = ()


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


def client_address(handshake: Handshake, trusted: Sequence[Network]) -> str:
    """Return whom to count a caller as: the rightmost hop that is no trusted proxy; IPv6 by /64; "" if unknown.

    What a caller writes into `X-Forwarded-For` itself stands left of what the proxies add, and does not count.
    """
    address = _address(handshake.peer or "")
    hops = handshake.headers.get("x-forwarded-for", "").split(",")
    while address is not None and any(address in network for network in trusted) and hops:
        hop = _address(hops.pop())
        if hop is None:  # what stands left of it is nobody's word
            break
        address = hop
    if address is None:
        return ""
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))  # noqa: PLR2004 - IPv4


def from_trusted(handshake: Handshake, trusted: Sequence[Network]) -> bool:
    """Tell whether the socket's peer itself is a trusted proxy."""
    address = _address(handshake.peer or "")
    return address is not None and any(address in network for network in trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as proxies write it: also with a port, or in brackets."""
    bare = text.strip().removeprefix("[").partition("]")[0]
    for candidate in (bare, bare.rpartition(":")[0]):
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        return getattr(address, "ipv4_mapped", None) or address
    return None


def same_origin(one: str, other: str | None) -> bool:
    """Tell whether two Origins are the same, however they are written."""
    return other is not None and _parts(one) is not None and _parts(one) == _parts(other)


def normal_origin(origin: str) -> str:
    """Return an Origin as browsers write it. Raises `ValueError` for what is none."""
    parts = _parts(origin)
    if parts is None or origin.rstrip("/").count("/") != 2:  # noqa: PLR2004 - those behind the scheme
        raise ValueError("is no origin, such as https://app.example.com")
    scheme, host, port = parts
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" if port == DEFAULT_PORTS[scheme] else f"{scheme}://{name}:{port}"


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
