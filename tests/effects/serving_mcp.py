"""MCP servers for the tests: over HTTP behind a real uvicorn, and as a program of their own."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn

from app.effects import McpServerConfig
from tests.effects.service import PATIENCE

__all__ = ["SERVER", "program", "serving", "until", "until_it_answers"]

SERVER = Path(__file__).with_name("mcp_server.py")


def program(**more: Any) -> McpServerConfig:
    """Configure the server as a program."""
    return McpServerConfig(command=sys.executable, args=(str(SERVER),), **{"timeout": PATIENCE, **more})


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what a server brings about on its own; there is nothing else to wait on."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - the condition is another side's, and tells nobody
            await asyncio.sleep(0.002)


async def until_it_answers(ask: Callable[[], Awaitable[bool]]) -> None:
    """Ask until the answer is yes; a connection that comes back tells nobody."""
    async with asyncio.timeout(PATIENCE):
        while not await ask():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(app: Any, port: int = 0) -> AsyncIterator[int]:
    """Serve an ASGI app until the block ends, and hang up on whoever is still there."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve([listener]))
        try:
            await until(lambda: server.started or running.done())
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running
