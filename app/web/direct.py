"""Secrets of the service's own, for browsers that speak WebRTC with it past the relay (`webrtc = "direct"`).

The session that a secret stands for is made as a ticket's is: narrowed by the profile's rules, and told with what
they hide concealed. From there on nothing holds its bearer to it.
"""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import structlog

from app.auth.credentials import Handshake, Identity
from app.errors import Ended, Ending
from app.profiles import LoadedProfile
from app.protocol.catalogue import GenerationName
from app.upstream.call_urls import call_urls
from app.upstream.calls import Calls, Minted, Wanted
from app.web.admitted import Admitted, Caller, Prepared, target_for
from app.web.socket import Realtime

__all__ = ["Direct", "Given", "Wish", "log_made", "minted_for"]

log = structlog.get_logger()

LEAST_SECONDS = 10
"""Of `expires_after.seconds` at the service; a credential may end before that."""


@dataclass(frozen=True, slots=True)
class Wish:
    """Who wants a secret, for the `model` and `session` of its identity, and in which words the answer."""

    handshake: Handshake
    identity: Identity
    generation: GenerationName


@dataclass(frozen=True, slots=True)
class Given:
    """What goes into the answer: the secret and its end, the session, and where the browser sends its offer."""

    secret: dict[str, Any] = field(repr=False)
    session: dict[str, Any] = field(repr=False)
    where: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Direct:
    """Mints at the service. A secret costs a place among the sessions while it is made, and counts as a dial."""

    realtime: Realtime
    calls: Calls

    async def mint(self, loaded: LoadedProfile, wish: Wish, ends_at: float) -> Given:
        """Return a secret that is good until then (unix time), or as soon as the service can end it.

        Raises `Ended`.
        """
        realtime, identity = self.realtime, wish.identity
        async with realtime.place(identity, loaded):
            target_name, target = target_for(loaded, realtime.targets, identity.model)
            caller = Caller(wish.handshake, secrets.token_hex(16))
            admitted = Admitted(caller, identity, loaded, identity.model, target_name, target)
            prepared = Prepared.of(admitted, alone=True, speaks=wish.generation)
            given = await self._minted(prepared, ends_at)
        log_made("client secret minted", admitted)
        return given

    async def _minted(self, prepared: Prepared, ends_at: float) -> Given:
        target = prepared.admitted.target
        update = prepared.first_update()
        minted = await minted_for(prepared, update, self.calls, round(ends_at - time.time()))
        return Given(
            {"value": minted.value, "expires_at": minted.expires_at},
            prepared.shown(minted.session, self.realtime.telemetry),
            {"relay": {"webrtc_url": call_urls(target).offer}},
        )


async def minted_for(prepared: Prepared, update: bytes | None, calls: Calls, seconds: int) -> Minted:
    """Return a secret of the upstream's for the session of this update.

    Raises `Ended`, and says whose fault it is.
    """
    admitted = prepared.admitted
    if admitted.transcription and admitted.target.generation == "preview":
        raise Ended(Ending.BAD_REQUEST, "The service has no WebRTC for a transcription session.")
    wanted = Wanted(prepared.wanted(update), max(LEAST_SECONDS, seconds))
    try:
        return await calls.mint(admitted.target, wanted, request_id=admitted.caller.name)
    except Ended as ended:
        raise prepared.at_fault(ended) from None


def log_made(what: str, admitted: Admitted) -> None:
    """Write a line of what was made for a caller, and nothing of what is in it."""
    log.info(
        what,
        session=admitted.caller.name,
        identity=admitted.identity.name,
        method=admitted.identity.method,
        target=admitted.target_name,
        profile=admitted.loaded.name,
    )
