"""Tests of the input audio buffer, played against a session."""

import base64
from typing import Any

import pytest

from app.simulator.session_object import Opening
from tests.simulator.playing import (
    GA,
    GA_TRANSCRIPTION,
    PREVIEW,
    PREVIEW_TRANSCRIPTION,
    Play,
    audio,
    silence,
    speech,
)

SILENT_ANSWER = {"create_response": False, "type": "server_vad"}


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def without_detection(opening: Opening = GA) -> Play:
    play = Play(opening)
    if opening.generation == "ga":
        play.update(audio={"input": {"turn_detection": None}})
    else:
        play.update(turn_detection=None)
    return play


@pytest.mark.parametrize("opening", [GA, PREVIEW])
def test_a_manual_turn(opening: Opening) -> None:
    """Without detection nothing is said to audio; a commit makes an item of it, and starts no response."""
    play = without_detection(opening)
    assert play.hear(speech()) == []
    events = play.send("input_audio_buffer.commit")
    items = {
        "ga": ["conversation.item.added", "conversation.item.done"],
        "preview": ["conversation.item.created"],
    }
    assert types(events) == ["input_audio_buffer.committed", *items[opening.generation]]
    assert events[0]["item_id"] == events[1]["item"]["id"]
    assert events[1]["item"]["content"] == [{"type": "input_audio", "transcript": None}]
    [retrieved] = play.send("conversation.item.retrieve", item_id=events[0]["item_id"])
    assert base64.b64decode(retrieved["item"]["content"][0]["audio"]) == speech()


def test_too_little_is_no_commit() -> None:
    """A commit needs 100 ms of audio, and says how much there is."""
    play = without_detection()
    play.hear(silence(99))
    [error] = play.send("input_audio_buffer.commit", event_id="mine")
    assert error["error"] == {
        "type": "invalid_request_error",
        "code": "input_audio_buffer_commit_empty",
        "message": "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but"
        " buffer only has 99.00ms of audio.",
        "param": None,
        "event_id": "mine",
    }
    play.hear(silence(1))
    assert len(play.send("input_audio_buffer.commit")) == 3
    assert play.refused("input_audio_buffer.commit")[0] == "input_audio_buffer_commit_empty"


def test_clearing_empties() -> None:
    """What is cleared is no turn, even where somebody was speaking; offsets go on all the same."""
    play = Play()
    assert types(play.hear(speech())) == ["input_audio_buffer.speech_started"]
    assert types(play.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert play.hear(silence(1000)) == []
    [started] = play.hear(speech())
    assert started["audio_start_ms"] == (len(speech()) // 48 + 1000 - 300) // 20 * 20


@pytest.mark.parametrize("data", ["", "AAA", audio(b"\0")])
def test_what_is_no_audio_is_refused(data: str) -> None:
    """Base64 that is none, an empty append and half a sample are refused, and nothing is heard."""
    play = Play()
    assert play.refused("input_audio_buffer.append", audio=data) == ("invalid_value", "audio")


@pytest.mark.parametrize(
    ("opening", "kinds"),
    [
        (GA, ["conversation.item.added", "conversation.item.done"]),
        (PREVIEW, ["conversation.item.created"]),
        (GA_TRANSCRIPTION, ["conversation.item.added", "conversation.item.done"]),
        (PREVIEW_TRANSCRIPTION, ["conversation.item.created"]),
    ],
)
def test_a_detected_turn(opening: Opening, kinds: list[str]) -> None:
    """Detection tells start, end and commit of a turn; all of them name the item that it becomes."""
    play = Play(opening)
    events = play.hear(silence(1000), speech(), silence(400))
    turn = events[: 3 + len(kinds)]
    assert types(turn) == [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        *kinds,
    ]
    assert {event.get("item_id") or event["item"]["id"] for event in turn} == {turn[0]["item_id"]}
    assert turn[0]["audio_start_ms"] == 700
    [retrieved] = play.send("conversation.item.retrieve", item_id=turn[0]["item_id"])
    kept = base64.b64decode(retrieved["item"]["content"][0]["audio"])
    assert len(kept) == (turn[1]["audio_end_ms"] - 700) * 48
    assert speech()[:48000] in kept


def test_the_next_turn_begins_after_the_last() -> None:
    """Two turns are two items, and the audio of neither holds the other's."""
    play = Play()
    play.update(audio={"input": {"turn_detection": SILENT_ANSWER}})
    events = play.hear(speech(), silence(400), speech(), silence(400))
    committed = [event for event in events if event["type"] == "input_audio_buffer.committed"]
    assert [event["previous_item_id"] for event in committed] == [None, committed[0]["item_id"]]


@pytest.mark.parametrize("logprobs", [True, False])
def test_transcripts_come_when_asked_for(logprobs: bool) -> None:  # noqa: FBT001 - a table's column
    """With transcription a turn gets deltas and a whole transcript; log probabilities where they are included."""
    play = Play(GA_TRANSCRIPTION)
    include = ["item.input_audio_transcription.logprobs"] if logprobs else None
    play.update(audio={"input": {"transcription": {"model": "my-whisper"}}}, include=include)
    delta, completed = play.hear(speech(), silence(400))[-2:]
    assert delta["type"] == "conversation.item.input_audio_transcription.delta"
    assert completed["type"] == "conversation.item.input_audio_transcription.completed"
    assert completed["transcript"] == delta["delta"] == "(speech of 2.1 seconds)"
    assert completed["usage"]["type"] == "duration"
    tokens = [each["token"] for each in completed["logprobs"] or []]
    assert "".join(tokens) == (completed["transcript"] if logprobs else "")
    [retrieved] = play.send("conversation.item.retrieve", item_id=completed["item_id"])
    assert retrieved["item"]["content"][0]["transcript"] == completed["transcript"]


def test_silence_times_out() -> None:
    """With an idle time-out, silence after the answer becomes a turn of its own and is answered, once."""
    play = Play()
    play.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000}}})
    play.hear(speech(), silence(400))
    first = play.let_pass(4)
    assert first[-1]["type"] == "rate_limits.updated"
    play.hear(silence(9000))
    length = sum(len(base64.b64decode(e["delta"])) for e in first if e["type"] == "response.output_audio.delta")
    before = 6 + length / 48000 - 4 - 0.1
    assert play.let_pass(before) == []
    events = play.let_pass(0.2)
    assert types(events)[:5] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
    ]
    assert events[0]["audio_end_ms"] - events[0]["audio_start_ms"] == 6000
    assert events[0]["item_id"] == events[1]["item_id"] == events[2]["item"]["id"]


def test_nobody_times_out_while_somebody_speaks() -> None:
    """Speech that has begun is no silence, and before the first answer nothing is timed."""
    play = Play()
    play.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}})
    assert play.let_pass(100) == []
    play.ask("hello")
    play = Play()
    play.update(audio={"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}})
    play.write("hello")
    play.send("response.create")
    play.let_pass(1)
    play.hear(speech())
    assert play.let_pass(100) == []


def test_formats_are_not_mixed() -> None:
    """Audio that came in another format than what follows is dropped, and half a frame of it does no harm."""
    play = Play()
    play.send("input_audio_buffer.append", audio=audio(speech()[: 48 * 250 + 2]))
    play.update(audio={"input": {"format": {"type": "audio/pcmu"}}})
    play.send("input_audio_buffer.append", audio=audio(silence(1000, "g711_ulaw")[:-1]))
    play.update(audio={"input": {"format": {"type": "audio/pcm", "rate": 24000}}})
    events = play.hear(silence(1000), speech(), silence(400))
    assert types(events)[:2] == ["input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"]


def test_detection_may_begin_late() -> None:
    """Audio that passed while nobody listened counts for the offsets, and is no part of the turn."""
    play = without_detection()
    play.hear(speech(), silence(5000))
    play.update(audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}})
    started, stopped, *_ = play.hear(silence(1000), speech(), silence(400))
    offset = len(speech()) // 48 + 5000
    assert abs(started["audio_start_ms"] - (offset + 1000 - 300)) <= 20
    assert stopped["audio_end_ms"] - started["audio_start_ms"] > len(speech()) // 48
