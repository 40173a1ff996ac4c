"""The connection as the page shows it: why it ended, and how it comes back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from playwright.async_api import expect

from app.__main__ import uvicorn_config
from tests.harness import Serve, configured, until
from tests.page.browsing import BROWSER, Open

pytestmark = BROWSER

LOST = ["WebSocket connection to", "net::ERR_CONNECTION_REFUSED"]

WAITS_FOR_EVER = """
{
  // Chance has the first attempt wait the longest that it may, and what is to happen so late never does.
  const later = window.setTimeout;
  Math.random = () => 0.999;
  window.setTimeout = (action, ms = 0, ...rest) => (ms > 400 ? 0 : later(action, ms, ...rest));
}
"""


@asynccontextmanager
async def relay_on(port: int) -> AsyncIterator[int]:
    """Serve a relay on a port, 0 for any; yields the port."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        server = uvicorn.Server(uvicorn_config(configured(), "127.0.0.1", 0))
        running = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


async def test_the_page_comes_back_when_the_relay_does(open_page: Open) -> None:
    """It says that the relay restarts, and tries again by itself; then one is heard again."""
    async with relay_on(0) as port:
        seen = await open_page(f"http://127.0.0.1:{port}", forgiven=LOST)
        await seen.starts()
        await seen.writes("Hello")
        await expect(seen.said("assistant").first).to_contain_text("This is")
    await expect(seen.state).to_have_text("Reconnecting …")
    await expect(seen.notice("ending")).to_contain_text("Trying again in")
    async with relay_on(port):
        await expect(seen.state).to_have_text("Connected")
        await expect(seen.notice("ending")).to_have_count(0)
        await seen.hears_the_assistant()
        await expect(seen.page.get_by_text("A new session: what was said before is forgotten.")).to_have_count(1)


async def test_one_need_not_wait_for_the_next_attempt(open_page: Open) -> None:
    """A press connects at once, however long the page would have waited."""
    async with relay_on(0) as port:
        seen = await open_page(f"http://127.0.0.1:{port}", forgiven=LOST, script=WAITS_FOR_EVER)
        await seen.starts()
    await expect(seen.notice("ending")).to_contain_text("(attempt 1)")
    async with relay_on(port):
        await seen.page.get_by_role("button", name="Reconnect now").click()
        await expect(seen.state).to_have_text("Connected")


async def test_an_end_is_told_by_its_reason(start_relay: Serve, open_page: Open) -> None:
    """A session that was idle for too long is not opened again unasked."""
    relay = await start_relay(session={"idle": 0.3})
    seen = await open_page(relay.http, microphone=False)
    await seen.starts()
    await expect(seen.notice("ending")).to_contain_text("Code 3008.")
    await expect(seen.state).to_have_text("Connection closed")
    await seen.page.get_by_role("button", name="Connect again").click()
    await expect(seen.state).to_have_text("Connected")
