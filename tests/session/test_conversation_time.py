"""Tests of app.session.conversation: alarms of filters, and the times that hold for every session."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ending
from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame
from app.session import SessionConfig
from app.wire import Closed

if TYPE_CHECKING:
    from tests.session.conftest import Converse

SOON = 0.02
"""Seconds that a test may well wait for an alarm."""


class Alarm(Filter):
    """Sets its alarm as the client's frames say, in seconds from now, and tells the client of each tick."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Set it, and say so."""
        seconds = frame.event["in"]
        self.wake_at = None if seconds is None else now + seconds
        super().from_client(frame, now, out)

    def tick(self, now: float, out: Outbox) -> None:
        """Tell whether it came in time."""
        assert self.wake_at is not None
        in_time = now >= self.wake_at
        self.wake_at = None
        out.to_client(Frame.of({"type": "tick", "in_time": in_time}))


@pytest.mark.parametrize(
    "alarms", [[SOON], [60, SOON], [SOON, 60, SOON], [SOON, None, SOON], [SOON, 2 * SOON], [-1]]
)
async def test_a_filter_is_woken_at_its_time(converse: "Converse", alarms: list[float | None]) -> None:
    """Once, not before, and at the last time it set: earlier or later than the one before."""
    talk = converse(Alarm())
    await talk.client.says(*({"type": "set", "in": seconds} for seconds in alarms))
    assert await talk.client.hears_all(1) == ["session.created"]
    assert await talk.client.hears() == {"type": "tick", "in_time": True}
    await talk.client.leaves()
    assert (await talk.ended()).ending is Ending.CLIENT_LEFT


async def test_an_alarm_that_was_taken_back_wakes_nobody(converse: "Converse") -> None:
    """The timer comes, nobody's time has, and the session goes on."""
    talk = converse(Alarm(), config=SessionConfig(idle=0.3, send_timeout=30))
    await talk.client.says({"type": "set", "in": 0.1}, {"type": "set", "in": None})
    assert (await talk.ended()).ending is Ending.IDLE
    assert await talk.client.hears_all(1) == ["session.created"]
    with pytest.raises(Closed):
        await talk.client.hears()


async def clock_shows(until: float) -> None:
    """Wait until the time of alarms that must not come has passed."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_at(until, passed.set)
    await passed.wait()


async def test_an_alarm_that_was_put_forward_comes_once(converse: "Converse") -> None:
    """Of the time set first nothing is left."""
    talk = converse(Alarm())
    await talk.client.says({"type": "set", "in": 2 * SOON}, {"type": "set", "in": SOON})
    assert await talk.client.hears_all(2) == ["session.created", "tick"]
    await clock_shows(asyncio.get_running_loop().time() + 2 * SOON)
    await talk.upstream.says({"type": "next"})
    assert await talk.client.hears_all(1) == ["next"]


async def test_an_alarm_does_not_outlive_its_session(converse: "Converse") -> None:
    """Its timer is gone with the session."""
    talk = converse(Alarm())
    await talk.client.says({"type": "set", "in": 2 * SOON})
    until = asyncio.get_running_loop().time() + 3 * SOON
    await talk.upstream.hears()
    await talk.client.leaves()
    await talk.ended()
    await clock_shows(until)


TIMES: list[tuple[SessionConfig, Ending]] = [
    (SessionConfig(idle=SOON), Ending.IDLE),
    (SessionConfig(maximum_duration=SOON), Ending.MAXIMUM_DURATION),
    (SessionConfig(idle=SOON, send_timeout=SOON / 3), Ending.IDLE),
    (SessionConfig(idle=SOON, maximum_duration=SOON / 2), Ending.MAXIMUM_DURATION),
]


@pytest.mark.parametrize(("config", "ending"), TIMES)
async def test_a_session_has_its_time(converse: "Converse", config: SessionConfig, ending: Ending) -> None:
    """When nobody says anything, and when it has lasted long enough; whichever comes first."""
    talk = converse(config=config)
    assert (await talk.ended()).ending is ending
    assert (await talk.client.closed()).code == 3008
    assert (await talk.upstream.closed()).code == 1000


async def speak(say: Callable[..., Any], running: "asyncio.Task[Any]") -> None:
    """Say something again and again, until the session is over."""
    while not running.done():
        await say({"type": "still here"})
        await asyncio.wait([running], timeout=SOON / 4)


@pytest.mark.parametrize("side", ["client", "upstream"])
async def test_whoever_speaks_is_not_idle(converse: "Converse", side: str) -> None:
    """An event of either side puts the end off, and only the maximum duration holds."""
    talk = converse(config=SessionConfig(idle=0.5, maximum_duration=0.6))
    await speak((talk.client if side == "client" else talk.upstream).says, talk.running)
    assert (await talk.ended()).ending is Ending.MAXIMUM_DURATION


async def test_a_session_knows_its_times(converse: "Converse") -> None:
    """How long it lasts, and after how long the first audio came, if any did."""
    talk = converse()
    assert await talk.client.hears_all(1) == ["session.created"]
    assert talk.session.first_audio_after is None
    await talk.upstream.says({"type": "response.output_audio.delta"})
    await talk.client.hears()
    assert talk.session.first_audio_after is not None
    assert 0 <= talk.session.first_audio_after <= talk.session.seconds
