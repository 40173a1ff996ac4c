"""One identity provider: its discovery document and keys, fetched over HTTP and kept.

Whoever sends tokens must not be able to make the relay ask, wait or read without bounds: one fetch is under way at
a time, has its time and size, and is not repeated at once. While the provider is down, old keys serve for a day.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import msgspec
import structlog

from app.auth.issuers import IssuerConfig, trustworthy
from app.auth.jwks import Key, read_keys
from app.errors import Ended, Ending, RelayError

__all__ = ["Provider"]

log = structlog.get_logger()

FRESH = 3600
"""Seconds for which keys are not asked for again."""
STALE = 24 * 3600
"""Seconds for which keys serve at most, if the provider cannot be reached."""
AGAIN = 30
"""Seconds between two fetches, whatever asks for one: an unknown `kid`, or a provider that is down."""
AGAIN_WITHOUT_KEYS = 5
"""The same as long as there are no keys, when nobody can be let in."""
TIMEOUT = 5.0
"""Seconds for both documents together."""
MAX_BYTES = 256 * 1024
"""Of one document; Entra's have 20 KiB."""

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""Nothing compressed: its true size would be known only after it was unpacked."""


class Unfit(RelayError):
    """A document cannot be had, or cannot be trusted; the text is for the log."""


class Discovery(msgspec.Struct, frozen=True):
    """What is needed of the discovery document (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Held:
    """Keys by their `kid`, and when they were asked for."""

    keys: Mapping[str, tuple[Key, ...]]
    at: float


class Provider:
    """The keys of one issuer. `now` is in seconds since 1970, `timeout` in seconds."""

    def __init__(
        self,
        config: IssuerConfig,
        client: httpx.AsyncClient,
        now: Callable[[], float],
        timeout: float = TIMEOUT,
    ) -> None:
        self._config = config
        self._client = client
        self._now = now
        self._timeout = timeout
        self._held: Held | None = None
        self._tried_at: float | None = None
        self._failure = "never asked"
        self._fetch: asyncio.Task[None] | None = None

    async def keys(self, kid: str) -> tuple[Key, ...]:
        """Return the keys of that name, none where there are none.

        Raises `Ended` where that cannot be known, because the provider cannot be reached. To cancel one who waits
        does not cancel the others.
        """
        if kid not in self._within(FRESH):
            await self._refresh()
        known = self._within(STALE)
        if kid not in known and self._failure:
            raise Ended(
                Ending.UPSTREAM_UNAVAILABLE,
                "The identity provider can't be reached now.",
                code="identity_provider_unavailable",
                retry_after=AGAIN if known else AGAIN_WITHOUT_KEYS,
                detail=self._failure,
            )
        return known.get(kid, ())

    async def close(self) -> None:
        """Give up what is under way."""
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.wait([self._fetch])

    def _within(self, seconds: float) -> Mapping[str, tuple[Key, ...]]:
        """Return the keys if they are no older than that. The future is no age: then the clock was put back."""
        if self._held is None or not 0 <= self._now() - self._held.at < seconds:
            return {}
        return self._held.keys

    async def _refresh(self) -> None:
        """Wait for the fetch that is under way, or begin one, unless the last was only just now."""
        pause = AGAIN if self._within(STALE) else AGAIN_WITHOUT_KEYS
        if self._fetch is None:
            if self._tried_at is not None and 0 <= self._now() - self._tried_at < pause:
                return
            self._fetch = asyncio.get_running_loop().create_task(self._fetch_keys())
        await asyncio.shield(self._fetch)

    async def _fetch_keys(self) -> None:
        self._tried_at = self._now()
        try:
            async with asyncio.timeout(self._timeout):
                self._held = Held(await self._read_keys(), self._tried_at)
            self._failure = ""
        except Exception as error:  # noqa: BLE001 - whatever a provider makes a library raise, it is the provider's
            known = isinstance(error, Unfit | httpx.TransportError)
            self._failure = (str(error) if known else "") or type(error).__name__
            log.warning("oidc_fetch_failed", issuer=self._config.issuer, error=self._failure)
        finally:
            self._fetch = None

    async def _read_keys(self) -> Mapping[str, tuple[Key, ...]]:
        discovery = await self._discover()
        try:
            keys = read_keys(await self._get("the key set", discovery.jwks_uri))
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise Unfit("the key set is none") from None
        if not keys:
            raise Unfit("the key set holds no key that can be used")
        return keys

    async def _discover(self) -> Discovery:
        document = await self._get("discovery", self._config.discovery)
        try:
            discovery = msgspec.json.decode(document, type=Discovery)
            fit = trustworthy(discovery.jwks_uri)
        except (msgspec.DecodeError, ValueError, RecursionError):
            raise Unfit("the discovery document is none") from None
        if discovery.issuer != self._config.published:
            named = json.dumps(discovery.issuer[:200])
            raise Unfit(f"discovery names another issuer, {named}; ISSUER must be that to the letter")
        if not fit:
            raise Unfit("discovery names a jwks_uri that is not https")
        return discovery

    async def _get(self, what: str, url: str) -> bytes:
        """Return a document. Raises `Unfit` for any answer but 200, and before more than the bound is read."""
        body = bytearray()
        request = self._client.stream("GET", url, headers=HEADERS, follow_redirects=False, timeout=self._timeout)
        async with request as response:
            if response.status_code != httpx.codes.OK:
                verb = "redirects" if response.is_redirect else f"answers {response.status_code}"
                raise Unfit(f"{what} {verb}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise Unfit(f"{what} is over {MAX_BYTES} bytes")
        return bytes(body)
