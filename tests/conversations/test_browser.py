"""A real browser: it connects with a ticket, and reads the code and reason of what it is refused."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from tests.harness import KEY, PATIENCE, ScriptedUpstream, Serve, ServedRelay, towards

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CONNECT = """
([url, protocols]) => new Promise(resolve => {
  const seen = { opened: false, protocol: null, first: null };
  const socket = new WebSocket(url, protocols);
  socket.onopen = () => { seen.opened = true; seen.protocol = socket.protocol; };
  socket.onmessage = ({ data }) => {
    seen.first ??= JSON.parse(data);
    if (seen.first.type === "session.created") { socket.close(1000); }
  };
  socket.onclose = ({ code, reason }) => resolve({ ...seen, code, reason });
})
"""

MINT = """
async ([url, key]) => {
  const response = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${key}` } });
  return (await response.json()).value;
}
"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """Open a page of its own Origin, `http://localhost:…`, in a browser that has nothing from before."""

    async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Browsers open connections ahead of need, and drop them without a word.
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<!doctype html>"
            )
            await writer.drain()
        writer.close()

    with tempfile.TemporaryDirectory() as profile:
        async with (
            await asyncio.start_server(hello, "127.0.0.1", 0) as server,
            async_playwright() as playwright,
            await playwright.chromium.launch_persistent_context(
                profile, executable_path=CHROMIUM, args=FLAGS
            ) as browser,
        ):
            opened = await browser.new_page()
            await opened.goto(f"http://localhost:{server.sockets[0].getsockname()[1]}/")
            yield opened


async def seen(page: Page, relay: ServedRelay, *protocols: str) -> Any:
    """Connect from the page, and return what it saw until the end."""
    async with asyncio.timeout(PATIENCE):
        return await page.evaluate(CONNECT, [f"{relay.url}/v1/realtime", list(protocols)])


async def test_a_page_connects_with_a_ticket_and_reads_its_refusals(
    serve_relay: Serve, upstream: ScriptedUpstream, page: Page
) -> None:
    """It gets a ticket by fetch, a session with it, and is told in words when it uses it again."""
    origin = page.url.removesuffix("/")
    relay = await serve_relay(**towards(upstream, origins=origin))
    value = await page.evaluate(MINT, [f"{relay.http}/v1/realtime/client_secrets", KEY])
    protocols = ("realtime", f"openai-insecure-api-key.{value}")
    first = await seen(page, relay, *protocols)
    assert (first["opened"], first["protocol"], first["first"]["type"]) == (True, "realtime", "session.created")
    again = await seen(page, relay, *protocols)
    assert (again["code"], again["first"]["error"]["code"]) == (3000, "ticket_unusable")
    assert again["reason"].startswith("This ticket cannot be used (again)")
    nothing = await seen(page, relay, "realtime")
    assert (nothing["code"], nothing["first"]["error"]["code"]) == (3000, "invalid_api_key")


async def test_a_page_of_another_origin_sees_nothing(
    serve_relay: Serve, upstream: ScriptedUpstream, page: Page
) -> None:
    """1006, as for a server that is not there; whatever credential it has."""
    relay = await serve_relay(**towards(upstream, origins="https://app.example"))
    foreign = await seen(page, relay, "realtime", f"openai-insecure-api-key.{KEY}")
    assert (foreign["opened"], foreign["code"], foreign["reason"]) == (False, 1006, "")
    assert upstream.requests == []


async def test_in_dev_mode_a_foreign_page_is_kept_out(
    serve_relay: Serve, upstream: ScriptedUpstream, page: Page
) -> None:
    """A site that the developer happens to visit cannot use the relay on the developer's machine."""
    relay = await serve_relay(**towards(upstream, auth={}))
    foreign = await seen(page, relay, "realtime")
    assert (foreign["opened"], foreign["code"]) == (False, 1006)
    assert upstream.requests == []
