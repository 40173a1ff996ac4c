"""One connection to an MCP server, kept by a task of its own.

The task opens it, waits until somebody finds it broken, lets the calls under way end, and opens it again, after a
pause that doubles as long as that fails. Whoever calls while it is down is told so and does not wait.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TypeVar

import structlog
from mcp import Client, MCPError

from app.effects.calling import ToolFailure

__all__ = ["McpConnection", "reason"]

T = TypeVar("T")
Connect = Callable[[], AbstractAsyncContextManager[Client]]

PAUSE = 0.25
"""Seconds before the first attempt to come back."""
MAX_PAUSE = 30.0
BROKEN = frozenset({"Connection closed", "Session terminated"})
"""What the package says of a peer that is gone, and of one that has forgotten the session since."""


class McpConnection:
    """A connection that comes back. `connect` makes a new one, within `timeout` seconds."""

    def __init__(self, connect: Connect, timeout: float, pause: float = PAUSE) -> None:
        self._connect = connect
        self._timeout = timeout
        self._first_pause = self._pause = pause
        self._client: Client | None = None
        self._broken = asyncio.Event()
        self._calls: set[asyncio.Future[None]] = set()
        self._keeper: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether a call would be carried out now."""
        return self._client is not None

    async def open(self) -> None:
        """Connect for the first time. Raises what connecting raises."""
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        self._keeper = loop.create_task(self._keep(opened))
        await opened

    async def close(self) -> None:
        """Disconnect."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])

    async def use(self, work: Callable[[Client], Awaitable[T]]) -> T:
        """Do something with the connection. Raises `ToolFailure` where there is none, or no result."""
        if self._client is None:
            raise ToolFailure("the tool can't be reached")
        under_way: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._calls.add(under_way)
        try:
            return await work(self._client)
        except MCPError as error:
            raise self._failure(error.message) from error
        finally:
            self._calls.discard(under_way)
            under_way.set_result(None)

    def _failure(self, message: str) -> ToolFailure:
        if message not in BROKEN:
            return ToolFailure("the tool refused the call")
        self._broken.set()
        return ToolFailure("the tool can't be reached")

    async def _keep(self, opened: asyncio.Future[None]) -> None:
        while True:
            try:
                await self._hold(opened)
            except Exception as error:  # noqa: BLE001 - whatever a server makes a library raise, it is the server's
                if not opened.done():
                    opened.set_exception(error)
                    return
                structlog.get_logger().warning("mcp connection lost", error=reason(error))
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, MAX_PAUSE)

    async def _hold(self, opened: asyncio.Future[None]) -> None:
        """Be connected until the connection breaks."""
        async with AsyncExitStack() as stack:
            stack.callback(self._disconnected)
            async with asyncio.timeout(self._timeout):
                self._client = await stack.enter_async_context(self._connect())
            self._pause = self._first_pause
            self._broken.clear()
            if not opened.done():
                opened.set_result(None)
            await self._broken.wait()
            self._disconnected()
            if self._calls:
                await asyncio.wait(set(self._calls), timeout=self._timeout)

    def _disconnected(self) -> None:
        self._client = None


def reason(error: BaseException) -> str:
    """Return the type of what really happened: the package's task groups wrap it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
