"""The client on somebody's page, in a browser: it talks, is interrupted, is refused, and comes back."""

import base64
from typing import Any

from playwright.async_api import Browser

from app.protocol.frame import Append, from_client
from tests.harness import KEY, until
from tests.page.browsing import BROWSER, opened
from tests.page.client.conftest import INSECURE, OpenClient, ServeOn, ticket

pytestmark = BROWSER

BATCH = 2 * 24 * 50
"""Bytes of a batch: 50 ms of PCM16 at 24 kHz."""

SPEECH = {"audio": {"input": {"transcription": {"model": "whisper-1"}}}}
LOST = ["WebSocket connection to"]


def appends(said: list[bytes]) -> list[bytes]:
    """Return the audio of what the service was sent so far, batch by batch; each was spelt canonically."""
    frames = [frame for frame in map(from_client, said) if frame.type == "input_audio_buffer.append"]
    assert all(isinstance(frame, Append) for frame in frames)
    return [base64.b64decode(frame.event["audio"]) for frame in frames]


async def test_a_spoken_conversation_is_heard_timed_and_written_down(
    relay_port: int, open_client: OpenClient, said: list[bytes]
) -> None:
    """A tone of voice goes out in whole batches, another one comes back; who speaks into it interrupts it."""
    seen = await open_client(relay_port, session=SPEECH)
    assert (await seen.page.evaluate("connect()")).startswith("sess_")
    await seen.page.evaluate("client.startMicrophone()")
    await seen.hears_the_assistant()
    assert await seen.page.evaluate("client.inputLevel >= 0 && client.speaking")
    assert {len(batch) for batch in appends(said)} == {BATCH}

    interrupted = (await seen.until("told.interrupted"))[0]
    truncated = (await seen.until("told['conversation.item.truncated']"))[0]
    sent = await seen.page.evaluate("told.sent.filter(({ type }) => type === 'conversation.item.truncate')")
    assert [sent[0]["audio_end_ms"], sent[0]["item_id"]] == [interrupted["audioEndMs"], interrupted["itemId"]]
    assert 0 < interrupted["audioEndMs"] <= interrupted["receivedMs"]
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (interrupted["itemId"], interrupted["audioEndMs"])
    assert interrupted["audioEndMs"] == await seen.page.evaluate("id => client.played(id)", interrupted["itemId"])

    entries = await seen.page.evaluate("client.transcript.entries")
    assert [entry["kind"] for entry in entries[:2]] == ["user", "assistant"]
    assert "(speech of" in entries[0]["text"]
    assert entries[1]["interrupted"]
    kinds = {each["kind"] for each in await seen.page.evaluate("told.latency")}
    assert kinds == {"first-byte", "first-heard", "round-trip"}
    assert await seen.page.evaluate("told.refused") is None
    assert await seen.page.evaluate("client.stats.droppedBatches") == 0


async def test_push_to_talk_commits_what_was_said_and_clears_what_was_too_short(
    relay_port: int, open_client: OpenClient, said: list[bytes]
) -> None:
    """Between turns the service hears nothing; a turn is answered aloud."""
    seen = await open_client(relay_port, mode="push-to-talk")
    await seen.page.evaluate("connect()")
    await seen.page.evaluate("client.startMicrophone()")
    await seen.until("client.session.audio.input.turn_detection === null && client.inputLevel > 0")
    assert appends(said) == []

    assert await seen.page.evaluate("client.beginTalking() && client.endTalking()") == "too-short"
    assert await seen.page.evaluate("client.beginTalking() && !client.beginTalking()")
    already = len(appends(said))
    await until(lambda: len(appends(said)) >= already + 4)
    assert await seen.page.evaluate("client.endTalking()") == "committed"
    await seen.hears_the_assistant()
    talk = await seen.page.evaluate("told.talk.map(({ state }) => state)")
    assert talk == ["talking", "too-short", "talking", "committed"]
    assert await seen.page.evaluate("told.talk.at(-1).ms") >= 200
    await seen.until("told.latency?.some(({ kind }) => kind === 'first-heard')")
    assert await seen.page.evaluate("told['input_audio_buffer.committed'].length") == 1
    assert await seen.page.evaluate("told.refused") is None

    count = len(appends(said))
    await seen.page.evaluate("client.setMode('voice')")
    await seen.until("client.session.audio.input.turn_detection?.type === 'server_vad'")
    await until(lambda: len(appends(said)) > count)


async def test_muted_it_sends_silence_and_the_service_goes_on_hearing(
    relay_port: int, open_client: OpenClient, said: list[bytes]
) -> None:
    """Turn detection wants to hear that nothing is said."""
    seen = await open_client(relay_port)
    await seen.page.evaluate("connect()")
    await seen.page.evaluate("client.startMicrophone()")
    await seen.until("client.inputLevel > 0.05")
    await seen.page.evaluate("client.mute()")
    await until(lambda: appends(said)[-8:] == [bytes(BATCH)] * 8)
    assert await seen.page.evaluate("client.muted && client.microphoneOn && client.inputLevel") == 0
    await seen.page.evaluate("client.unmute()")
    await seen.until("client.inputLevel > 0.05")
    assert await seen.page.evaluate("told.microphone.map(({ state, muted }) => `${state} ${muted}`)") == [
        "on false",
        "on true",
        "on false",
    ]


async def test_it_comes_back_when_the_relay_does_with_microphone_and_wishes(
    relay_on: ServeOn, open_client: OpenClient, said: list[bytes]
) -> None:
    """Another session on the same port, with another ticket; the microphone was never closed."""
    async with relay_on() as port:
        seen = await open_client(port, forgiven=LOST, session={"instructions": "Be brief."})
        first = await seen.page.evaluate("connect()")
        await seen.page.evaluate("client.startMicrophone()")
        await seen.until("client.stats.sentBatches > 2")
    ending = await seen.until("told.state.find(({ state }) => state === 'reconnecting')?.ending")
    assert (ending["code"], ending["automatic"]) == (1012, True)
    async with relay_on(port):
        await seen.until("client.state === 'open'")
        assert await seen.page.evaluate("client.session.id") != first
        count = len(appends(said))
        await until(lambda: len(appends(said)) > count + 5)
        await seen.until("told.session.filter(({ event }) => event.type === 'session.updated').length === 2")
        assert await seen.page.evaluate("told.microphone.length") == 1
        states = await seen.page.evaluate("told.state.map(({ state }) => state)")
        assert states[:3] == ["connecting", "open", "reconnecting"]
        assert await seen.page.evaluate("client.transcript.entries.every(({ session }) => session <= 2)")
        await seen.page.evaluate("client.close()")
        assert await seen.page.evaluate("[client.state, client.microphoneOn, client.audioState]") == [
            "closed",
            False,
            "closed",
        ]


async def test_refusals_are_told_with_what_they_refuse(relay_port: int, open_client: OpenClient) -> None:
    """Of an event, with the event; of the connection, with its ending in words."""
    seen = await open_client(relay_port)
    await seen.page.evaluate("connect()")
    event_id = await seen.page.evaluate("client.send({ type: 'conversation.item.delete', item_id: 'nobody' })")
    refused = (await seen.until("told.refused"))[0]
    assert refused["event"] == {"type": "conversation.item.delete", "item_id": "nobody", "event_id": event_id}
    assert refused["error"]["code"] == "item_delete_invalid_item_id"
    await seen.page.evaluate("client.sendText('Hello')")
    await seen.hears_the_assistant()
    written: Any = await seen.page.evaluate("client.transcript.entries[0]")
    assert (written["kind"], written["text"], written["final"]) == ("user", "Hello", True)

    stranger = await open_client(relay_port, key="ek_nobody", forgiven=LOST)
    outcome = await stranger.page.evaluate("connect()")
    assert (outcome["name"], outcome["code"], outcome["error"]) == ("EndedError", 3000, "ticket_unusable")
    assert outcome["message"] == "The credential is missing, unknown, used up or expired."
    assert await stranger.page.evaluate("[client.state, client.ending.retry]") == ["closed", False]
    assert await stranger.page.evaluate("told.refused") is None


async def test_a_denied_microphone_is_told_in_words_and_text_goes_on(
    relay_port: int, open_client: OpenClient
) -> None:
    """The error is the caller's, and everybody's who listens."""
    seen = await open_client(relay_port, microphone=False)
    await seen.page.evaluate("connect()")
    attempt = "client.startMicrophone().catch(({ name, message }) => ({ name, message }))"
    problem = await seen.page.evaluate(attempt)
    assert problem["name"] == "NotAllowedError"
    assert problem["message"].startswith("The use of the microphone is denied.")
    assert await seen.page.evaluate("told.microphone") == [
        {"state": "failed", "muted": False, "deviceId": "", "label": "", "error": problem}
    ]
    await seen.page.evaluate("client.sendText('Hello')")
    await seen.hears_the_assistant()


async def test_a_page_that_is_not_secure_has_no_sound_and_no_microphone_but_text(
    relay_port: int, open_client: OpenClient
) -> None:
    """The browser withholds both; each is told in words, and the session is there all the same."""
    seen = await open_client(relay_port, host=INSECURE, microphone=False)
    assert (await seen.page.evaluate("connect()")).startswith("sess_")
    failed = (await seen.until("told.audio"))[-1]
    assert (failed["state"], failed["error"]["name"]) == ("failed", "InsecureContext")
    problem = await seen.page.evaluate("client.startMicrophone().catch(({ message }) => message)")
    assert problem == "There is no microphone here: the page must come by https, or from localhost."
    await seen.page.evaluate("client.sendText('Hello')")
    await seen.until("client.transcript.entries[1]?.text.includes('You wrote: Hello') && !client.speaking")


async def test_a_network_that_takes_nothing_costs_audio_and_not_memory(
    relay_port: int, open_client: OpenClient
) -> None:
    """With a bound that nothing keeps, every batch is dropped, and told."""
    seen = await open_client(relay_port, maxBufferedBytes=-1)
    await seen.page.evaluate("connect()")
    await seen.page.evaluate("client.startMicrophone()")
    dropped = (await seen.until("told.dropped"))[0]
    assert dropped == {"batches": 1, "total": 1, "bufferedAmount": 0}
    assert await seen.page.evaluate("client.stats.sentBatches") == 0


UNTOUCHED = """
// What a test runs later counts as a user's gesture; what the page does while it loads does not.
window.atOnce = { url: URL };
window.ticket = () => new Promise(resolve => { window.give = resolve; });
"""


async def test_sound_that_the_browser_holds_back_is_told_and_begins_with_a_gesture(
    relay_port: int, site: str, browser: Browser
) -> None:
    """The session begins all the same, and what it says waits."""
    script = UNTOUCHED.replace("URL", f"'http://127.0.0.1:{relay_port}/v1/realtime'")
    held = ["AudioContext was not allowed to start"]
    url = f"{site}/index.html"
    async with opened(browser, url, microphone=False, forgiven=held, script=script) as seen:
        await seen.until("told.audio?.[0].state === 'suspended'")
        await seen.page.evaluate("value => give(value)", await ticket(relay_port, KEY))
        await seen.until("client.state === 'open'")
        await seen.page.evaluate("client.sendText('Hello')")
        await seen.until("told['response.done']")
        assert await seen.page.evaluate("[client.audioState, client.speaking]") == ["suspended", True]
        assert await seen.page.evaluate("told.playback") is None
        await seen.page.evaluate("client.resumeAudio()")
        await seen.hears_the_assistant()
        states = await seen.page.evaluate("told.audio.map(({ state }) => state)")
        assert states == ["suspended", "running"]
