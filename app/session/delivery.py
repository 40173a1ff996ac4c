"""How an answer of the relay's is carried out: in order, as a whole, and with time to wait for turns and room."""

from collections.abc import Callable

from app.policy.actions import Action, Cancel, Pause, Start, ToClient, ToUpstream
from app.protocol.frame import Frame
from app.session.leg import Leg

__all__ = ["Beside", "Delivery"]

Beside = Start | Cancel | Pause
"""What is done without a socket."""


class Delivery:
    """Carries answers out, unmixed with what others write to the same sockets.

    `under_way` tells how many take or wait for a turn.
    """

    def __init__(self, client: Leg, upstream: Leg) -> None:
        self._client = client
        self._upstream = upstream
        self.under_way = 0

    async def carry_out(self, actions: list[Action], beside: Callable[[Beside], None]) -> None:
        """Do all of it; `beside` does what needs no socket. Raises `Ended`.

        The places in line are taken before this waits.
        """
        self.under_way += 1
        try:
            match actions:
                case [ToClient(frame)]:
                    await self._send(self._client, frame)
                case [ToUpstream(frame)]:
                    await self._send(self._upstream, frame)
                case _:
                    await self._carry_out_all(actions, beside)
        finally:
            self.under_way -= 1

    async def _send(self, leg: Leg, frame: Frame) -> None:
        place = leg.turns.ask()
        try:
            if place is not None:
                await place
            await leg.send(frame.text)
        finally:
            leg.turns.leave(place)

    async def _carry_out_all(self, actions: list[Action], beside: Callable[[Beside], None]) -> None:
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
                await self._do(action, beside)
        finally:
            for turns, place in places:
                turns.leave(place)

    async def _do(self, action: Action, beside: Callable[[Beside], None]) -> None:
        match action:
            case ToClient(frame):
                await self._client.send(frame.text)
            case ToUpstream(frame):
                await self._upstream.send(frame.text)
            case _:
                beside(action)
