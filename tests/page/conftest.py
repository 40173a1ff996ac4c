"""What the tests of the page share: one browser, whose microphone hears a recorded voice, and relays to open.

The browser outlives a test, so all of this lives on the loop of the session: a test with these fixtures says
`pytestmark = BROWSER`. Every page gets a context of its own, and nothing may be complained of in its console.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from app.simulator import Simulator, SimulatorConfig
from app.upstream.providers import Target
from tests.harness import Serve, ServedRelay, configured, serving
from tests.page.browsing import FLAGS, Open, Opened, opened
from tests.page.voice import record
from tests.programs import program


@pytest.fixture(scope="session")
def voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears, over and over: a question, and a pause in which an answer begins."""
    return record(tmp_path_factory.mktemp("voice") / "voice.wav")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(voice: Path) -> AsyncIterator[Browser]:
    """The one browser."""
    heard = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={voice}"]
    names = ["--host-resolver-rules=MAP relay.test 127.0.0.1"]
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=program("chromium"), args=[*FLAGS, *heard, *names]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser) -> AsyncIterator[Open]:
    """Return a function that opens the page of a relay; what its console said is judged at the end."""
    async with AsyncExitStack() as stack:

        async def start(url: str, **options: Any) -> Opened:
            return await stack.enter_async_context(opened(browser, url, **options))

        yield start


@pytest_asyncio.fixture(loop_scope="session")
async def start_relay() -> AsyncIterator[Serve]:
    """Return a function that serves a relay with the given settings until the test is over."""
    async with AsyncExitStack() as stack:

        async def start(**given: Any) -> ServedRelay:
            return await stack.enter_async_context(serving(configured(**given)))

        yield start


@pytest_asyncio.fixture(loop_scope="session")
async def said() -> list[bytes]:
    """What a relay's client sent, as the service in `slow_relay` saw it."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def slow_relay(start_relay: Serve, said: list[bytes]) -> AsyncIterator[ServedRelay]:
    """A relay on a simulated service that speaks little faster than people, as the real one does."""
    config = SimulatorConfig(pace=1.5)
    async with Simulator(config, observe=lambda _, message: said.append(message)) as simulator:
        target = Target(provider="simulator", endpoint=simulator.endpoint, deployment="simulated")
        yield await start_relay(targets={"slow": target})
