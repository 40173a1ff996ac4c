"""A conversation on the page: spoken, interrupted, with the button held, and written."""

import base64
from typing import Any

import msgspec
from playwright.async_api import expect

from tests.harness import Serve, ServedRelay, until
from tests.page.browsing import BROWSER, Open, Opened

pytestmark = BROWSER

BYTES_PER_MS = 48


def events(said: list[bytes], kind: str) -> list[dict[str, Any]]:
    """Return what the service heard of one type."""
    return [event for each in said if (event := msgspec.json.decode(each))["type"] == kind]


def received_ms(seen: Opened, item_id: str) -> float:
    """Return how much of an item's sound came to the page, in milliseconds."""
    messages = [msgspec.json.decode(each) for each in seen.received]
    deltas = [
        each["delta"]
        for each in messages
        if each["type"] == "response.output_audio.delta" and each["item_id"] == item_id
    ]
    return sum(len(base64.b64decode(each)) for each in deltas) / BYTES_PER_MS


async def test_one_speaks_and_hears_an_answer(start_relay: Serve, open_page: Open) -> None:
    """What is said goes up, and what comes back sounds; both sides stand on the page, and how long it took."""
    seen = await open_page((await start_relay()).http)
    await expect(seen.notice("simulated")).to_contain_text("simulated service")
    await seen.starts()
    for side in ("in", "out"):
        await seen.until(f"document.getElementById('level-{side}').value > 0.4")
    await seen.hears_the_assistant()
    await expect(seen.said("user").first).to_contain_text("speech of")
    await expect(seen.said("assistant").first).to_contain_text("This is a simulated answer. I heard")
    for place in ("#time-byte", "#time-heard"):
        await expect(seen.page.locator(place)).to_contain_text("ms")
    await expect(seen.page.locator("#announcer")).to_contain_text("Assistant: This is a simulated answer.")
    await seen.page.locator("#end").click()
    await expect(seen.state).to_have_text("Not connected")
    await seen.is_silent()


async def test_who_speaks_into_an_answer_interrupts_it(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """It falls silent, and the service is told how much of it was heard: no more than came, and not nothing."""
    seen = await open_page(slow_relay.http)
    await seen.starts()
    await seen.hears_the_assistant()
    await until(lambda: bool(events(said, "conversation.item.truncate")))
    truncated = events(said, "conversation.item.truncate")[0]
    assert isinstance(truncated["audio_end_ms"], int)
    assert 0 < truncated["audio_end_ms"] <= received_ms(seen, truncated["item_id"])
    await expect(seen.page.locator(".said[data-role=assistant]").first).to_contain_text("interrupted")


async def holds(seen: Opened, said: list[bytes]) -> None:
    """Wait until half a second of voice went up while talking, at batches of some 50 ms."""
    await expect(seen.talk).to_contain_text("Let go to send")
    before = len(events(said, "input_audio_buffer.append"))
    await until(lambda: len(events(said, "input_audio_buffer.append")) > before + 10)


async def push_to_talk(seen: Opened) -> None:
    """Choose it, and connect."""
    await seen.page.get_by_label("Push to talk").check(force=True)
    await seen.starts()
    await expect(seen.talk).to_contain_text("Hold to talk")


async def test_one_talks_while_the_space_key_is_held(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """Nothing is sent before; letting go sends it; in a text field the key is a space."""
    seen = await open_page(slow_relay.http)
    await push_to_talk(seen)
    assert events(said, "input_audio_buffer.append") == []
    await seen.page.locator("body").click(position={"x": 2, "y": 2})
    await seen.page.keyboard.down("Space")
    await holds(seen, said)
    await seen.page.keyboard.up("Space")
    await expect(seen.said("assistant").first).to_contain_text("I heard")
    assert len(events(said, "input_audio_buffer.commit")) == 1
    await seen.page.get_by_label("Message").focus()
    await seen.page.keyboard.press("Space")
    assert await seen.page.get_by_label("Message").input_value() == " "
    assert len(events(said, "input_audio_buffer.commit")) == 1


KEYS = """
[["keydown", "Space"], ["keydown", "Escape"], ["keyup", "Space"]].map(([type, key]) => {
  const event = new KeyboardEvent(type, { key, code: key, bubbles: true, cancelable: true });
  return document.getElementById("talk").dispatchEvent(event);
})
"""


async def test_escape_breaks_a_turn_off_and_letting_go_begins_no_other(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """The key that was pressed to talk clicks no button when it comes up, in a browser that would do so either."""
    seen = await open_page(slow_relay.http)
    await push_to_talk(seen)
    assert await seen.page.evaluate(KEYS) == [False, True, False]
    await expect(seen.talk).to_contain_text("Hold to talk")
    await until(lambda: len(events(said, "input_audio_buffer.clear")) == 2)
    assert events(said, "input_audio_buffer.commit") == []


async def test_one_talks_while_the_button_is_held(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """With a pointer; who lets go outside of it has let go as well."""
    seen = await open_page(slow_relay.http)
    await push_to_talk(seen)
    await seen.talk.hover()
    await seen.page.mouse.down()
    await holds(seen, said)
    await seen.page.mouse.move(5, 5)
    await seen.page.mouse.up()
    await expect(seen.talk).to_contain_text("Hold to talk")
    await expect(seen.said("assistant").first).to_contain_text("I heard")
    assert len(events(said, "input_audio_buffer.commit")) == 1


async def test_who_cannot_hold_a_button_presses_twice(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """The Enter key, like the click of a screen reader, begins and ends."""
    seen = await open_page(slow_relay.http)
    await push_to_talk(seen)
    await seen.talk.press("Enter")
    await holds(seen, said)
    await seen.talk.press("Enter")
    await expect(seen.said("assistant").first).to_contain_text("I heard")


async def test_who_was_muted_is_heard_again_when_a_button_is_held(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """To hold it is to want to be heard."""
    seen = await open_page(slow_relay.http)
    await seen.starts()
    await expect(seen.talk).to_contain_text("Mute")
    await seen.talk.click()
    await expect(seen.page.locator("#turn")).to_contain_text("Muted")
    await seen.page.get_by_label("Push to talk").check(force=True)
    await seen.talk.press("Enter")
    await holds(seen, said)
    await seen.until("document.getElementById('level-in').value > 0.4")


async def test_one_writes_without_a_microphone(start_relay: Serve, open_page: Open) -> None:
    """The first message connects; the answer is heard and read, and the microphone was never asked for."""
    seen = await open_page((await start_relay()).http, microphone=False)
    await seen.writes("Is <b>this</b> read?")
    await seen.hears_the_assistant()
    await expect(seen.said("user").first).to_have_text("Is <b>this</b> read?")
    await expect(seen.said("assistant").first).to_contain_text("You wrote: Is <b>this</b> read?")
    await expect(seen.talk).to_contain_text("Use microphone")
    await expect(seen.notice("microphone")).to_have_count(0)


async def test_an_answer_can_be_stopped_and_the_microphone_muted(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """Both by button; who is muted is told so."""
    seen = await open_page(slow_relay.http)
    await seen.starts()
    await expect(seen.talk).to_contain_text("Mute")
    await seen.talk.click()
    await expect(seen.page.locator("#turn")).to_contain_text("Muted")
    await seen.writes("Tell me something long, with many words in it, so that there is time to stop it.")
    await seen.hears_the_assistant()
    await seen.page.get_by_role("button", name="Interrupt").click()
    await seen.is_silent()
    await until(lambda: bool(events(said, "conversation.item.truncate")))
    assert len(events(said, "response.cancel")) == 1
    await expect(seen.talk).to_contain_text("Unmute")


async def test_a_tool_of_the_pages_own_is_called(start_relay: Serve, open_page: Open) -> None:
    """One sees the call, its arguments and its result, and the answer that is made of it."""
    seen = await open_page((await start_relay()).http, timezone_id="Europe/Lisbon")
    await seen.page.get_by_label("Offer the model a tool").check()
    await seen.writes("Please call local time")
    call = seen.page.locator(".said[data-role=tool]")
    await expect(call).to_contain_text("Tool call: local_time")
    await expect(call.locator("pre").first).to_have_text("{}")
    await expect(call.locator("pre").last).to_contain_text("Europe/Lisbon")
    await expect(seen.said("assistant").last).to_contain_text("The tool returned")
