"""What stands beside the conversation: the settings, and the log of events."""

from pathlib import Path

import msgspec
from playwright.async_api import expect

from tests.harness import Serve, ServedRelay, until
from tests.page.browsing import BROWSER, Open
from tests.page.test_conversation import events

pytestmark = BROWSER

PLUGGED = """
{
  const devices = [{ kind: "audioinput", deviceId: "desk", label: "Desk" }];
  navigator.mediaDevices.enumerateDevices = async () => devices;
  window.plug = (device) => {
    devices.push(device);
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
  };
}
"""
"""Microphones of the test's own."""

LONG = """
async () => {
  const [{ showWords }, { Transcript }] = await Promise.all(["page/words.js", "client/index.js"].map(
    file => import(`/static/${file}`)));
  const [client, transcript] = [new EventTarget(), new Transcript()];
  showWords(client);
  const say = event => client.dispatchEvent(
    new CustomEvent("transcript", { detail: { entry: transcript.apply(event), transcript } }));
  for (const many of [300, 400]) {
    say({ type: "session.created", session: {} });
    for (let n = 0; n < many; n++) {
      const content = [{ type: "input_text", text: `Message ${n}` }];
      say({ type: "conversation.item.added", item: { id: `item_${n}`, type: "message", role: "user", content } });
    }
  }
}
"""
"""Two sessions of a service that counts its items from 0 in each."""

NOBODY_WRITES = """
default = "spoken"

[profiles.spoken.gate]
client = ["session.update", "input_audio_buffer.append", "response.create"]
"""


async def test_a_voice_goes_to_the_service_until_the_assistant_has_spoken(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """Then a new one waits for the next connection, since the service would refuse it."""
    seen = await open_page(slow_relay.http, microphone=False)
    await seen.page.get_by_label("Voice").select_option("marin")
    await seen.writes("Hello")
    await until(lambda: "marin" in voices(said))
    await expect(seen.said("assistant").first).to_contain_text("You wrote: Hello")
    await seen.page.get_by_label("Voice").select_option("echo")
    assert "echo" not in voices(said)
    await seen.page.get_by_role("button", name="End", exact=True).click()
    await seen.starts()
    await until(lambda: "echo" in voices(said))
    await expect(seen.notice("refused")).to_have_count(0)


async def test_the_default_voice_can_be_chosen_again(
    slow_relay: ServedRelay, said: list[bytes], open_page: Open
) -> None:
    """It comes with the next connection; a voice that is chosen in a new session goes to the service at once."""
    seen = await open_page(slow_relay.http, microphone=False)
    voice = seen.page.get_by_label("Voice")
    await voice.select_option("marin")
    await seen.writes("Hello")
    await expect(seen.said("assistant").first).to_contain_text("You wrote: Hello")
    assert voices(said) == ["marin"]
    await voice.select_option("")
    await seen.page.get_by_role("button", name="End", exact=True).click()
    await seen.starts()
    await until(lambda: len(events(said, "session.update")) == 2)
    assert voices(said) == ["marin"]
    await voice.select_option("echo")
    await until(lambda: voices(said) == ["marin", "echo"])


def voices(said: list[bytes]) -> list[str]:
    """Return the voices that the service was asked for."""
    sessions = [each["session"] for each in events(said, "session.update")]
    return [each["audio"]["output"]["voice"] for each in sessions if "output" in each.get("audio", {})]


async def test_of_a_long_conversation_the_last_is_shown(start_relay: Serve, open_page: Open) -> None:
    """As much as the transcript keeps, of two sessions, whatever ids they use."""
    seen = await open_page((await start_relay()).http, microphone=False)
    await seen.page.evaluate(LONG)
    await expect(seen.page.locator("#transcript > .said")).to_have_count(500)
    await expect(seen.said("user").first).to_have_text("Message 200")
    await expect(seen.said("user").last).to_have_text("Message 399")
    await expect(seen.page.locator("#transcript > .anew + .said")).to_have_text("YouMessage 0")


async def test_another_profile_connects_anew_under_its_rules(start_relay: Serve, open_page: Open) -> None:
    """The session that ran ends, and the next one has the profile that was chosen."""
    relay = await start_relay()
    seen = await open_page(relay.http, microphone=False)
    await seen.starts()
    async with seen.page.expect_websocket() as dialled:
        await seen.page.get_by_label("Profile").select_option("locked")
    assert "profile=locked" in (await dialled.value).url
    await expect(seen.state).to_have_text("Connected")
    await until(lambda: len(relay.parts.sessions) == 1)


async def test_the_microphones_have_names_once_one_is_allowed(start_relay: Serve, open_page: Open) -> None:
    """Any of them can be chosen while one talks; the conversation goes on."""
    seen = await open_page((await start_relay()).http)
    await seen.starts()
    device = seen.page.get_by_label("Microphone", exact=True)
    await expect(device.locator("option").nth(1)).to_contain_text("Fake")
    await device.select_option(index=1)
    await expect(seen.talk).to_contain_text("Mute")
    await expect(seen.page.locator("#turn")).to_have_text("You are speaking")


async def test_the_list_of_microphones_follows_what_is_plugged_in(start_relay: Serve, open_page: Open) -> None:
    """While the page is open, and without a press."""
    seen = await open_page((await start_relay()).http, script=PLUGGED)
    device = seen.page.get_by_label("Microphone", exact=True)
    await expect(device.locator("option")).to_have_text(["The system's choice", "Desk"])
    await seen.page.evaluate("plug({ kind: 'audioinput', deviceId: 'headset', label: 'Headset' })")
    await expect(device.locator("option")).to_have_text(["The system's choice", "Desk", "Headset"])


async def test_the_log_has_every_event_but_not_its_sound(start_relay: Serve, open_page: Open) -> None:
    """Pieces of a stream share a row, which says how many they were and shows no audio; a filter hides others."""
    seen = await open_page((await start_relay()).http, microphone=False)
    await seen.writes("Hello")
    await expect(seen.logged("response.done")).to_be_visible()
    sound = seen.logged("response.output_audio.delta").first
    await expect(sound).to_contain_text("response.output_audio.delta × ")  # noqa: RUF001 - that many times
    await sound.locator("summary").click()
    await expect(sound.locator("pre")).to_contain_text("bytes of audio)")
    await seen.page.get_by_label("Filter events").fill("session.created")
    await expect(seen.page.locator("#log li")).to_have_count(1)
    await expect(seen.page.locator("#log-told")).to_contain_text("1 of")


async def test_the_log_has_the_sound_that_goes_out_in_one_row(start_relay: Serve, open_page: Open) -> None:
    """Counted, and not shown."""
    seen = await open_page((await start_relay()).http)
    await seen.starts()
    sound = seen.logged("input_audio_buffer.append").first
    await expect(sound).to_contain_text("input_audio_buffer.append × ")  # noqa: RUF001 - that many times
    await sound.locator("summary").click()
    await expect(sound.locator("pre")).to_contain_text('"audio": "(2400 bytes of audio)"')


async def test_the_log_can_be_held_copied_and_emptied(start_relay: Serve, open_page: Open) -> None:
    """What comes meanwhile is kept; a copy is one JSON text a line, as the log shows it."""
    relay = await start_relay()
    seen = await open_page(relay.http, microphone=False)
    await seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=relay.http)
    await seen.starts()
    await expect(seen.logged("session.created")).to_have_count(1)
    await seen.page.get_by_role("button", name="Pause").click()
    await seen.writes("Hello")
    await expect(seen.said("assistant").first).to_contain_text("Hello")
    await expect(seen.logged("response.done")).to_have_count(0)
    await seen.page.get_by_role("button", name="Pause").click()
    await expect(seen.logged("response.done")).to_have_count(1)
    await seen.page.get_by_role("button", name="Copy").click()
    await expect(seen.page.locator("#log-told")).to_contain_text("rows copied")
    copied = await seen.page.evaluate("navigator.clipboard.readText()")
    lines = [msgspec.json.decode(line) for line in copied.splitlines()]
    assert lines[0]["event"]["type"] == "session.created"
    assert {line["direction"] for line in lines} == {"in", "out"}
    assert all(len(line) < 5000 for line in copied.splitlines())
    await seen.page.get_by_role("button", name="Clear").click()
    await expect(seen.page.locator("#log li")).to_have_count(0)


async def test_what_is_refused_is_marked_where_it_was_sent(
    start_relay: Serve, open_page: Open, tmp_path: Path
) -> None:
    """By a word and not by colour alone; a notice says why."""
    file = tmp_path / "profiles.toml"
    file.write_text(NOBODY_WRITES)
    seen = await open_page((await start_relay(profiles_file=file)).http, microphone=False)
    await seen.writes("Hello")
    refused = seen.page.locator("#log li[data-refused]")
    await expect(refused.filter(has_text="conversation.item.create ✕ refused:")).to_have_count(1)
    await expect(refused.filter(has_text="error ✕")).to_have_count(1)
    await expect(seen.notice("refused")).to_contain_text("Refused (conversation.item.create)")
    await seen.page.get_by_role("button", name="Dismiss").click()
    await expect(seen.notice("refused")).to_have_count(0)
