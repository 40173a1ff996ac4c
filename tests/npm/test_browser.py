"""The official packages in a browser, without a build step: an import map is all that they need."""

import asyncio
import json
from typing import Any

from playwright.async_api import Page

from tests.harness import PATIENCE
from tests.npm.site import Site
from tests.programs import needs

pytestmark = needs("npm", "chromium")


async def told(page: Page, url: str, lines: int) -> list[Any]:
    """Open the page, and return what it has written once it is so many lines."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    await page.goto(url)
    async with asyncio.timeout(PATIENCE):
        while len(written := await page.locator("p").all_inner_texts()) < lines:
            assert faults == []
            await asyncio.sleep(0.02)
    return [json.loads(line) for line in written]


async def test_the_package_openai(page: Page, site: Site) -> None:
    """A conversation in writing, with a ticket as the key; it is closed with 1000."""
    answer = {"said": "This is a simulated answer. You wrote: My name is Ada."}
    assert await told(page, f"{site.origin}/index.html#text.mjs", 2) == [answer, {"closed": 1000, "reason": "OK"}]


async def test_the_package_agents_realtime(page: Page, site: Site) -> None:
    """An agent by WebSocket, with a tool that runs in the page."""
    called, said, history = await told(page, f"{site.origin}/index.html#agent.mjs", 3)
    assert called == {"called": "get_language", "result": "en"}
    assert said == {"said": "This is a simulated answer. The tool returned: en"}
    assert history == {"history": ["user", "function_call", "assistant"]}
