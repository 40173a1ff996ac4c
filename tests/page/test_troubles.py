"""What goes wrong, said plainly on the page, with what can be done about it; writing works all the same."""

from playwright.async_api import expect

from app.auth.static_keys import hash_key
from tests.harness import KEY, Serve
from tests.page.browsing import BROWSER, Open
from tests.page.test_connection import relay_on

pytestmark = BROWSER

KEYS = {"keys": {"alice": hash_key(KEY)}}

PRESSED_BY_NOBODY = "window.atFirst = () => document.getElementById('talk').click();"
"""A click that no user made: the browser keeps the sound of such a page suspended."""


async def test_a_denied_microphone_is_told_and_one_can_write(start_relay: Serve, open_page: Open) -> None:
    """The session runs without it; whoever allows it later tries again from the notice."""
    relay = await start_relay()
    seen = await open_page(relay.http, microphone=False)
    await seen.starts()
    await expect(seen.notice("microphone")).to_contain_text("You can still write.")
    await seen.writes("Hello")
    await expect(seen.said("assistant").first).to_contain_text("You wrote: Hello")
    await seen.page.context.grant_permissions(["microphone"], origin=relay.http)
    await seen.page.get_by_role("button", name="Try again").click()
    await expect(seen.notice("microphone")).to_have_count(0)
    await expect(seen.talk).to_contain_text("Mute")


async def test_a_message_that_cannot_be_sent_comes_back(open_page: Open) -> None:
    """It leaves the field at once, so that nobody sends it twice; without a relay it stands there again."""
    refused = ["WebSocket connection to"]
    async with relay_on(0) as port:
        seen = await open_page(f"http://127.0.0.1:{port}", microphone=False, forgiven=refused)
    await seen.writes("Hello")
    await expect(seen.state).to_have_text("Connection closed")
    await expect(seen.page.get_by_label("Message")).to_have_value("Hello")
    async with relay_on(port):
        await seen.page.get_by_role("button", name="Send").dblclick()
        await expect(seen.said("assistant").first).to_contain_text("You wrote: Hello")
        await expect(seen.page.get_by_label("Message")).to_have_value("")
        await expect(seen.said("user")).to_have_count(1)


async def test_suspended_sound_is_told_and_turned_on_by_a_press(start_relay: Serve, open_page: Open) -> None:
    """A page that nobody touched makes no sound; one press on the notice, and it does."""
    relay = await start_relay()
    silenced = ["AudioContext was not allowed to start"]
    # With a microphone that is on, a browser would let it sound.
    seen = await open_page(relay.http, script=PRESSED_BY_NOBODY, forgiven=silenced, microphone=False)
    await expect(seen.notice("sound")).to_contain_text("silent until you press")
    await seen.page.get_by_role("button", name="Turn sound on").click()
    await expect(seen.notice("sound")).to_have_count(0)
    await seen.writes("Hello")
    await seen.hears_the_assistant()


async def test_plain_http_from_another_machine_has_no_microphone_but_text(
    start_relay: Serve, open_page: Open
) -> None:
    """The browser is the one that forbids it, and the page says what to do."""
    relay = await start_relay(page=True, auth=KEYS)
    seen = await open_page(f"http://relay.test:{relay.port}", microphone=False)
    await expect(seen.notice("insecure")).to_contain_text("Open it over https://")
    await seen.page.get_by_label("Key or access token").fill(KEY)
    await seen.page.get_by_role("button", name="Use it").click()
    await expect(seen.page.locator("#key-state")).to_contain_text("knows this key")
    await seen.writes("Hello")
    await expect(seen.said("assistant").first).to_contain_text("You wrote: Hello")
