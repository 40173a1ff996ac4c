"""Tests of app.session.sessions: who runs, and how they all end when the process is to stop."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.errors import Ended, Ending
from app.policy.chain import Chain
from app.policy.teller import Teller
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.session import Session, SessionConfig, Sessions
from app.telemetry import Telemetry
from app.wire import Closed, MemorySocket

if TYPE_CHECKING:
    from tests.session.conftest import Seen

CREATED = b'{"type":"session.created"}'


class Guest:
    """One session of `sessions`, and the far end of its client."""

    def __init__(self, sessions: Sessions, tap: "Seen") -> None:
        near, self.client = MemorySocket.pair()
        session = Session(
            "s1",
            (near, MemorySocket.pair()[0]),
            Relay(Chain([]), Translation(Spoken()), Telemetry(), Teller("s1")),
            SessionConfig(),
            tap,
        )
        self.running = asyncio.create_task(sessions.run(session, CREATED))

    async def has_begun(self) -> None:
        """Wait until the client has heard the first event."""
        async with asyncio.timeout(5):
            assert await self.client.recv() == CREATED

    async def ended(self) -> Ended:
        """Wait for the end."""
        async with asyncio.timeout(5):
            return await self.running


async def begun(sessions: Sessions, tap: "Seen", count: int) -> list[Guest]:
    """Begin so many sessions."""
    guests = [Guest(sessions, tap) for _ in range(count)]
    for each in guests:
        await each.has_begun()
    return guests


async def test_running_sessions_are_known(tap: "Seen") -> None:
    """They count from their beginning to their end, and each ends as it would alone."""
    sessions = Sessions()
    assert len(sessions) == 0
    first, second = await begun(sessions, tap, 2)
    assert len(sessions) == 2
    await first.client.close(1000, "")
    assert (await first.ended()).ending is Ending.CLIENT_LEFT
    assert len(sessions) == 1
    await second.client.close(1000, "")
    await second.ended()
    assert len(sessions) == 0


async def test_a_cancelled_session_is_forgotten(tap: "Seen") -> None:
    """It does not keep the process from stopping."""
    sessions = Sessions()
    (guest,) = await begun(sessions, tap, 1)
    guest.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await guest.ended()
    assert len(sessions) == 0


@pytest.mark.parametrize("seconds", [0.0, 30.0])
async def test_an_empty_house_is_drained_at_once(seconds: float) -> None:
    """Nobody is waited for, and nobody new is let in."""
    sessions = Sessions()
    assert not sessions.draining
    async with asyncio.timeout(5):
        await sessions.drain(seconds)
    assert sessions.draining


async def test_running_sessions_may_finish(tap: "Seen") -> None:
    """While it drains they go on; when the last has ended the drain is over, long before its time."""
    sessions = Sessions()
    first, second = await begun(sessions, tap, 2)
    draining = asyncio.create_task(sessions.drain(600))
    await first.client.close(1000, "")
    assert (await first.ended()).ending is Ending.CLIENT_LEFT
    assert sessions.draining
    assert not draining.done()
    await second.client.close(1000, "")
    async with asyncio.timeout(5):
        await draining
    assert (await second.ended()).ending is Ending.CLIENT_LEFT


@pytest.mark.parametrize("seconds", [0.0, 0.02])
async def test_those_that_do_not_finish_are_ended(tap: "Seen", seconds: float) -> None:
    """When the time is over each client hears 1012, and the drain returns when all are closed."""
    sessions = Sessions()
    guests = await begun(sessions, tap, 3)
    async with asyncio.timeout(5):
        await sessions.drain(seconds)
    assert len(sessions) == 0
    for guest in guests:
        assert (await guest.ended()).ending is Ending.DRAINING
        with pytest.raises(Closed) as closed:
            await guest.client.recv()
        assert closed.value == Closed(1012, Ending.DRAINING.value.message)


@pytest.mark.parametrize("early", [True, False])
async def test_a_drain_that_begins_is_told(early: bool) -> None:  # noqa: FBT001 - a table's column
    """To all who wait for it, and to whoever asks later, with the seconds that running sessions have."""
    sessions = Sessions()
    waiting = [asyncio.create_task(sessions.drain_begun()) for _ in range(2 if early else 0)]
    await sessions.drain(12.5)
    waiting.append(asyncio.create_task(sessions.drain_begun()))
    async with asyncio.timeout(5):
        assert await asyncio.gather(*waiting) == [12.5] * len(waiting)


async def test_before_a_drain_nobody_is_told(tap: "Seen") -> None:
    """While sessions come and go; when it begins it is told at once, while they still run."""
    sessions = Sessions()
    waiting = asyncio.create_task(sessions.drain_begun())
    first, second = await begun(sessions, tap, 2)
    await first.client.close(1000, "")
    await first.ended()
    assert not waiting.done()
    draining = asyncio.create_task(sessions.drain(600))
    async with asyncio.timeout(5):
        assert await waiting == 600
    assert (draining.done(), len(sessions)) == (False, 1)
    await second.client.close(1000, "")
    async with asyncio.timeout(5):
        await draining
