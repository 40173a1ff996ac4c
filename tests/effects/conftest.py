"""Start what the tests of effects talk to, and open toolboxes."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from aiohttp import web

from app.effects import Toolbox
from app.effects.hosts import Hosts
from app.effects.outgoing import Outgoing
from app.effects.pinned import Pinned
from tests.effects.outgoing import Make
from tests.effects.service import Service


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the tests is set to use says nothing about the relay."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
async def start_service() -> AsyncIterator[Callable[..., Awaitable[Service]]]:
    """Return a function that starts an HTTP service on a port of its own."""
    async with AsyncExitStack() as stack:

        async def start(**how: Any) -> Service:
            made = Service(**how)
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", made.serve)
            runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(made.go.set)
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=made.tls).start()
            made.port = runner.addresses[0][1]
            return made

        yield start


@pytest.fixture
async def service(start_service: Callable[..., Awaitable[Service]]) -> Service:
    return await start_service()


@pytest.fixture
async def another(start_service: Callable[..., Awaitable[Service]]) -> Service:
    return await start_service()


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., Awaitable[Toolbox]]]:
    """Return a function that makes a toolbox and opens it."""
    async with AsyncExitStack() as stack:

        async def make(tools: Any = None, **how: Any) -> Toolbox:
            toolbox = Toolbox(tools or {}, **how)
            stack.push_async_callback(toolbox.close)
            await toolbox.open()
            return toolbox

        yield make


@pytest.fixture
async def outgoing() -> AsyncIterator[Make]:
    """Return a function that makes a toolbox's connections; every name leads to this machine."""
    async with AsyncExitStack() as stack:

        async def here(host: str, port: int) -> Sequence[str]:  # noqa: ARG001 - all names alike
            return ["127.0.0.1"]

        def make(*hosts: str, transport: httpx.AsyncBaseTransport | None = None) -> Outgoing:
            made = Outgoing(Hosts(hosts), transport or Pinned(here))
            stack.push_async_callback(made.close)
            return made

        yield make
