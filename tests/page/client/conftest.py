"""What the tests of the client share: somebody's page on an Origin of its own, and a relay that lets it in.

The page is served under a policy that runs files and nothing else, as a frontend's should be; the client is served
beside it as its authors would, from a copy.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
import uvicorn
from aiohttp import web
from playwright.async_api import Browser

from app.__main__ import uvicorn_config
from app.auth.static_keys import hash_key
from app.simulator import Simulator, SimulatorConfig
from app.upstream.providers import Target
from app.web.page import STATIC
from tests.harness import KEY, configured, until
from tests.page.browsing import Opened, opened

HERE = Path(__file__).parent
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self' ws://127.0.0.1:*; img-src data:"

INSECURE = "relay.test"
"""Another name of this machine, which the browser does not trust without TLS."""

OpenClient = Callable[..., Awaitable[Opened]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site() -> AsyncIterator[str]:
    """Where somebody's page is."""

    async def guard(_: web.Request, response: web.StreamResponse) -> None:
        response.headers["Content-Security-Policy"] = POLICY

    app = web.Application()
    app.on_response_prepare.append(guard)
    app.router.add_get("/readme.js", readme)
    for path in ("/client", "/static/client"):
        app.router.add_static(path, STATIC / "client")
    app.router.add_static("/", HERE / "client_page")
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def readme(_: web.Request) -> web.Response:
    """Answer with the lines that the client's README shows, as they stand but for where the relay is."""
    shown = (STATIC / "client" / "README.md").read_text().partition("```js\n")[2].partition("```")[0]
    placed = shown.replace(
        '"wss://relay.example.com/v1/realtime"', "new URLSearchParams(location.search).get('relay')"
    )
    assert placed != shown
    return web.Response(
        text=(HERE / "client_page" / "around.js").read_text() + placed, content_type="text/javascript"
    )


@pytest_asyncio.fixture(loop_scope="session")
async def service(said: list[bytes]) -> AsyncIterator[Simulator]:
    """A simulated service that speaks little faster than people; `said` is what it was sent."""
    async with Simulator(SimulatorConfig(pace=1.5), observe=lambda _, message: said.append(message)) as simulator:
        yield simulator


ServeOn = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="session")
async def relay_on(site: str, service: Simulator) -> ServeOn:
    """Return a function that serves a relay on a port, 0 for any, which lets the page in with Alice's tickets."""
    target = Target(provider="simulator", endpoint=service.endpoint, deployment="simulated")
    origins = f"{site},{site.replace('127.0.0.1', INSECURE)}"
    settings = configured(origins=origins, auth={"keys": {"alice": hash_key(KEY)}}, targets={"voice": target})

    @asynccontextmanager
    async def serve(port: int = 0) -> AsyncIterator[int]:
        with socket.create_server(("127.0.0.1", port)) as listener:
            server = uvicorn.Server(uvicorn_config(settings, "127.0.0.1", 0))
            running = asyncio.create_task(server.serve([listener]))
            await until(lambda: server.started or running.done())
            try:
                yield listener.getsockname()[1]
            finally:
                server.should_exit = True
                await running

    return serve


@pytest_asyncio.fixture(loop_scope="session")
async def relay_port(relay_on: ServeOn) -> AsyncIterator[int]:
    """The port of a relay that stays."""
    async with relay_on() as port:
        yield port


@pytest_asyncio.fixture(loop_scope="session")
async def open_client(browser: Browser, site: str) -> AsyncIterator[OpenClient]:
    """Return a function that opens the page, and makes a client for the relay on a port."""
    async with AsyncExitStack() as stack:

        async def start(port: int, *, key: str = KEY, host: str = "127.0.0.1", **given: Any) -> Opened:
            url = f"{site.replace('127.0.0.1', host)}/index.html"
            forgiven = given.pop("forgiven", ())
            microphone = given.pop("microphone", True)
            page = opened(browser, url, microphone=microphone, forgiven=forgiven)
            seen = await stack.enter_async_context(page)
            await seen.page.expose_function("ticket", lambda: ticket(port, key))
            await seen.page.evaluate(
                "options => make(options)", {"url": f"http://127.0.0.1:{port}/v1/realtime", **given}
            )
            return seen

        yield start


async def ticket(port: int, key: str) -> str:
    """Get a ticket, as the page's own backend would; what is no key of the relay's is handed on as a ticket."""
    if key != KEY:
        return key
    url = f"http://127.0.0.1:{port}/v1/realtime/client_secrets"
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(url, headers={"authorization": f"Bearer {key}"})
    value: str = answer.raise_for_status().json()["value"]
    return value
