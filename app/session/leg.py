"""One leg of a session: its socket, what it has heard, and what it means when the peer at its end closes.

Whoever writes has taken its turn, over a whole list of actions, so that lists do not mix on the wire. While `recv`
waits, the socket's lane is open, if it has one.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable

from app.errors import Ended, Ending
from app.policy.actions import Action
from app.relay import Relay
from app.wire import Closed, Side, Socket, Traffic

__all__ = ["ClientLeg", "Leg", "Turns", "UpstreamLeg"]


class Turns:
    """Who writes to a socket: one answer at a time, in the order in which they asked.

    `ask` does not wait: an answer for two sockets takes its place at both in the moment in which it is made, so
    none that was made later comes before it on either.
    """

    __slots__ = ("_taken", "_waiting")

    def __init__(self) -> None:
        self._taken = False
        self._waiting: list[asyncio.Future[None]] = []  # rarely one; a deque takes ten times as much for nothing

    def ask(self) -> asyncio.Future[None] | None:
        """Take a place; None means that it is one's turn, else it is when the future is done."""
        if not self._taken:
            self._taken = True
            return None
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        return place

    def leave(self, place: asyncio.Future[None] | None) -> None:
        """Give one's turn on, or one's place up."""
        if place is not None and (place.cancelled() or not place.done()):
            place.cancel()
            return
        while self._waiting:
            following = self._waiting.pop(0)
            if not following.done():
                following.set_result(None)
                return
        self._taken = False


class Leg(ABC):
    """A socket, and what is to be known about it. `clock` is in seconds."""

    side: Side

    ask: Callable[[bytes, float], list[Action]]
    """The relay's input for what comes from here."""

    heard: Traffic
    """What has come from here."""

    def __init__(self, socket: Socket, clock: Callable[[], float], relay: Relay) -> None:
        self.socket = socket
        self.turns = Turns()
        self.lane = socket.lane
        self._relay = relay
        self._clock = clock
        self._paused_until = 0.0
        self._sending_since: float | None = None

    async def recv(self) -> bytes:
        """Return the next message, after a pause if there is to be one. Raises `Ended` and `Refused`.

        What the lane takes meanwhile does not come this way.
        """
        await self._rest()
        try:
            self._open(is_open=True)
            data = await self.socket.recv()
        except Closed as closed:
            raise self.ended(closed) from None
        finally:
            self._open(is_open=False)
        await self._rest()  # the pause may have been asked for while this waited
        return data

    async def _rest(self) -> None:
        while (wait := self._paused_until - self._clock()) > 0:  # noqa: ASYNC110 - a pause may grow while it lasts
            await asyncio.sleep(wait)

    def _open(self, *, is_open: bool) -> None:
        if self.lane is not None:
            self.lane.is_open = is_open

    async def send(self, data: bytes) -> None:
        """Write one message; the turn is the caller's to take. Raises `Ended`."""
        self._sending_since = self._clock()
        try:
            await self.socket.send(data)
        except Closed as closed:
            raise self.ended(closed) from None
        self._sending_since = None

    def pause(self, until: float) -> None:
        """Take nothing more until then; one message may be read, and waits."""
        self._paused_until = until
        self._open(is_open=False)

    def stalled_for(self, now: float) -> float:
        """Seconds for which the message under way has not found room."""
        return 0.0 if self._sending_since is None else now - self._sending_since

    async def close(self, code: int, reason: str, timeout: float) -> None:  # noqa: ASYNC109 - all sockets have it
        """Close within `timeout` seconds, by force if need be."""
        try:
            async with asyncio.timeout(timeout):
                await self.socket.close(code, reason)
        except TimeoutError:
            self.socket.abort()

    @abstractmethod
    def ended(self, closed: Closed) -> Ended:
        """Say how a session ends whose peer on this side has closed."""


class ClientLeg(Leg):
    """The leg to the client."""

    side = "client"

    def __init__(self, socket: Socket, clock: Callable[[], float], relay: Relay) -> None:
        super().__init__(socket, clock, relay)
        self.ask, self.heard = relay.from_client, relay.heard.client

    def ended(self, closed: Closed) -> Ended:
        """Tell a client that left from one whose message our side could not take (1007, 1009)."""
        match closed.code:
            case 1007:
                return Ended(Ending.NOT_UTF8)
            case 1009:
                return Ended(Ending.FRAME_TOO_BIG)
            case code:
                return Ended(Ending.CLIENT_LEFT, detail=f"the client closed with {code}")


class UpstreamLeg(Leg):
    """The leg to the upstream. Of a provider's close reasons only those of harmless codes reach the client."""

    side = "upstream"

    def __init__(self, socket: Socket, clock: Callable[[], float], relay: Relay) -> None:
        super().__init__(socket, clock, relay)
        self.ask, self.heard = relay.from_upstream, relay.heard.upstream

    def ended(self, closed: Closed) -> Ended:
        """Tell the ends that are the client's business from those that are the relay's."""
        match closed.code:
            case 1000 | 1008 | 1009:
                return Ended(Ending.UPSTREAM_DONE, close_code=closed.code, reason=closed.reason)
            case 1001 if self._relay.expired:
                return Ended(Ending.UPSTREAM_DONE, close_code=closed.code, reason=closed.reason)
            case 3000 | 4000 | 4004:
                ending = Ending.UPSTREAM_REFUSED
            case 1012 | 1013:
                ending = Ending.UPSTREAM_UNAVAILABLE
            case _:
                ending = Ending.UPSTREAM_FAILED
        return Ended(ending, detail=f"the upstream closed with {closed.code}")
