"""Calls of WebRTC as the relay holds them: set up at the service, joined by the sideband, ended at their limits.

A call whose sideband cannot be joined is hung up: none goes on that nobody counts. A held call is a session like
any other, but that its browser is heard by the service alone.
"""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from app.auth.credentials import Identity
from app.errors import Ended, Ending
from app.upstream.calls import Answered, Calls
from app.upstream.connector import Upstream
from app.upstream.refusals import Undialled
from app.web.admitted import Admitted, Prepared
from app.web.call_leg import CallLeg
from app.web.direct import log_made, minted_for
from app.web.socket import Realtime

__all__ = ["HeldCalls", "Offered"]

PAUSES = (0.2, 0.4)
"""Seconds between the attempts to join a call that the service does not find."""
SECRET_SECONDS = 60
"""What a secret lives that is used at once."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A browser's offer, on its way, and what its session is to be."""

    prepared: Prepared
    sdp: str

    @property
    def admitted(self) -> Admitted:
        """The caller, and what it gets."""
        return self.prepared.admitted


@dataclass(frozen=True, slots=True)
class HeldCall:
    """A call that is joined; `leg` is its browser's end of the session."""

    id: str
    prepared: Prepared
    upstream: Upstream
    leg: CallLeg


class HeldCalls:
    """The calls of this process. One belongs to the user who made it."""

    def __init__(self, realtime: Realtime, calls: Calls) -> None:
        self._realtime = realtime
        self._calls = calls
        self._held: dict[str, HeldCall] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(self, offered: Offered, place: AsyncExitStack) -> Answered:
        """Have an offer answered; a call that is held takes the place along. Raises `Ended`.

        Whoever cancels this leaves no call behind of which the service has told.
        """
        target, name = offered.admitted.target, offered.admitted.caller.name
        update = offered.prepared.first_update()
        minted = await minted_for(offered.prepared, update, self._calls, SECRET_SECONDS)
        answered = await self._calls.exchange(target, minted, offered.sdp, request_id=name)
        if answered.call_id is None:  # the preview's, which nobody can join
            await self._settle(offered)
            log_made("call without a sideband", offered.admitted)
        else:
            held = await self._joined(offered, answered.call_id, offered.prepared.joining(update))
            self._hold(held, place.pop_all())
        return answered

    def leave(self, call_id: str, identity: Identity) -> None:
        """End a call at the wish of its user. Raises `Ended` for one that is not held, or is another's."""
        held = self._held.get(call_id)
        if held is None or _user(held.prepared.admitted.identity) != _user(identity):
            raise Ended(Ending.NO_SUCH_MODEL, "You have no such call.", code="call_not_found")
        held.leg.leave()

    async def close(self) -> None:
        """Hang up what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # A task that was cancelled before it began has hung up nothing.
        await asyncio.gather(*(call.leg.close(1000, "") for call in self._held.values()))

    async def _joined(self, offered: Offered, call_id: str, update: bytes) -> HeldCall:
        """Join a call; where that fails it is hung up."""
        target, name = offered.admitted.target, offered.admitted.caller.name
        leg = CallLeg(lambda: self._calls.hang_up(target, call_id, request_id=name), call_id)
        try:
            upstream = await self._sideband(offered.admitted, call_id, update)
            try:
                await self._settle(offered)
            except BaseException:
                upstream.socket.abort()
                raise
        except Ended as ended:
            await leg.close(1000, "")
            raise offered.prepared.at_fault(ended) from None
        except BaseException:
            await leg.close(1000, "")
            raise
        return HeldCall(call_id, offered.prepared, upstream, leg)

    async def _sideband(self, admitted: Admitted, call_id: str, update: bytes) -> Upstream:
        """Dial it; a service may need a moment until it finds a call that it has just made."""
        connector, target, name = self._realtime.connector, admitted.target, admitted.caller.name
        for pause in PAUSES:
            try:
                return await connector.open(target, request_id=name, update=update, call_id=call_id)
            except Undialled as undialled:
                if undialled.layer != "deployment":
                    raise
            await asyncio.sleep(pause)
        return await connector.open(target, request_id=name, update=update, call_id=call_id)

    async def _settle(self, offered: Offered) -> None:
        """Look once more whether the call may be, and use up the ticket. Raises `Ended`."""
        admitted = offered.admitted
        self._realtime.check_door(admitted.caller.handshake)  # the drain may have begun meanwhile
        if admitted.identity.ticket is not None:
            await self._realtime.store.consume_ticket(admitted.identity.ticket)

    def _hold(self, call: HeldCall, place: AsyncExitStack) -> None:
        self._held[call.id] = call
        task = asyncio.create_task(self._run(call, place))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, call: HeldCall, place: AsyncExitStack) -> None:
        async with place:
            try:
                await self._realtime.run(call.prepared, call.upstream, call.leg, call.id)
            finally:
                if self._held.get(call.id) is call:  # a service may give two the same name
                    del self._held[call.id]
                await call.leg.close(1000, "")


def _user(identity: Identity) -> tuple[str, str]:
    return identity.method, identity.name
