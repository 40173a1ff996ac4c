"""One connection to an MCP server, kept by a task of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NoReturn

import pytest
from mcp import Client, MCPError

from app.effects.calling import ToolFailure
from app.effects.mcp_connection import McpConnection
from tests.effects.mcp_server import make
from tests.effects.service import PATIENCE
from tests.effects.serving_mcp import until, until_it_answers


class Connecting:
    """Connects to a server in this process; `failures` says how often it fails before."""

    def __init__(self) -> None:
        self.times = 0
        self.ended = 0
        self.failures = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Client]:
        self.times += 1
        if self.failures:
            self.failures -= 1
            raise OSError("canary-secret")
        async with Client(make()) as client:
            yield client
        self.ended += 1


@pytest.fixture
def connecting() -> Connecting:
    return Connecting()


@pytest.fixture
async def connection(connecting: Connecting) -> AsyncIterator[McpConnection]:
    async with AsyncExitStack() as stack:
        made = McpConnection(connecting, PATIENCE, pause=0.001)
        stack.push_async_callback(made.close)
        await made.open()
        yield made


async def listing(client: Client) -> int:
    return len((await client.list_tools()).tools)


def failing(message: str) -> Callable[[Client], Awaitable[None]]:
    async def work(_: Client) -> NoReturn:
        raise MCPError(-1, message)

    return work


async def used(connection: McpConnection) -> bool:
    """Return whether it could be used."""
    try:
        return await connection.use(listing) > 0
    except ToolFailure as failed:
        words = failed.words
    assert words == "the tool can't be reached"
    return False


async def test_one_connection_serves_all(connection: McpConnection, connecting: Connecting) -> None:
    """It is opened once, and closed with its keeper."""
    assert await asyncio.gather(*(connection.use(listing) for _ in range(5))) == [8] * 5
    await connection.close()
    assert connecting.times == 1
    assert not await used(connection)


async def test_refused_request_leaves_the_connection(connection: McpConnection, connecting: Connecting) -> None:
    """An error that the server sent concerns the one who asked; its words stay here."""
    with pytest.raises(ToolFailure) as failed:
        await connection.use(failing("canary-secret"))
    assert failed.value.text == '{"error":"the tool refused the call"}'
    assert await used(connection)
    assert connecting.times == 1


@pytest.mark.parametrize("message", ["Connection closed", "Session terminated"])
async def test_broken_connection_comes_back(
    connection: McpConnection, connecting: Connecting, message: str
) -> None:
    """Whoever finds it broken is told that it can't be reached; it is opened anew, however often that fails."""
    connecting.failures = 3
    with pytest.raises(ToolFailure, match="can't be reached"):
        await connection.use(failing(message))
    await until(lambda: connecting.times == 5)
    assert connecting.ended == 1
    await until_it_answers(lambda: used(connection))


async def test_calls_under_way_end_before_a_broken_connection_does(
    connection: McpConnection, connecting: Connecting
) -> None:
    """One call's bad end is not another's."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def slow(client: Client) -> int:
        begun.set()
        await go.wait()
        return await listing(client)

    under_way = asyncio.create_task(connection.use(slow))
    await begun.wait()
    with pytest.raises(ToolFailure):
        await connection.use(failing("Connection closed"))
    await until(lambda: not connection.connected)
    assert not await used(connection)
    go.set()
    assert await under_way == 8
    await until(lambda: connecting.times == 2)


async def test_first_attempt_that_fails_is_told() -> None:
    """Whoever opens it hears why, and nobody tries again behind their back."""
    connecting = Connecting()
    connecting.failures = 1
    connection = McpConnection(connecting, PATIENCE, pause=0.001)
    with pytest.raises(OSError, match="canary"):
        await connection.open()
    await connection.close()
    assert connecting.times == 1


async def test_first_attempt_has_its_time() -> None:
    """A server that takes too long to answer is one that can't be reached."""

    @asynccontextmanager
    async def never() -> AsyncIterator[Client]:
        await asyncio.Event().wait()
        yield Client(make())

    connection = McpConnection(never, 0.01)
    with pytest.raises(TimeoutError):
        await connection.open()
    await connection.close()


async def test_connection_that_was_never_open_can_be_closed() -> None:
    """Whoever gives up half-way closes everything."""
    await McpConnection(Connecting(), PATIENCE).close()
