"""What the tests of sessions share: a session between two memory sockets, and a tap that remembers.

Each test that holds a conversation does so by both ways: the sockets' own, and their lanes'.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from app.errors import Ended
from app.policy.chain import Chain, Filter
from app.policy.teller import Teller
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.session import Session, SessionConfig
from app.wire import Closed, Heard, MemorySocket, Side, Tap
from tests.harness import until
from tests.session.laned import LanedSocket

CREATED = b'{"type":"session.created"}'

PATIENT = SessionConfig(idle=30, maximum_duration=30, send_timeout=30, close_timeout=5)
"""Times that no test waits for."""


class Seen:
    """A tap that remembers all that it is told, and what the sessions beside it have heard."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.refusals: list[str] = []
        self.delays: list[tuple[Side, float]] = []

    @property
    def messages(self) -> int:
        """How many have come, from either side."""
        return sum(each.frames for heard in self.heard for each in heard)

    async def has_seen(self, count: int) -> None:
        """Wait until so many messages have come; by then all but the last are dealt with or wait for room."""
        await until(lambda: self.messages >= count)

    def refused(self, code: str) -> None:
        """Remember the refusal."""
        self.refusals.append(code)

    def unknown(self, event_type: str) -> None:
        """Fail: that is for a filter to see."""
        raise AssertionError(event_type)

    def lost(self, words: str) -> None:
        """Fail: no test here loses anything."""
        raise AssertionError(words)

    def delayed(self, side: Side, seconds: float) -> None:
        """Remember the delay."""
        self.delays.append((side, seconds))


class Peer:
    """The far end of one leg."""

    def __init__(self, socket: MemorySocket) -> None:
        self.socket = socket

    async def says(self, *events: dict[str, Any] | bytes) -> None:
        """Send events, each as JSON or, in bytes, as it stands."""
        async with asyncio.timeout(5):
            for event in events:
                await self.socket.send(event if isinstance(event, bytes) else json.dumps(event).encode())

    async def hears(self) -> dict[str, Any]:
        """Return the next event."""
        async with asyncio.timeout(5):
            event: dict[str, Any] = json.loads(await self.socket.recv())
            return event

    async def hears_all(self, count: int) -> list[str]:
        """Return the types of the next events."""
        return [(await self.hears())["type"] for _ in range(count)]

    async def closed(self) -> Closed:
        """Read on to the end, and return it."""
        async with asyncio.timeout(5):
            while True:
                try:
                    await self.socket.recv()
                except Closed as closed:
                    return closed

    async def leaves(self, code: int = 1000, reason: str = "") -> None:
        """Close."""
        async with asyncio.timeout(5):
            await self.socket.close(code, reason)


class Talk:
    """A running session, and the peers at its two ends."""

    def __init__(self, session: Session, near: tuple[MemorySocket, MemorySocket], far: tuple[Peer, Peer]) -> None:
        self.session = session
        self.near_client, self.near_upstream = near
        self.client, self.upstream = far
        self.running = asyncio.create_task(session.run(CREATED))

    async def ended(self) -> Ended:
        """Wait for the end, and see that no task is left."""
        async with asyncio.timeout(5):
            ended = await self.running
        assert tasks_left() == set()
        return ended


def tasks_left() -> set[asyncio.Task[Any]]:
    """Return the tasks beside this one."""
    return asyncio.all_tasks() - {asyncio.current_task()}


Converse = Callable[..., Talk]


@pytest.fixture
def tap() -> Seen:
    """A tap that remembers."""
    return Seen()


@pytest.fixture(params=[MemorySocket, LanedSocket], ids=["by queues", "by lanes"])
async def converse(request: pytest.FixtureRequest, tap: Seen) -> AsyncIterator[Converse]:
    """Return a function that starts a session with these filters; it is over when the test is.

    No timer and no task may break where nobody looks.

    `client_buffer` and `upstream_buffer` are in messages each way, 0 for no bound; `socket` is what the client's
    leg is made of; `config` are the session's times.
    """
    talks: list[Talk] = []
    broken: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context))

    def start(
        *filters: Filter,
        config: SessionConfig = PATIENT,
        client_buffer: int = 0,
        upstream_buffer: int = 0,
        socket: type[MemorySocket] | None = None,
    ) -> Talk:
        near_client, client = (socket or request.param).pair(client_buffer)
        near_upstream, upstream = request.param.pair(upstream_buffer)
        near = (near_client, near_upstream)
        relay = relay_of(filters, tap)
        tap.heard.append(relay.heard)
        session = Session("s1", near, relay, config, tap)
        talks.append(Talk(session, near, (Peer(client), Peer(upstream))))
        return talks[-1]

    yield start
    for talk in talks:
        talk.running.cancel()
    await asyncio.gather(*(talk.running for talk in talks), return_exceptions=True)
    assert broken == []


def relay_of(filters: Sequence[Filter], tap: Tap) -> Relay:
    """Return a relay with these filters."""
    return Relay(Chain(filters), Translation(Spoken()), tap, Teller("s1"))
