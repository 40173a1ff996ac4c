"""A page in a real browser: opened with an instrument at its loudspeaker, and with an ear on its console."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, WebSocket, expect

from tests.harness import PATIENCE
from tests.programs import needs

__all__ = ["BROWSER", "FLAGS", "Open", "Opened", "opened"]

BROWSER = [pytest.mark.asyncio(loop_scope="session"), needs("chromium", "espeak-ng")]
"""The marks of a test in the browser."""

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a browser with a window does: no sound before somebody has touched the page.
    "--autoplay-policy=document-user-activation-required",
]

expect.set_options(timeout=PATIENCE * 1000)

PROBE = """
(() => {
  // Whatever reaches the loudspeaker is measured on its way, independently of what the page says of itself.
  const connect = AudioNode.prototype.connect;
  const probes = [];
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      const probe = new AnalyserNode(this.context, { fftSize: 4096 });
      connect.call(this, probe);
      probes.push(probe);
    }
    return connect.call(this, target, ...rest);
  };
  window.loudness = () => Math.max(0, ...probes.filter(({ context }) => context.state === "running").map(probe => {
    const samples = new Float32Array(probe.fftSize);
    probe.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
  }));
})();
(function wait() {
  if (document.body?.dataset.ready) {
    window.atFirst?.();
    console.info("ready");
  } else {
    setTimeout(wait, 5);
  }
})();
"""

AUDIBLE = 0.02
"""Root mean square of full scale: less than the simulated voice has, and more than any noise."""


@dataclass
class Opened:
    """A page, what its console complained of, and the messages that came to it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    received: list[str | bytes] = field(default_factory=list)

    async def until(self, expression: str) -> Any:
        """Wait until a JavaScript expression is true, and return what it is."""
        async with asyncio.timeout(PATIENCE):
            while not (value := await self.page.evaluate(expression)):  # noqa: ASYNC110 - a page tells nobody
                await asyncio.sleep(0.02)
            return value

    async def hears_the_assistant(self) -> None:
        """Wait until the loudspeaker sounds."""
        await self.until(f"loudness() > {AUDIBLE}")

    async def is_silent(self) -> None:
        """Wait until it does not."""
        await self.until(f"loudness() < {AUDIBLE / 4}")

    async def starts(self) -> None:
        """Press the large button, and wait for the connection."""
        await self.talk.click()
        await expect(self.state).to_have_text("Connected")

    async def writes(self, text: str) -> None:
        """Send a message."""
        await self.page.get_by_label("Message").fill(text)
        await self.page.get_by_role("button", name="Send").click()

    @property
    def talk(self) -> Locator:
        """The large button, whatever it does now."""
        return self.page.locator("#talk")

    @property
    def state(self) -> Locator:
        """What the page says of its connection."""
        return self.page.locator("#state-words")

    def said(self, role: str) -> Locator:
        """Find what one side says, in the captions."""
        return self.page.locator(f".said[data-role={role}] .text")

    def notice(self, subject: str) -> Locator:
        """Find the notice on a subject."""
        return self.page.locator(f"[data-subject={subject}]")

    def logged(self, kind: str) -> Locator:
        """Find the rows of the event log for a type of event."""
        return self.page.locator(f'#log li[data-type="{kind}"]')


Open = Callable[..., Awaitable[Opened]]


@asynccontextmanager
async def opened(
    browser: Browser,
    url: str,
    *,
    microphone: bool = True,
    forgiven: Sequence[str] = (),
    script: str = "",
    **options: Any,
) -> AsyncIterator[Opened]:
    """Open a page in a context of its own; `forgiven` are the complaints that the test brings about."""
    context = await browser.new_context(**options)
    if microphone:
        await context.grant_permissions(["microphone"], origin=url)
    await context.add_init_script(script + PROBE)
    seen = Opened(await context.new_page())

    def complain(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(each in message.text for each in forgiven):
            seen.complaints.append(message.text)

    def listen(websocket: WebSocket) -> None:
        websocket.on("framereceived", lambda message: seen.received.append(message))  # noqa: PLW0108 - it must be a function of ours

    seen.page.on("websocket", listen)
    seen.page.on("console", complain)
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    # To ask the page itself would count as a gesture of its user.
    async with seen.page.expect_console_message(lambda message: message.text == "ready"):
        await seen.page.goto(url)
    yield seen
    await context.close()
    assert not seen.complaints, seen.complaints
