"""Entra tokens: asked for once however many sessions dial, and renewed before they expire.

A failure that is the identity's own refuses the relay; one of the network, or of the identity endpoint, passes.
What Entra says in words stays in the log of `azure.identity`.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import structlog
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import CredentialUnavailableError
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

from app.errors import Ending
from app.upstream.refusals import Undialled

__all__ = ["DefaultChain", "Tokens", "make_credential"]

log = structlog.get_logger()

RENEW_BEFORE = 300
"""Seconds before its end at which a token is renewed; a shorter-lived one at half of its life."""
FETCH_TIMEOUT = 30
"""Seconds for one request. More than a dial has: what comes too late for one dial serves the next."""
PASSING = {410, 429}
"""Statuses by which the identity endpoint of a machine says "not now": 410 while it is being updated."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and when to renew it and when it ends, in seconds since 1970."""

    text: str = field(repr=False)
    renew_at: float
    ends_at: float


class Tokens:
    """The tokens of one identity, by scope. `make` is called when the first is needed; `clock` since 1970."""

    def __init__(
        self,
        make: Callable[[], AsyncTokenCredential],
        clock: Callable[[], float] = time.time,
        timeout: float = FETCH_TIMEOUT,
    ) -> None:
        self._make = make
        self._clock = clock
        self._timeout = timeout
        self._credential: AsyncTokenCredential | None = None
        self._tokens: dict[str, Token] = {}
        self._fetches: dict[str, asyncio.Task[Token]] = {}

    async def get(self, scope: str) -> str:
        """Return a valid token. Raises `Ended`.

        A token that is due for renewal is renewed behind the caller's back, so that while it is valid nobody
        waits, and no failure is fatal. To cancel one who waits does not cancel the others.
        """
        token = self._tokens.get(scope)
        now = self._clock()
        if token is not None and now < token.renew_at:
            return token.text
        fetch = self._fetching(scope)
        if token is not None and now < token.ends_at:
            return token.text
        return (await asyncio.shield(fetch)).text

    async def close(self) -> None:
        """Give up what is under way, and close the credential's connections."""
        fetches = list(self._fetches.values())
        for fetch in fetches:
            fetch.cancel()
        await asyncio.gather(*fetches, return_exceptions=True)
        if self._credential is not None:
            await self._credential.close()

    def _fetching(self, scope: str) -> asyncio.Task[Token]:
        fetch = self._fetches.get(scope)
        if fetch is None:
            fetch = self._fetches[scope] = asyncio.get_running_loop().create_task(self._fetch(scope))
            fetch.add_done_callback(partial(self._fetched, scope))
        return fetch

    def _fetched(self, scope: str, fetch: asyncio.Task[Token]) -> None:
        del self._fetches[scope]
        if fetch.cancelled():
            return
        match fetch.exception():
            case None:
                self._tokens[scope] = fetch.result()
            case error:
                detail = getattr(error, "detail", type(error).__name__)
                log.warning("entra_token_failed", scope=scope, detail=detail)

    async def _fetch(self, scope: str) -> Token:
        try:
            async with asyncio.timeout(self._timeout):
                self._credential = self._credential or self._make()
                fresh = await self._credential.get_token(scope)
        except Exception as error:  # noqa: BLE001 - whatever an identity library raises, a dial ends by an ending
            raise _ended(error) from None
        life = fresh.expires_on - self._clock()
        return Token(fresh.token, fresh.expires_on - min(RENEW_BEFORE, life / 2), fresh.expires_on)


class Link:
    """One credential of the default chain. `failure` is what broke the chain at it, if anything did."""

    def __init__(self, credential: AsyncTokenCredential) -> None:
        self._credential = credential
        self.failure: Exception | None = None

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Ask the credential; that it has none to give is no failure, for then the next is asked."""
        self.failure = None
        try:
            return await self._credential.get_token(*scopes, **options)
        except CredentialUnavailableError:
            raise
        except Exception as error:
            self.failure = error
            raise

    async def close(self) -> None:
        """Close the credential's connections."""
        await self._credential.close()


class DefaultChain(DefaultAzureCredential):
    """The default chain, whose error has a cause: the library's own tells in words alone what broke it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._links = [Link(cast("AsyncTokenCredential", credential)) for credential in self.credentials]
        self.credentials = cast("tuple[AsyncTokenCredential, ...]", tuple(self._links))

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return the first token that a credential of the chain gives."""
        try:
            return await super().get_token(*scopes, **options)
        except ClientAuthenticationError as error:
            broken_by = [link.failure for link in self._links if link.failure not in {None, error}]
            if not broken_by:
                raise
            raise error from broken_by[0]


def make_credential(client_id: str | None, authority: str | None, **options: Any) -> AsyncTokenCredential:
    """Make the credential of a user-assigned identity, or the default chain (environment, workload, managed, CLI).

    `authority` is the host of a sovereign cloud; `options` go to the HTTP pipeline of azure-core.
    """
    if client_id is not None:
        return ManagedIdentityCredential(client_id=client_id, **options)
    if authority is not None:
        options["authority"] = authority
    return DefaultChain(**options)


def _ended(error: Exception) -> Undialled:
    code = re.search(r"AADSTS\d+", str(error))
    what = f"no Entra token: {type(error).__name__}{f', {code[0]}' if code else ''}"
    if _passes(error):
        what = f"{what}; the identity endpoint can't be reached or fails"
        return Undialled("credential", Ending.UPSTREAM_UNAVAILABLE, what)
    return Undialled(
        "credential",
        Ending.UPSTREAM_REFUSED,
        f"{what}; give the relay a managed identity (RELAY_UPSTREAM__MANAGED_IDENTITY_CLIENT_ID names a"
        " user-assigned one), sign in with 'az login', or set the target's API_KEY; the log of azure.identity"
        " tells more",
    )


def _passes(error: BaseException | None) -> bool:
    """Tell a failure on the way, which a retry may mend, from a refusal; the cause counts too."""
    match error:
        case None:
            return False
        case ServiceRequestError() | ServiceResponseError() | TimeoutError() | ConnectionError():
            return True
        case HttpResponseError(status_code=int(status)) if status in PASSING or status >= 500:  # noqa: PLR2004 - 5xx
            return True
        case _:
            return _passes(error.__cause__)
