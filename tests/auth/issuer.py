"""A local identity provider over real HTTP, and tokens of every kind, good and bad."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.auth.oidc import Oidc
from app.errors import Ended

__all__ = [
    "NOW",
    "PATIENCE",
    "Clock",
    "Issuer",
    "SigningKey",
    "Towards",
    "compact",
    "json_bytes",
    "outcome",
    "segment",
    "signed",
]

NOW = 1_800_000_000.0
PATIENCE = 20.0
"""Seconds after which a test gives up waiting for what must happen."""

CURVES: Mapping[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
    "ES256K": ec.SECP256K1(),
}


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


def json_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


def segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def _private(name: str, algorithm: str, bits: int) -> Any:  # noqa: ARG001 - another name, another key
    """Return the private key of that name; made once for all tests, for making one takes long."""
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm])
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class SigningKey:
    """A key pair. `extra` goes into what is published of it, over what would be."""

    kid: str = "key-1"
    algorithm: str = "RS256"
    bits: int = 2048
    extra: tuple[tuple[str, Any], ...] = ()

    @property
    def private(self) -> Any:
        return _private(self.kid, self.algorithm, self.bits)

    @property
    def jwk(self) -> dict[str, Any]:
        algorithm: Any = jwt.PyJWS().get_algorithm_by_name(self.algorithm)
        public = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        public.pop("key_ops", None)
        return {**public, "kid": self.kid, "use": "sig", **dict(self.extra)}

    @property
    def pem(self) -> bytes:
        """The public key, as an attacker would take it for a shared secret."""
        pem: bytes = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem


def compact(header: bytes, payload: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Put a token together, whatever its parts are."""
    head = f"{segment(header)}.{segment(payload)}"
    return f"{head}.{segment(sign(head.encode()))}"


def signed(
    payload: Mapping[str, Any] | bytes, key: SigningKey, header: Mapping[str, Any] | None = None, **more: Any
) -> str:
    """Sign with the key's algorithm, whatever the header says; a header of None is left out."""
    algorithm: Any = jwt.PyJWS().get_algorithm_by_name(key.algorithm)
    head = header if header is not None else {"typ": "JWT", "alg": key.algorithm, "kid": key.kid}
    head = {name: value for name, value in {**head, **more}.items() if value is not None}
    body = payload if isinstance(payload, bytes) else json_bytes(payload)
    return compact(json_bytes(head), body, lambda data: algorithm.sign(data, key.private))


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Issuer:
    """An identity provider that answers as told: `answers` by path's end, else what is right."""

    path: str = ""
    named: str | None = None
    published: list[Any] = field(default_factory=lambda: [SigningKey().jwk])
    discovery: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    arrived: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """Its name, as the tokens have it."""
        return self.named or self.base + self.path

    def publish(self, *keys: SigningKey) -> None:
        """Have these keys and no others."""
        self.published = [key.jwk for key in keys]

    def fail(self, status: int = 503) -> None:
        """Be down."""

        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, text="canary")

        self.answers = {"openid-configuration": answer}

    def claims(self, **more: Any) -> dict[str, Any]:
        """The claims of a good token; one of None is left out. What a person is called is a canary."""
        good = {
            "iss": self.url,
            "aud": "the-relay",
            "sub": "alice",
            "exp": NOW + 600,
            "iat": NOW - 10,
            "nbf": NOW - 10,
            "name": "canary",
            "email": "canary@example.com",
            "jti": "canary",
        }
        return {name: value for name, value in {**good, **more}.items() if value is not None}

    def token(self, key: SigningKey | None = None, **claims: Any) -> str:
        """A good token, but for these claims."""
        return signed(self.claims(**claims), key or SigningKey())

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.arrived.put_nowait(request.path)
        await self.go.wait()
        end = request.path.rpartition("/")[2]
        if end in self.answers:
            return await self.answers[end](request)
        if end == "openid-configuration":
            return web.json_response({"issuer": self.url, "jwks_uri": f"{self.base}/keys", **self.discovery})
        return web.json_response({"keys": self.published})


class Towards(httpx.AsyncBaseTransport):
    """Sends every request to the local provider, whatever host it is for: real HTTP, but no Entra."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


async def outcome(oidc: Oidc, token: str) -> str:
    """Return the name of who was let in, or the log's reason why nobody was; neither quotes the token."""
    try:
        return (await oidc.identify(token)).name
    except Ended as error:
        ended = error
    told = f"{ended.message} {ended.reason} {ended.detail} {ended}"
    assert "canary" not in told
    assert not any(part in told for part in token.split(".") if len(part) > 3)
    return ended.detail
