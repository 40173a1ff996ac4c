"""What the README tells a frontend to write does what it says, in a browser, word for word."""

import asyncio
import re
from collections.abc import Sequence

from playwright.async_api import Page

from tests.harness import PATIENCE, ROOT
from tests.npm.site import Site
from tests.programs import needs

pytestmark = needs("npm", "chromium")


def told(library: str) -> str:
    """Return the README's program for a page that imports this."""
    programs: list[str] = re.findall(r"```js\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (program,) = [each for each in programs if f'from "{library}";' in each]
    return program


async def heard(page: Page, site: Site, library: str, *, until: str) -> Sequence[str]:
    """Run the README's program in the page, click its button, and return what it writes up to some words."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    page.on("console", lambda message: lines.put_nowait(message.text))
    page.on("pageerror", lambda error: lines.put_nowait(f"fault: {error}"))
    site.program = told(library)
    await page.goto(f"{site.origin}/index.html#program.mjs")
    await page.click("#ready button")
    seen: list[str] = []
    async with asyncio.timeout(PATIENCE):
        while not seen or until not in seen[-1]:
            seen.append(await lines.get())
            assert "fault" not in seen[-1]
    return seen


async def test_the_relays_own_client(page: Page, site: Site) -> None:
    """It opens, hears the microphone, and writes what is answered to its beeps."""
    seen = await heard(page, site, "./client/index.js", until="assistant This")
    assert seen[0].startswith("connecting")
    assert any(line.startswith("open") for line in seen)


async def test_the_package_openai(page: Page, site: Site) -> None:
    """It writes what the model says."""
    assert await heard(page, site, "openai/realtime/websocket", until="simulated") != []


async def test_the_package_agents_realtime(page: Page, site: Site) -> None:
    """It writes what the agent says."""
    seen = await heard(page, site, "@openai/agents-realtime", until="simulated")
    assert seen == ["This is a simulated answer. You wrote: Hello!"]
