"""The shortcut of a message: dealt with in its socket's own callback, by the functions that a pump asks, too.

It is open while a pump waits for the next message and nobody else has anything to write: then all that the message
leads to is done when the callback ends, in its order, and no task wakes for it. Where that cannot be, the message
is left to the pump.
"""

from asyncio import get_running_loop
from typing import Protocol

from app.lane import Lane
from app.policy.actions import ToClient, ToUpstream
from app.policy.chain import Alarm
from app.session.delivery import Beside, Delivery
from app.session.leg import Leg

__all__ = ["SAMPLED", "Host", "Shortcut", "use_lanes"]

SAMPLED = 64
"""One frame in so many is timed, beginning with the first."""


class Host(Protocol):
    """What a shortcut needs of its session."""

    client: Leg
    upstream: Leg
    delivery: Delivery
    alarm: Alarm

    def do_beside(self, action: Beside) -> None:
        """Do what needs no socket."""

    def fail(self, error: Exception) -> None:
        """End the session for what was raised."""

    def settle(self, leg: Leg, since: float) -> None:
        """See to what is due behind a message of this leg's: the alarm, a sample of its delay."""


class Shortcut:
    """Takes what comes from one leg; its method is bound, which is called faster than anything that binds more."""

    __slots__ = ("_alarm", "_ask", "_client", "_clock", "_delivery", "_heard", "_host", "_leg", "_upstream")

    def __init__(self, host: Host, leg: Leg, client: Lane, upstream: Lane) -> None:
        self._host = host
        self._leg = leg
        self._client = client
        self._upstream = upstream
        self._ask = leg.ask
        self._heard = leg.heard
        self._delivery = host.delivery
        self._alarm = host.alarm
        self._clock = get_running_loop().time

    def take(self, data: bytes, is_last: bool) -> bool:  # noqa: FBT001 - as a lane tells its taker
        """Take a message; False where somebody writes or waits to, or there is no room."""
        client, upstream = self._client, self._upstream
        if self._delivery.under_way or not (client.has_room and upstream.has_room):
            return False
        clock, ask = self._clock, self._ask  # called as attributes they would be looked up the slow way
        now = clock()
        try:
            actions = ask(data, now)
            alone = is_last and len(actions) == 1
            for action in actions:
                if isinstance(action, ToUpstream):  # a pattern would take its parts one by one
                    upstream.write(action.frame.text, alone)
                elif isinstance(action, ToClient):
                    client.write(action.frame.text, alone)
                else:
                    self._host.do_beside(action)
        except Exception as error:  # noqa: BLE001 - as in a task
            self._host.fail(error)
        if self._alarm.moved or self._heard.frames % SAMPLED == 1:
            self._host.settle(self._leg, now)
        return True


def use_lanes(host: Host) -> None:
    """Open both shortcuts, if there is a lane on either side."""
    client, upstream = host.client.lane, host.upstream.lane
    if client is None or upstream is None:
        return
    line: list[Lane] = []
    client.offer(Shortcut(host, host.client, client, upstream).take, line)
    upstream.offer(Shortcut(host, host.upstream, client, upstream).take, line)
