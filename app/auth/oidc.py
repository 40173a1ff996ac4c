"""Tokens of an identity provider, Microsoft Entra ID or any other that speaks OpenID Connect: whose they are.

Nothing in a token is believed before its signature: until then it says only which trusted issuer and which of its
keys to try. Where keys are to be found, and which algorithms are theirs, a token has no say in (`jku`, `jwk`,
`x5u` and `x5c` are not looked at).
"""

import base64
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import msgspec

from app.auth.claims import identified
from app.auth.credentials import Identity
from app.auth.flaws import Flaw, refused
from app.auth.issuers import IssuerConfig, any_tenant
from app.auth.jwks import ALGORITHMS, Key
from app.auth.provider import Provider

__all__ = ["IssuerConfig", "Oidc"]

MAX_TOKEN = 16 * 1024
"""Characters. Entra's tokens have 2,000 or so, and more with many groups."""

PARTS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
BEGINNING = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]*")

ACCESS_TYPES = {"jwt", "at+jwt", "application/at+jwt"}
"""RFC 9068, section 4, and what everybody else writes."""

VERSION_1_ISSUERS = ("https://sts.windows.net/", "https://sts.chinacloudapi.cn/")


class Header(msgspec.Struct, frozen=True):
    """The head of a token, as far as it has a say."""

    alg: str
    kid: str | None = None
    typ: str = "JWT"
    crit: Any = None


class Issued(msgspec.Struct, frozen=True):
    """By whom a token says it was issued."""

    iss: str


@dataclass(frozen=True, slots=True)
class Trusted:
    """A trusted issuer, and where its keys come from."""

    config: IssuerConfig
    provider: Provider


class Oidc:
    """Knows whose token it is. A `client` that is given stays its giver's; `now` is unix time."""

    def __init__(
        self,
        issuers: Mapping[str, IssuerConfig],
        *,
        client: httpx.AsyncClient | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._client = client or httpx.AsyncClient(trust_env=True)
        self._owned = client is None
        self._now = now
        self._trusted: dict[str, Trusted] = {}
        for name, config in issuers.items():
            if config.published in self._trusted:
                raise ValueError(f"RELAY_AUTH__OIDC__{name.upper()}__ISSUER is that of another one; make them one")
            self._trusted[config.published] = Trusted(config, Provider(config, self._client, now))

    def looks_like(self, token: str) -> bool:
        """Tell a token from a key: three parts in base64url. Of what is too long the beginning counts."""
        if len(token) > MAX_TOKEN:
            return BEGINNING.fullmatch(token, 0, MAX_TOKEN) is not None
        return PARTS.fullmatch(token) is not None

    async def identify(self, token: str) -> Identity:
        """Return whose token this is.

        Raises `Ended`: unauthenticated, forbidden (a genuine token of somebody who may not connect), or upstream
        unavailable, where the provider's keys cannot be had.
        """
        header, issuer = _read(token)
        trusted = self._trusted.get(issuer) or self._trusted.get(any_tenant(issuer))
        if trusted is None:
            raise refused(Flaw.VERSION_1 if issuer.startswith(VERSION_1_ISSUERS) else Flaw.ISSUER)
        if header.alg not in ALGORITHMS:
            raise refused(Flaw.ALGORITHM)
        if header.kid is None:
            raise refused(Flaw.NO_KEY_ID)
        able = _able(await trusted.provider.keys(header.kid), header.alg)
        key = _own(able, issuer) if trusted.config.entra else able[0]
        return identified(_verified(token, key, header.alg), trusted.config, self._now())

    async def close(self) -> None:
        """Give up what is under way, and close the connections."""
        for trusted in self._trusted.values():
            await trusted.provider.close()
        if self._owned:
            await self._client.aclose()


def _read(token: str) -> tuple[Header, str]:
    """Return the head and the issuer, neither of which is to be believed yet."""
    if len(token) > MAX_TOKEN:
        raise refused(Flaw.TOO_LONG)
    if not PARTS.fullmatch(token):
        raise refused(Flaw.UNREADABLE)
    head, body, _ = token.split(".")
    try:
        header = msgspec.json.decode(_bytes(head), type=Header)
        issued = msgspec.json.decode(_bytes(body), type=Issued)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise refused(Flaw.UNREADABLE) from None
    if header.crit is not None:
        raise refused(Flaw.CRITICAL)
    if header.typ.lower() not in ACCESS_TYPES:
        raise refused(Flaw.TYPE)
    return header, issued.iss


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _able(keys: tuple[Key, ...], algorithm: str) -> list[Key]:
    """Return the keys that are for this algorithm, one at least; keys of several types may share a name."""
    if not keys:
        raise refused(Flaw.UNKNOWN_KEY)
    able = [key for key in keys if algorithm in key.algorithms]
    if not able:
        raise refused(Flaw.ALGORITHM)
    return able


def _own(keys: list[Key], issuer: str) -> Key:
    """Return the key that is this tenant's.

    Entra says whose a key is (`issuer`; `{tenantid}` for any tenant's), and may list one key for several.
    """
    for key in keys:
        if key.issuer in {None, issuer, any_tenant(issuer)}:
            return key
    raise refused(Flaw.FOREIGN_KEY)


def _verified(token: str, key: Key, algorithm: str) -> bytes:
    """Return the payload, which this key signed. The library reads the same bytes as `_read`, or refuses them."""
    try:
        payload: bytes = jwt.PyJWS().decode(token, key.public, [algorithm])
    except jwt.PyJWTError:
        raise refused(Flaw.SIGNATURE) from None
    return payload
