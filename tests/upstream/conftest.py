"""Start what the tests of the upstream dial, and see that nothing of it is left."""

import asyncio
import gc
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trustme
from aiohttp import web
from websockets.asyncio.server import serve
from websockets.http11 import Response

from app.upstream.connector import Connector, ConnectorConfig
from app.upstream.entra import Tokens
from tests.upstream.services import IdentityEndpoint, Listener, Proxy, Service, answer


@pytest.fixture
def http() -> Callable[..., Response]:
    return answer


@pytest.fixture
async def service() -> AsyncIterator[Callable[..., Awaitable[Service]]]:
    async with AsyncExitStack() as stack:

        async def start(tls: ssl.SSLContext | None = None, **how: Any) -> Service:
            made = Service(**how)
            server = await stack.enter_async_context(
                serve(
                    made.hold,
                    "127.0.0.1",
                    0,
                    process_request=made.admit,
                    ssl=tls,
                    max_size=2**26,
                    compression=None,
                    close_timeout=0.1,
                )
            )
            made.port = next(iter(server.sockets)).getsockname()[1]
            return made

        yield start


Made = TypeVar("Made", Listener, Proxy)


async def _listening(made: Made, stack: AsyncExitStack) -> Made:
    server = await stack.enter_async_context(await asyncio.start_server(made.serve, "127.0.0.1", 0))
    made.port = server.sockets[0].getsockname()[1]
    return made


@pytest.fixture
async def listener() -> AsyncIterator[Callable[..., Awaitable[Listener]]]:
    async with AsyncExitStack() as stack:
        yield lambda **how: _listening(Listener(**how), stack)


@pytest.fixture
async def proxy() -> AsyncIterator[Callable[..., Awaitable[Proxy]]]:
    async with AsyncExitStack() as stack:
        yield lambda **how: _listening(Proxy(**how), stack)


@pytest.fixture
async def identity(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[IdentityEndpoint]:
    """An App Service identity endpoint that the environment names; its answers are not held back."""
    made = IdentityEndpoint()
    made.held.set()
    app = web.Application()
    app.router.add_get("/msi/token", made.serve)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_TOKEN_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "canary-header")
    yield made
    made.held.set()
    await runner.cleanup()


@pytest.fixture
async def tokens() -> AsyncIterator[Callable[..., Tokens]]:
    """Make `Tokens`, and close them in the end."""
    made: list[Tokens] = []

    def make(*arguments: Any, **named: Any) -> Tokens:
        made.append(Tokens(*arguments, **named))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
async def connector() -> AsyncIterator[Callable[..., Connector]]:
    made: list[Connector] = []

    def make(**how: Any) -> Connector:
        config = {name: how.pop(name) for name in list(how) if name in ConnectorConfig.model_fields}
        made.append(Connector(ConnectorConfig(**config), **how))
        return made[-1]

    yield make
    for each in made:
        await each.close()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "upstream.test").configure_cert(context)
    return context


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the tests is set to use says nothing about the relay."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def leaving_nothing() -> Callable[[], AbstractAsyncContextManager[None]]:
    """Hold a block to leaving no file descriptor and no task behind, once the loop has had its turns."""

    def count() -> tuple[int, int]:
        gc.collect()
        return sum(1 for _ in Path("/dev/fd").iterdir()), len(asyncio.all_tasks())

    def more_than(before: tuple[int, int]) -> bool:
        return any(now > then for now, then in zip(count(), before, strict=True))

    @asynccontextmanager
    async def held() -> AsyncIterator[None]:
        before = count()
        yield
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                while more_than(before):  # noqa: ASYNC110 - no event tells that a descriptor was closed
                    await asyncio.sleep(0.01)
        assert not more_than(before), (before, count())

    return held
