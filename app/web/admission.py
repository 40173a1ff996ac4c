"""Who is let in: asked by every way into the relay, before any work for the caller.

Failed attempts are counted by the caller's address. A valid credential is never refused for another's failures.
"""

import time
from dataclasses import dataclass

from app.auth.credentials import Credential, Handshake, Identity, Network, client_address, origin_allowed
from app.auth.methods import Authenticator
from app.errors import Ended, Ending
from app.store import Store

__all__ = ["ORIGIN_REFUSED", "TOO_MANY_ATTEMPTS", "Admission"]

ORIGIN_REFUSED = "origin_not_allowed"
TOO_MANY_ATTEMPTS = "too_many_attempts"
"""The error code of one who guesses; told by plain HTTP, with no further work."""

MAX_LOGGED = 200
"""Characters of an Origin that the log repeats."""

FAILURES = frozenset({Ending.UNAUTHENTICATED, Ending.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Admission:
    """Identifies callers.

    `trusted` are the proxies whose word on the client's address is taken; `origins` are those of the pages that
    may connect, none for the relay's own.
    """

    authenticate: Authenticator
    store: Store
    trusted: tuple[Network, ...] = ()
    origins: tuple[str, ...] = ()

    def check_origin(self, handshake: Handshake) -> None:
        """Let pages of other sites do nothing. Raises `Ended`; the log learns which came, cut to a length."""
        if not origin_allowed(handshake, self.origins):
            detail = f"Origin {(handshake.origin or '')[:MAX_LOGGED]!r} is not in RELAY_ORIGINS"
            raise Ended(Ending.FORBIDDEN, "This Origin may not connect.", code=ORIGIN_REFUSED, detail=detail)

    async def identify(self, handshake: Handshake, *, minting: bool = False) -> Identity:
        """Return who is calling. Raises `Ended`; to one who has failed too often, as 429."""
        try:
            return await self.authenticate(handshake, minting=minting)
        except Ended as ended:
            raise await self._counted(handshake, ended) from None

    async def renew(self, handshake: Handshake, credential: Credential) -> Identity:
        """Return whose credential it is that is to take the place of the session's. Raises `Ended` likewise."""
        try:
            return await self.authenticate.by_credential(credential)
        except Ended as ended:
            raise await self._counted(handshake, ended) from None

    async def _counted(self, handshake: Handshake, ended: Ended) -> Ended:
        address = client_address(handshake, self.trusted)
        if ended.ending not in FAILURES or not address:
            return ended
        if not await self.store.count_failure(address, time.time()):
            return ended
        return Ended(
            Ending.OVER_QUOTA,
            "Too many failed attempts from your address.",
            code=TOO_MANY_ATTEMPTS,
            retry_after=60,
            detail=ended.detail,
        )
