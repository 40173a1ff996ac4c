"""With user authentication: the page asks for the user's key, and connects with a ticket for each connection."""

from playwright.async_api import Request, WebSocket, expect

from app.auth.static_keys import hash_key
from tests.harness import KEY, Serve
from tests.page.browsing import BROWSER, Open, Opened

pytestmark = BROWSER

TOO_MANY = ["the server responded with a status of 429"]
UNKNOWN = ["the server responded with a status of 401"]


async def enters(seen: Opened, key: str) -> None:
    """Type a key, and use it."""
    await seen.page.get_by_label("Key or access token").fill(key)
    await seen.page.get_by_role("button", name="Use it").click()


async def test_a_ticket_opens_the_connection_and_never_the_key(start_relay: Serve, open_page: Open) -> None:
    """The key goes to two paths of the relay in a header, and the page keeps it nowhere."""
    relay = await start_relay(page=True, auth={"keys": {"alice": f"{hash_key(KEY)};profiles=locked"}})
    seen = await open_page(relay.http, microphone=False)
    asked: list[Request] = []
    sockets: list[WebSocket] = []
    seen.page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - it must be a function of ours
    seen.page.on("websocket", lambda websocket: sockets.append(websocket))  # noqa: PLW0108
    await seen.talk.click()
    await expect(seen.page.locator("#key-state")).to_have_text("Enter your key first.")
    await expect(seen.page.get_by_label("Key or access token")).to_be_focused()
    await enters(seen, KEY)
    await expect(seen.page.get_by_label("Profile").locator("option")).to_have_text(["locked"])
    await seen.starts()
    await seen.writes("Hello")
    await expect(seen.said("assistant")).to_contain_text("You wrote: Hello")
    told = [
        (each.method, each.url.removeprefix(relay.http)) for each in asked if KEY in str(await each.all_headers())
    ]
    assert told == [("POST", "/page.json"), ("POST", "/v1/realtime/client_secrets")]
    assert [KEY in each.url for each in sockets] == [False]
    kept = await seen.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert KEY not in kept
    assert KEY not in await seen.page.content()


async def test_a_wrong_key_is_refused_with_the_reason(start_relay: Serve, open_page: Open) -> None:
    """In the relay's own words, and at once; the right one can follow."""
    relay = await start_relay(page=True, auth={"keys": {"alice": hash_key(KEY)}})
    seen = await open_page(relay.http, forgiven=UNKNOWN)
    await enters(seen, "rk_not-a-key")
    await expect(seen.page.locator("#key-state")).to_contain_text("Refused: This key is not known here.")
    await enters(seen, KEY)
    await expect(seen.page.locator("#key-state")).to_contain_text("knows this key")


async def test_a_refused_ticket_is_told_with_its_reason(start_relay: Serve, open_page: Open) -> None:
    """A user with too many of them is told so, and may try again."""
    relay = await start_relay(page=True, auth={"keys": {"alice": hash_key(KEY)}}, limits={"tickets_per_user": 1})
    first, second = [await open_page(relay.http, microphone=False, forgiven=TOO_MANY) for _ in range(2)]
    await enters(first, KEY)
    await enters(second, KEY)
    await first.page.evaluate("import('/static/page/relay.js').then(({ ticket }) => ticket(null))")
    await second.talk.click()
    await expect(second.notice("ending")).to_contain_text("No connection could be tried. ")
    await expect(second.notice("ending")).to_contain_text("tickets")
    await expect(second.page.get_by_role("button", name="Connect again")).to_be_visible()


async def test_a_relay_that_does_not_admit_this_page_says_so(start_relay: Serve, open_page: Open) -> None:
    """A WebSocket would only fail; the page tells the reason that the relay gave it before."""
    relay = await start_relay(page=True, origins="https://app.example", auth={"keys": {"alice": hash_key(KEY)}})
    seen = await open_page(relay.http, forgiven=["the server responded with a status of 403"])
    await expect(seen.notice("relay")).to_contain_text("This Origin may not connect.")
