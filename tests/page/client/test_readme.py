"""The client's README, as a newcomer takes it: what it shows runs."""

import pytest
from playwright.async_api import Browser, Route, expect

from tests.harness import KEY
from tests.page.browsing import BROWSER, opened
from tests.page.client.conftest import ticket

pytestmark = BROWSER


@pytest.mark.parametrize("microphone", [True, False], ids=["with a microphone", "without"])
async def test_the_lines_of_the_readme_run_as_they_stand(
    relay_port: int, site: str, browser: Browser, *, microphone: bool
) -> None:
    """One press, and a conversation is spoken and written down; a microphone that is denied is told in words."""

    async def mint(route: Route) -> None:
        await route.fulfill(body=await ticket(relay_port, KEY))

    url = f"{site}/readme.html?relay=ws://127.0.0.1:{relay_port}/v1/realtime"
    async with opened(browser, url, microphone=microphone) as seen:
        await seen.page.route("**/my-backend/ticket", mint)
        await seen.page.get_by_role("button", name="Talk").click()
        shown = seen.page.locator("#shown")
        await expect(shown).to_contain_text("connecting; ")
        await expect(shown).to_contain_text("open; ")
        if microphone:
            await seen.hears_the_assistant()
            await expect(seen.page.locator("#said")).to_contain_text("assistant: This is a simulated answer.")
        else:
            await expect(shown).to_contain_text("The use of the microphone is denied.")
