"""After many sessions that ended in every way nothing is left: no task, no socket, no file descriptor."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from tests.conversations.test_endings import drop, talk_nonsense
from tests.harness import ScriptedUpstream, Serve, ServedRelay, closing, converse, read, towards, until, write

ROUNDS = 25
"""Of eight ways to end: two hundred sessions."""


async def leave(relay: ServedRelay) -> None:
    """Close as one should."""
    async with relay.connect() as client:
        await read(client)


async def vanish(relay: ServedRelay) -> None:
    """Drop the connection."""
    client = await relay.connect()
    await read(client)
    client.transport.abort()


async def hear_the_end(relay: ServedRelay) -> None:
    """Stay until the other side ends it."""
    async with relay.connect() as client:
        await closing(client)


async def be_refused(relay: ServedRelay) -> None:
    """Come without a key, as an SDK and as a browser do."""
    try:
        await relay.connect(key=None)
    except InvalidStatus:
        async with relay.connect(key=None, subprotocols=["realtime"]) as client:
            await closing(client)


async def leave_in_mid_dial(relay: ServedRelay) -> None:
    """Go before the answer comes."""
    dialling = asyncio.ensure_future(relay.connect().__aenter__())
    await asyncio.wait((dialling,), timeout=0.01)
    dialling.cancel()
    await asyncio.gather(dialling, return_exceptions=True)


async def send_what_is_too_big(relay: ServedRelay) -> None:
    """End by 1009."""
    async with relay.connect() as client:
        await read(client)
        await client.send("x" * 200_000)
        await closing(client)


async def keep_waiting(connection: ServerConnection) -> None:
    """Be an upstream that never begins the session."""
    await connection.wait_closed()


async def finish(connection: ServerConnection) -> None:
    """Be an upstream that has nothing more to say."""
    await write(connection, {"type": "session.created", "event_id": "e", "session": {}})
    await connection.close(1000, "done")


Way = tuple[Callable[[ServedRelay], Awaitable[None]], Callable[[ServerConnection], Awaitable[None]]]
WAYS: list[Way] = [
    (leave, converse),
    (vanish, converse),
    (hear_the_end, finish),
    (hear_the_end, drop),
    (hear_the_end, talk_nonsense),
    (be_refused, converse),
    (leave_in_mid_dial, keep_waiting),
    (send_what_is_too_big, converse),
]


async def test_nothing_is_left_after_two_hundred_sessions(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Tasks and descriptors are counted before and after; the store and the registry are empty."""
    limits = {
        "sessions_per_user": 100,
        "dials_per_user_per_minute": 10_000,
        "failures_per_address_per_minute": 10_000,
    }
    relay = await serve_relay(**towards(upstream, limits=limits, client={"max_frame": 100_000}))
    await one_of_each(relay, upstream)
    before = await resources(relay)
    for _ in range(ROUNDS):
        await one_of_each(relay, upstream)
    await until(lambda: not len(relay.parts.sessions))
    await until(lambda: len(asyncio.all_tasks()) <= before[0])
    await until(lambda: descriptors() <= before[1])
    assert relay.parts.store._open.total() == 0  # noqa: SLF001 - nothing outside tells


async def one_of_each(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """End one session in each way."""
    for client, script in WAYS:
        upstream.script = script
        await client(relay)


def descriptors() -> int:
    """Count the open file descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def resources(relay: ServedRelay) -> tuple[int, int]:
    """Return the number of tasks and of descriptors when all is quiet."""
    await until(lambda: not len(relay.parts.sessions))
    await until(lambda: not relay.server.server_state.connections)
    gc.collect()
    return len(asyncio.all_tasks()), descriptors()
