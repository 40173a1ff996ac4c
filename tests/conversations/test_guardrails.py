"""Guardrails over real sockets: what is blocked reaches nobody, and what is not is as it would be without them."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.conversations.service import Event, begin, hear, message, response, say, until_done
from tests.harness import PATIENCE, ScriptedUpstream, Serve, ServedRelay, read, towards, write

JUDGED = 'user_speech = [{ python = "tests.conversations.tooling:decent" }]'
WRITTEN = 'user_text = [{ python = "tests.conversations.tooling:decent" }]'
SAID = 'model_output = [{ python = "tests.conversations.tooling:decent" }]\nhold_output = true'
SORRY = "Let us talk about something else."


@pytest.fixture
async def relay(serve_relay: Serve, upstream: ScriptedUpstream, tmp_path: Path) -> ServedRelay:
    """A relay in front of the scripted upstream, with all three kinds of judges."""
    path = tmp_path / "profiles.toml"
    path.write_text(
        f'[profiles.careful]\nbase = "open"\n[profiles.careful.guardrails]\nreplacement = "{SORRY}"\n'
        f"{JUDGED}\n{WRITTEN}\n{SAID}\n"
    )
    return await serve_relay(**towards(upstream, profiles_file=path))


def text_of(done: Any) -> str:
    """Return what the only output of a response says."""
    (item,) = done["response"]["output"]
    (part,) = item["content"]
    said: str = part.get("text") or part["transcript"]
    return said


def spoken(words: str) -> list[Event]:
    """Return what a service says of a turn of the user's, with its transcript."""
    item = {"id": "item_1", "type": "message", "role": "user", "status": "completed"}
    heard = {**item, "content": [{"type": "input_audio", "transcript": None}]}
    about = {"item_id": "item_1", "content_index": 0}
    kind = "conversation.item.input_audio_transcription"
    return [
        {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_1"},
        {"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "item_1"},
        {"type": "input_audio_buffer.committed", "previous_item_id": None, "item_id": "item_1"},
        {"type": "conversation.item.added", "previous_item_id": None, "item": heard},
        {"type": "conversation.item.done", "previous_item_id": None, "item": heard},
        {"type": f"{kind}.delta", **about, "delta": words},
        {"type": f"{kind}.completed", **about, "transcript": words, "usage": {"type": "duration", "seconds": 1}},
    ]


async def test_speech_that_is_blocked_is_deleted_and_answered_by_the_profile(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """Its transcript reaches nobody, the model never answers it, and the user is not left without an answer."""
    deleted = asyncio.Queue[Event]()

    async def script(connection: ServerConnection) -> None:
        hearing = (await begin(connection))["audio"]["input"]
        assert hearing["turn_detection"]["create_response"] is False
        assert hearing["transcription"]["model"]
        await say(connection, *spoken("this is blocked"))
        deleted.put_nowait(await read(connection))
        await say(connection, {"type": "conversation.item.deleted", "item_id": "item_1"})
        await connection.wait_closed()

    upstream.script = script
    async with relay.connect() as client:
        events = await until_done(client)
        async with asyncio.timeout(PATIENCE):
            deletion = await deleted.get()
    assert (deletion["type"], deletion["item_id"]) == ("conversation.item.delete", "item_1")
    assert "blocked" not in json.dumps(events)
    assert text_of(events[-1]) == SORRY


async def test_speech_that_passes_is_answered_once(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """The relay asks for the answer that the service would have begun by itself."""

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        await say(connection, *spoken("this is fine"))
        assert (await read(connection))["type"] == "response.create"
        await say(connection, *response("resp_1", message("item_2", "Fine.")))
        await connection.wait_closed()

    upstream.script = script
    async with relay.connect() as client:
        events = await until_done(client)
    kinds = [event["type"] for event in events]
    assert "this is fine" in json.dumps(events)
    assert kinds.index("conversation.item.input_audio_transcription.completed") < kinds.index("response.created")
    assert text_of(events[-1]) == "Fine."


async def test_output_that_is_blocked_never_reaches_the_client(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """Held until it is judged, deleted upstream, and replaced; the next answer is as ever."""
    deleted = asyncio.Queue[Event]()

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        await hear(connection, "response.create")
        await say(connection, *response("resp_1", message("item_1", "Something blocked.")))
        deleted.put_nowait(await hear(connection, "conversation.item.delete"))
        await say(connection, {"type": "conversation.item.deleted", "item_id": "item_1"})
        await hear(connection, "response.create")
        await say(connection, *response("resp_2", message("item_2", "Something fine.")))
        await connection.wait_closed()

    upstream.script = script
    async with relay.connect() as client:
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


async def test_text_that_is_blocked_is_refused(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """The client learns which event it was; what it writes next goes on, in order."""
    heard: list[Event] = []

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        heard.append(await hear(connection, "conversation.item.create"))
        heard.append(await hear(connection, "response.create"))
        await say(connection, *response("resp_1", message("item_1", "Fine.")))
        await connection.wait_closed()

    def written(text: str, event_id: str) -> Event:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
        return {"type": "conversation.item.create", "event_id": event_id, "item": item}

    upstream.script = script
    async with relay.connect() as client:
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
