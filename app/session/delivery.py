"""The two ways of carrying out an answer of the relay's, each in order and as a whole.

`Delivery` waits, for its turn at each socket and for room. `Shortcut` does not: it writes by the lanes of both
sockets, in a callback of either, and only while nobody writes or waits to.
"""

from collections.abc import Callable
from functools import partial
from typing import Self

from app.lane import Lane
from app.policy.chain import Action, Cancel, Pause, Start, ToClient, ToUpstream
from app.protocol.frame import Frame
from app.session.leg import Leg

__all__ = ["Beside", "Delivery", "Shortcut"]

Beside = Start | Cancel | Pause
"""What is done without a socket."""


class Delivery:
    """Carries answers out, unmixed with what others write to the same sockets. `beside` does what needs none."""

    def __init__(self, client: Leg, upstream: Leg, beside: Callable[[Beside], None]) -> None:
        self._client = client
        self._upstream = upstream
        self._beside = beside

    async def carry_out(self, actions: list[Action]) -> None:
        """Do all of it. The places in line are taken before this waits. Raises `Ended`."""
        match actions:
            case [ToClient(frame)]:
                await self._send(self._client, frame)
            case [ToUpstream(frame)]:
                await self._send(self._upstream, frame)
            case _:
                await self._carry_out_all(actions)

    async def _send(self, leg: Leg, frame: Frame) -> None:
        place = leg.turns.ask()
        try:
            if place is not None:
                await place
            await leg.send(frame.text)
        finally:
            leg.turns.leave(place)

    async def _carry_out_all(self, actions: list[Action]) -> None:
        kinds = {type(action) for action in actions}
        places = [
            (leg.turns, leg.turns.ask())
            for leg, kind in ((self._client, ToClient), (self._upstream, ToUpstream))
            if kind in kinds
        ]
        try:
            for _, place in places:
                if place is not None:
                    await place
            for action in actions:
                await self._do(action)
        finally:
            for turns, place in places:
                turns.leave(place)

    async def _do(self, action: Action) -> None:
        match action:
            case ToClient(frame):
                await self._client.send(frame.text)
            case ToUpstream(frame):
                await self._upstream.send(frame.text)
            case _:
                self._beside(action)


class Shortcut:
    """Carries answers out at once, by both sockets' lanes."""

    def __init__(self, legs: tuple[Leg, Leg], lanes: tuple[Lane, Lane], beside: Callable[[Beside], None]) -> None:
        self._legs = legs
        self._client, self._upstream = lanes
        self._client_turns, self._upstream_turns = (leg.turns for leg in legs)
        self._beside = beside

    @classmethod
    def of(cls, client: Leg, upstream: Leg, beside: Callable[[Beside], None]) -> Self | None:
        """Make one, where both sockets have lanes."""
        if client.lane is None or upstream.lane is None:
            return None
        return cls((client, upstream), (client.lane, upstream.lane), beside)

    def offer(self, take: Callable[[Leg, bytes], bool], settle: Callable[[], None]) -> None:
        """Have both lanes offer their messages to `take`, and call `settle` behind those of one read."""
        for leg, lane in zip(self._legs, (self._client, self._upstream), strict=True):
            lane.offer(partial(take, leg), settle)

    @property
    def is_free(self) -> bool:
        """Whether any answer can be carried out at once: it is nobody's turn, and there is room."""
        return (
            self._client.has_room
            and self._upstream.has_room
            and not (self._client_turns.taken or self._upstream_turns.taken)
        )

    def carry_out(self, actions: list[Action]) -> None:
        """Do all of it; `flush` must follow."""
        for action in actions:
            match action:
                case ToUpstream(frame):
                    self._upstream.write(frame.text)
                case ToClient(frame):
                    self._client.write(frame.text)
                case _:
                    self._beside(action)

    def flush(self) -> None:
        """Write what is in line, either way."""
        for lane in (self._client, self._upstream):
            if lane.due:
                lane.flush()
