"""Start what the tests of authentication talk to."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from aiohttp import web

from app.auth.oidc import IssuerConfig, Oidc
from app.auth.provider import Provider
from tests.auth.issuer import PATIENCE, Clock, Issuer, Towards


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the machine of the tests is set to use says nothing about the relay."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def start_issuer() -> AsyncIterator[Callable[..., Awaitable[Issuer]]]:
    """Return a function that starts an identity provider."""
    async with AsyncExitStack() as stack:

        async def start(**how: Any) -> Issuer:
            made = Issuer(**how)
            made.go.set()
            app = web.Application()
            app.router.add_get("/{path:.*}", made.serve)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(made.go.set)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            made.port = runner.addresses[0][1]
            return made

        yield start


@pytest.fixture
async def issuer(start_issuer: Callable[..., Awaitable[Issuer]]) -> Issuer:
    """An identity provider with one key."""
    return await start_issuer()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as made:
        yield made


@pytest.fixture
async def provider(
    issuer: Issuer, client: httpx.AsyncClient, clock: Clock
) -> AsyncIterator[Callable[..., Provider]]:
    """Return a function that makes the relay's side of the issuer."""
    async with AsyncExitStack() as stack:

        def make(url: str | None = None, timeout: float = PATIENCE) -> Provider:
            config = IssuerConfig(issuer=url or issuer.url, audience=("the-relay",))
            made = Provider(config, client, clock, timeout)
            stack.push_async_callback(made.close)
            return made

        yield make


@pytest.fixture
async def oidc(clock: Clock) -> AsyncIterator[Callable[..., Oidc]]:
    """Return a function that makes an `Oidc` that trusts these providers, each configured so."""
    async with AsyncExitStack() as stack:

        def make(*issuers: Issuer, **how: Any) -> Oidc:
            configured = {
                f"P{number}": IssuerConfig(**{"issuer": each.url, "audience": "the-relay", **how})
                for number, each in enumerate(issuers)
            }
            client = httpx.AsyncClient(transport=Towards(issuers[0].port)) if issuers[0].named else None
            made = Oidc(configured, client=client, now=clock)
            if client is not None:
                stack.push_async_callback(client.aclose)
            stack.push_async_callback(made.close)
            return made

        yield make
