"""The page for everybody: the rules of axe-core, in light and dark, on a desk and on a phone, and by keyboard."""

from itertools import product
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.harness import Serve
from tests.page.browsing import BROWSER, Open
from tests.programs import MODULES, needs

pytestmark = [*BROWSER, needs("npm")]

DESK, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}

LOOKS = list(product(["light", "dark"], [DESK, PHONE]))

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

FINDINGS = """
async (rules) => {
  const { violations } = await axe.run(document, { runOnly: rules });
  const told = ({ html, failureSummary }) => `${html} ${failureSummary}`;
  return violations.map(({ id, nodes }) => [id, nodes.map(told)]);
}
"""


async def findings(page: Page) -> Any:
    """Return what axe-core finds on the page as it is now."""
    await page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    return await page.evaluate(FINDINGS, RULES)


@pytest.mark.parametrize(("scheme", "size"), LOOKS, ids=["light", "light, phone", "dark", "dark, phone"])
async def test_there_is_no_violation_before_or_in_a_conversation(
    start_relay: Serve, open_page: Open, scheme: str, size: dict[str, int]
) -> None:
    """Contrast, names, landmarks, order, targets; with every card open, notices, captions, a call and the log."""
    seen = await open_page((await start_relay()).http, color_scheme=scheme, viewport=size, microphone=False)
    assert await findings(seen.page) == []
    await seen.page.evaluate("document.querySelectorAll('details.card').forEach(card => { card.open = true; })")
    await seen.page.get_by_label("Offer the model a tool").check()
    await seen.talk.click()
    await expect(seen.notice("microphone")).to_be_visible()
    await seen.writes("Please call local time")
    await expect(seen.said("assistant").last).to_contain_text("The tool returned")
    assert await findings(seen.page) == []
    assert await seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_every_control_and_meter_says_what_it_is(start_relay: Serve, open_page: Open) -> None:
    """By a label that one sees or hears; axe-core looks at no meter."""
    seen = await open_page((await start_relay()).http, microphone=False)
    for name in ("You", "Assistant"):
        await expect(seen.page.get_by_role("meter", name=name, exact=True)).to_have_count(1)
    unnamed = "[...document.querySelectorAll('meter, input, select')].filter(({ labels }) => !labels.length)"
    assert await seen.page.evaluate(f"{unnamed}.map(({{ id }}) => id)") == []


async def test_of_what_is_final_at_once_everything_is_announced(start_relay: Serve, open_page: Open) -> None:
    """What the user wrote stands beside the answer, each in a paragraph of its own, and nothing is said twice."""
    seen = await open_page((await start_relay()).http, microphone=False)
    await seen.writes("Hello")
    announced = seen.page.locator("#announcer > p")
    await expect(announced).to_have_count(2)
    await expect(announced.first).to_have_text("You: Hello")
    await expect(announced.last).to_contain_text("Assistant: ")


async def test_everything_is_reached_by_keyboard(start_relay: Serve, open_page: Open) -> None:
    """In the order in which it stands, each with a visible focus; nothing holds the focus."""
    seen = await open_page((await start_relay()).http, microphone=False)
    reached = []
    for _ in range(16):
        await seen.page.keyboard.press("Tab")
        reached.append(await seen.page.evaluate("document.activeElement.id || document.activeElement.tagName"))
        assert await seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'") or (
            reached[-1] == "INPUT"  # the modes show it on what stands beside them
        )
    assert reached[:6] == ["words", "stop", "talk", "end", "INPUT", "text"]
    assert {"device", "voice", "profile", "clock", "log-filter"} <= set(reached)
