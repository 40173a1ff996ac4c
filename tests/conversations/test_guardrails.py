"""Guardrails over real sockets: what is blocked reaches nobody, and what is not is as it would be without them."""

import asyncio
import json

import pytest

from tests.conversations.conftest import Pair, ServePair
from tests.conversations.service import Event, Service, message, response, text_of, until_done, until_type
from tests.harness import PATIENCE, read, write

SORRY = "Let us talk about something else."
CAREFUL = f"""
[profiles.careful]
base = "open"
[profiles.careful.guardrails]
replacement = "{SORRY}"
user_speech = [{{ python = "tests.conversations.tooling:decent" }}]
user_text = [{{ python = "tests.conversations.tooling:of_alice" }}]
model_output = [{{ python = "tests.conversations.tooling:decent" }}]
hold_output = true
"""


@pytest.fixture
async def pair(serve_pair: ServePair) -> Pair:
    """Two who converse through a relay with all three kinds of judges."""
    return await serve_pair(CAREFUL)


TRANSCRIBED = "conversation.item.input_audio_transcription"


def spoken(words: str) -> list[Event]:
    """Return what a service says of a turn of the user's, with its transcript."""
    item = {"id": "item_1", "type": "message", "role": "user", "status": "completed"}
    heard = {**item, "content": [{"type": "input_audio", "transcript": None}]}
    about = {"item_id": "item_1", "content_index": 0}
    usage = {"type": "duration", "seconds": 1}
    return [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_1"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "item_1"},
        {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "item_1"},
        {"type": "conversation.item.added", "previous_item_id": None, "item": heard},
        {"type": "conversation.item.done", "previous_item_id": None, "item": heard},
        {"type": f"{TRANSCRIBED}.delta", **about, "delta": words},
        {"type": f"{TRANSCRIBED}.completed", **about, "transcript": words, "usage": usage},
    ]


async def test_speech_that_is_blocked_is_deleted_and_answered_by_the_profile(pair: Pair) -> None:
    """Its transcript reaches nobody, the model never answers it, and the user is not left without an answer."""
    deleted = asyncio.Queue[Event]()

    async def script(service: Service) -> None:
        hearing = (await service.begin())["audio"]["input"]
        assert hearing["turn_detection"]["create_response"] is False
        assert hearing["transcription"]["model"]
        await service.say(*spoken("this is blocked"))
        deleted.put_nowait(await service.read())
        await service.say({"type": "conversation.item.deleted", "item_id": "item_1"})
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        events = await until_done(client)
        async with asyncio.timeout(PATIENCE):
            deletion = await deleted.get()
    assert (deletion["type"], deletion["item_id"]) == ("conversation.item.delete", "item_1")
    assert "blocked" not in json.dumps(events)
    assert text_of(events[-1]) == SORRY


async def test_speech_that_passes_is_answered_once(pair: Pair) -> None:
    """The relay asks for the answer that the service would have begun by itself."""

    async def script(service: Service) -> None:
        await service.begin()
        await service.say(*spoken("this is fine"))
        assert (await service.read())["type"] == "response.create"
        await service.say(*response("resp_1", message("item_2", "Fine.")))
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        events = await until_done(client)
    kinds = [event["type"] for event in events]
    assert "this is fine" in json.dumps(events)
    assert kinds.index(f"{TRANSCRIBED}.completed") < kinds.index("response.created")
    assert text_of(events[-1]) == "Fine."


DETECTION = {"type": "server_vad", "create_response": False}
ANSWERING_ITSELF = {
    "ga": {"type": "realtime", "audio": {"input": {"turn_detection": DETECTION}}},
    "preview": {"turn_detection": DETECTION},
}


async def test_a_client_that_asks_for_its_answers_itself_is_not_answered_unasked(pair: Pair) -> None:
    """`create_response` false is the client's word: what passes then is heard, and left unanswered."""
    following = asyncio.Queue[str]()

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("session.update")
        await service.say(*spoken("this is fine"))
        following.put_nowait((await service.read())["type"])
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "session.update", "session": ANSWERING_ITSELF[pair.client]})
        await until_type(client, f"{TRANSCRIBED}.completed")
        await write(client, {"type": "input_audio_buffer.clear"})
        async with asyncio.timeout(PATIENCE):
            assert await following.get() == "input_audio_buffer.clear"


async def test_output_that_is_blocked_never_reaches_the_client(pair: Pair) -> None:
    """Held until it is judged, deleted upstream, and replaced; the next answer is as ever."""
    deleted = asyncio.Queue[Event]()

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        await service.say(*response("resp_1", message("item_1", "Something blocked.")))
        deleted.put_nowait(await service.hear("conversation.item.delete"))
        await service.say({"type": "conversation.item.deleted", "item_id": "item_1"})
        await service.hear("response.create")
        await service.say(*response("resp_2", message("item_2", "Something fine.")))
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        first = await until_done(client)
        async with asyncio.timeout(PATIENCE):
            assert (await deleted.get())["item_id"] == "item_1"
        await write(client, {"type": "response.create"})
        second = await until_done(client)
    assert "blocked" not in json.dumps([first, second])
    assert text_of(first[-1]) == SORRY
    assert text_of(second[-1]) == "Something fine."


def written(text: str, event_id: str) -> Event:
    """Return what a client sends to write a message."""
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    return {"type": "conversation.item.create", "event_id": event_id, "item": item}


async def test_text_that_is_blocked_is_refused(pair: Pair) -> None:
    """The client learns which event it was; what it writes next goes on, in order. The judge knows whose it is."""
    heard: list[Event] = []

    async def script(service: Service) -> None:
        await service.begin()
        heard.append(await service.hear("conversation.item.create"))
        heard.append(await service.hear("response.create"))
        await service.say(*response("resp_1", message("item_1", "Fine.")))
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, written("This is blocked.", "first"))
        await write(client, written("This is fine.", "second"))
        await write(client, {"type": "response.create"})
        refusal = await read(client)
        events = await until_done(client)
    assert (refusal["type"], refusal["error"]["event_id"]) == ("error", "first")
    assert "blocked." not in json.dumps(refusal)
    assert heard[0]["event_id"] == "second"
    assert text_of(events[-1]) == "Fine."
