"""What guardrails lean on, over real sockets: judges behind HTTP, and a recording of the operator's."""

import base64
import json
from pathlib import Path

import pytest

from tests.conversations.conftest import ServePair
from tests.conversations.service import Service, message, response, text_of, until_done
from tests.conversations.test_guardrails import spoken
from tests.effects.service import Service as Endpoint
from tests.harness import read, write

SCREENED = """
[profiles.screened]
base = "open"
hosts = ["{host}"]
[profiles.screened.guardrails]
user_text = [{{ url = "http://{host}/judge", headers = {{ x-judge = "canary-secret" }} }}]
"""

ANSWERS: list[tuple[int, str, list[str]]] = [
    # status, body, and what of the text reaches the service
    (200, '{"allowed": true}', ["Hello."]),
    (200, '{"allowed": false}', []),
    (200, "canary-nonsense", []),
    (500, '{"allowed": true}', []),
]


@pytest.mark.parametrize(("status", "body", "passed"), ANSWERS)
async def test_a_judge_behind_http(
    serve_pair: ServePair, endpoint: Endpoint, status: int, body: str, passed: list[str]
) -> None:
    """A plain yes lets a text pass, and nothing else does; the judge is told what kind of text it is."""
    endpoint.answer("/judge", status=status, text=body)
    pair = await serve_pair(SCREENED.format(host=endpoint.host))
    heard: list[str] = []

    async def script(service: Service) -> None:
        await service.greet()
        while (event := await service.read())["type"] != "response.create":
            heard.append(event["item"]["content"][0]["text"])
        await service.say(*response("resp_1", message("item_1", "Fine.")))
        await service.wait_closed()

    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello."}]}
    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "conversation.item.create", "event_id": "mine", "item": item})
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    assert heard == passed
    assert [event["error"]["event_id"] for event in events if event["type"] == "error"] == ["mine"] * (not passed)
    (seen,) = endpoint.seen
    assert json.loads(seen.body) == {"kind": "user_text", "text": "Hello."}
    assert seen.headers["x-judge"] == "canary-secret"
    assert "canary" not in json.dumps(events)


RECORDED = """
[profiles.recorded]
base = "open"
[profiles.recorded.guardrails]
replacement = "Let us talk about something else."
replacement_audio = "sorry.pcm"
user_speech = [{ python = "tests.conversations.tooling:decent" }]
"""
AUDIO = {"ga": "response.output_audio.delta", "preview": "response.audio.delta"}
TRANSCRIPT = {"ga": "response.output_audio_transcript.delta", "preview": "response.audio_transcript.delta"}


async def test_a_recording_is_played_in_place_of_what_is_blocked(serve_pair: ServePair, tmp_path: Path) -> None:
    """Sample by sample, in the client's own events, with the words beside it."""
    recording = bytes(range(250)) * 60
    (tmp_path / "sorry.pcm").write_bytes(recording)
    pair = await serve_pair(RECORDED)

    async def script(service: Service) -> None:
        await service.begin()
        await service.say(*spoken("this is blocked"))
        await service.hear("conversation.item.delete")
        await service.say({"type": "conversation.item.deleted", "item_id": "item_1"})
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        events = await until_done(client)
    played = [base64.b64decode(event["delta"]) for event in events if event["type"] == AUDIO[pair.client]]
    assert b"".join(played) == recording
    (words,) = [event["delta"] for event in events if event["type"] == TRANSCRIPT[pair.client]]
    assert words == text_of(events[-1]) == "Let us talk about something else."
    assert "blocked" not in json.dumps(events)
