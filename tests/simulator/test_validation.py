"""Tests of the walker that checks client events."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.catalogue import GA, GENERATIONS, PREVIEW, Generation
from app.simulator.validation import check

MESSAGE = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}
TOOL = {"type": "function", "name": "get_weather"}


def ga_update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def preview_update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": session}


def listening(**fields: Any) -> dict[str, Any]:
    return ga_update(audio={"input": fields})


def speaking(**fields: Any) -> dict[str, Any]:
    return ga_update(audio={"output": fields})


ACCEPTED: list[tuple[Generation, dict[str, Any]]] = [
    (GA, ga_update()),
    (GA, ga_update(model="my-deployment", instructions="", include=None, tracing=None, prompt={"id": "pmpt_1"})),
    (GA, ga_update(max_output_tokens="inf", output_modalities=["text"], parallel_tool_calls=False)),
    (GA, ga_update(max_output_tokens=4096, tools=[TOOL], tool_choice={"type": "function", "name": "get_weather"})),
    (
        GA,
        ga_update(
            tools=[{"type": "mcp", "server_label": "docs", "server_url": "https://x.example", "headers": {}}]
        ),
    ),
    (GA, ga_update(truncation={"type": "retention_ratio", "retention_ratio": 1})),
    (GA, listening(turn_detection=None, transcription=None, noise_reduction={"type": "far_field"})),
    (GA, listening(turn_detection={"type": "semantic_vad", "eagerness": "high"})),
    (GA, listening(turn_detection={"type": "server_vad", "threshold": 0, "idle_timeout_ms": 5000})),
    (GA, listening(format={"type": "audio/pcmu"}, transcription={"model": "my-whisper", "language": "en"})),
    (GA, speaking(voice={"id": "voice_1"}, speed=1, format={"type": "audio/pcm", "rate": 24000})),
    (GA, speaking(voice="marin", speed=0.25)),
    (GA, {"type": "session.update", "session": {"type": "transcription", "include": []}}),
    (GA, {"type": "response.create"}),
    (
        GA,
        {"type": "response.create", "event_id": "e", "response": {"metadata": {"a": "b"}, "conversation": "none"}},
    ),
    (
        GA,
        {"type": "response.create", "response": {"input": [{"type": "item_reference", "id": "item_1"}, MESSAGE]}},
    ),
    (GA, {"type": "conversation.item.create", "previous_item_id": None, "event_id": None, "item": MESSAGE}),
    (PREVIEW, preview_update()),
    (
        PREVIEW,
        preview_update(modalities=["audio", "text"], voice="shimmer", temperature=0.6, tool_choice="get_it"),
    ),
    (PREVIEW, preview_update(turn_detection={"type": "server_vad", "eagerness": "low"}, tools=[TOOL])),
    (PREVIEW, {"type": "transcription_session.update", "session": {"input_audio_format": "g711_alaw"}}),
    (PREVIEW, {"type": "response.create", "response": {"max_output_tokens": 1, "tool_choice": "auto"}}),
    (PREVIEW, {"type": "conversation.item.create", "item": MESSAGE}),
]

REFUSED: list[tuple[Generation, dict[str, Any], str, str]] = [
    (GA, {"type": "session.destroy"}, "invalid_value", "type"),
    (GA, {"type": "output_audio_buffer.clear"}, "invalid_value", "type"),
    (GA, {"type": "transcription_session.update", "session": {}}, "invalid_value", "type"),
    (PREVIEW, {"type": "output_audio_buffer.clear"}, "invalid_value", "type"),
    (GA, {"type": "response.create", "respond": 1}, "unknown_parameter", "respond"),
    (GA, {"type": "response.create", "event_id": 1}, "invalid_type", "event_id"),
    (GA, {"type": "response.create", "event_id": "e" * 513}, "string_above_max_length", "event_id"),
    (GA, {"type": "response.create", "response": None}, "invalid_type", "response"),
    (GA, {"type": "response.create", "response": {"metadata": {"a": 1}}}, "invalid_type", "response.metadata.a"),
    (GA, {"type": "response.create", "response": {"metadata": []}}, "invalid_type", "response.metadata"),
    (GA, {"type": "session.update"}, "missing_required_parameter", "session"),
    (GA, {"type": "session.update", "session": "s"}, "invalid_type", "session"),
    (GA, {"type": "session.update", "session": {"voice": "ash"}}, "missing_required_parameter", "session.type"),
    (GA, {"type": "session.update", "session": {"type": "translation"}}, "invalid_value", "session.type"),
    (GA, ga_update(voice="ash"), "unknown_parameter", "session.voice"),
    (GA, ga_update(temperature=0.8), "unknown_parameter", "session.temperature"),
    (GA, ga_update(audio={"voice": "ash"}), "unknown_parameter", "session.audio.voice"),
    (GA, ga_update(output_modalities=["audio", "text"]), "invalid_value", "session.output_modalities"),
    (GA, ga_update(output_modalities=["video"]), "invalid_value", "session.output_modalities[0]"),
    (GA, ga_update(output_modalities="audio"), "invalid_type", "session.output_modalities"),
    (GA, ga_update(max_output_tokens=0), "integer_below_min_value", "session.max_output_tokens"),
    (GA, ga_update(max_output_tokens=4097), "integer_above_max_value", "session.max_output_tokens"),
    (GA, ga_update(max_output_tokens="many"), "invalid_value", "session.max_output_tokens"),
    (GA, ga_update(max_output_tokens=1.5), "invalid_type", "session.max_output_tokens"),
    (GA, ga_update(instructions=None), "invalid_type", "session.instructions"),
    (GA, ga_update(parallel_tool_calls=1), "invalid_type", "session.parallel_tool_calls"),
    (GA, ga_update(tools=[{"name": "f"}]), "missing_required_parameter", "session.tools[0].type"),
    (GA, ga_update(tools=[{"type": "function"}]), "missing_required_parameter", "session.tools[0].name"),
    (GA, ga_update(tools=[{**TOOL, "strict": True}]), "unknown_parameter", "session.tools[0].strict"),
    (GA, ga_update(tools=[{**TOOL, "type": "shell"}]), "invalid_value", "session.tools[0].type"),
    (GA, ga_update(tool_choice="get_weather"), "invalid_value", "session.tool_choice"),
    (GA, ga_update(tool_choice={"type": "function"}), "missing_required_parameter", "session.tool_choice.name"),
    (GA, ga_update(include=["everything"]), "invalid_value", "session.include[0]"),
    (GA, ga_update(truncation={"type": "retention_ratio", "retention_ratio": 2}), "decimal_above_max_value",
     "session.truncation.retention_ratio"),
    (GA, listening(format={"type": "audio/pcm"}), "missing_required_parameter", "session.audio.input.format.rate"),
    (GA, listening(format={"type": "audio/pcm", "rate": 16000}), "integer_below_min_value",
     "session.audio.input.format.rate"),
    (GA, listening(format={"type": "audio/pcm", "rate": 48000}), "integer_above_max_value",
     "session.audio.input.format.rate"),
    (GA, listening(format={"type": "audio/pcmu", "rate": 8000}), "unknown_parameter",
     "session.audio.input.format.rate"),
    (GA, listening(format="pcm16"), "invalid_type", "session.audio.input.format"),
    (GA, listening(format={"type": "audio/mp3"}), "invalid_value", "session.audio.input.format.type"),
    (GA, listening(turn_detection={"threshold": 0.5}), "missing_required_parameter",
     "session.audio.input.turn_detection.type"),
    (GA, listening(turn_detection={"type": "server_vad", "eagerness": "low"}), "unknown_parameter",
     "session.audio.input.turn_detection.eagerness"),
    (GA, listening(turn_detection={"type": "server_vad", "threshold": 1.5}), "decimal_above_max_value",
     "session.audio.input.turn_detection.threshold"),
    (GA, listening(turn_detection={"type": "server_vad", "idle_timeout_ms": 4999}), "integer_below_min_value",
     "session.audio.input.turn_detection.idle_timeout_ms"),
    (GA, listening(turn_detection={"type": "server_vad", "silence_duration_ms": -1}), "integer_below_min_value",
     "session.audio.input.turn_detection.silence_duration_ms"),
    (GA, listening(transcription={"languages": []}), "empty_array", "session.audio.input.transcription.languages"),
    (GA, speaking(voice="hal"), "invalid_value", "session.audio.output.voice"),
    (GA, speaking(voice={}), "missing_required_parameter", "session.audio.output.voice.id"),
    (GA, speaking(speed=0.1), "decimal_below_min_value", "session.audio.output.speed"),
    (GA, speaking(speed=True), "invalid_type", "session.audio.output.speed"),
    (GA, {"type": "conversation.item.create", "item": {"type": "message", "role": "owner", "content": []}},
     "invalid_value", "item.role"),
    (GA, {"type": "conversation.item.create", "item": {"type": "message", "content": []}},
     "missing_required_parameter", "item.role"),
    (GA, {"type": "conversation.item.create", "item": {"type": "essay"}}, "invalid_value", "item.type"),
    (GA, {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": -1},
     "integer_below_min_value", "audio_end_ms"),
    (GA, {"type": "input_audio_buffer.append", "audio": None}, "invalid_type", "audio"),
    (PREVIEW, preview_update(type="realtime"), "unknown_parameter", "session.type"),
    (PREVIEW, preview_update(voice="marin"), "invalid_value", "session.voice"),
    (PREVIEW, preview_update(modalities=["audio"]), "invalid_value", "session.modalities"),
    (PREVIEW, preview_update(temperature=1.3), "decimal_above_max_value", "session.temperature"),
    (PREVIEW, preview_update(temperature=0), "decimal_below_min_value", "session.temperature"),
    (PREVIEW, preview_update(turn_detection={"type": "none"}), "invalid_value", "session.turn_detection.type"),
    (PREVIEW, preview_update(tools=[{"name": "f"}]), "missing_required_parameter", "session.tools[0].type"),
    (PREVIEW, preview_update(tool_choice={"type": "function", "function": {"name": "f"}}),
     "missing_required_parameter", "session.tool_choice.name"),
    (PREVIEW, {"type": "response.create", "response": {"commit": True}}, "unknown_parameter", "response.commit"),
    (PREVIEW, {"type": "response.create", "response": {"tools": [{"type": "function"}]}},
     "missing_required_parameter", "response.tools[0].name"),
    (PREVIEW, {"type": "conversation.item.create", "item": {"type": "mcp_call"}}, "invalid_value", "item.type"),
]  # fmt: skip


@pytest.mark.parametrize(("generation", "event"), ACCEPTED)
def test_a_legal_event_passes(generation: Generation, event: dict[str, Any]) -> None:
    """What the shapes of its generation allow, passes: open names, null where allowed, any form of a union."""
    check(generation, event)


@pytest.mark.parametrize(("generation", "event", "code", "param"), REFUSED)
def test_an_illegal_event_is_refused(generation: Generation, event: dict[str, Any], code: str, param: str) -> None:
    """The first mistake is told by the service's code and the path of the key."""
    with pytest.raises(Refused) as refused:
        check(generation, event)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_the_words_are_the_services() -> None:
    """Messages name the path, what was expected and what came, as the service does."""
    told = {}
    for event in (ga_update(foo=1), speaking(speed="fast"), preview_update(voice="marin"), speaking(speed=9)):
        with pytest.raises(Refused) as refused:
            check(PREVIEW if "voice" in event["session"] else GA, event)
        told[refused.value.code] = refused.value.message
    path = "session.audio.output.speed"
    assert told == {
        "unknown_parameter": "Unknown parameter: 'session.foo'.",
        "invalid_type": f"Invalid type for '{path}': expected a decimal, but got a string instead.",
        "invalid_value": "Invalid value: 'marin'. Supported values are: 'alloy', 'ash', 'ballad', 'coral', 'echo',"
        " 'sage', 'shimmer', 'verse'.",
        "decimal_above_max_value": f"Invalid '{path}': decimal above maximum value. Expected a value <= 1.5, but"
        " got 9 instead.",
    }


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=list(GENERATIONS))
def test_every_client_event_knows_its_required_keys(generation: Generation) -> None:
    """An event of any type without its required keys is refused for the first of them."""
    for kind, described in generation.client.items():
        required = [field["name"] for field in described["fields"] if field["required"]]
        if not required or "transport" in described:
            continue
        with pytest.raises(Refused) as refused:
            check(generation, {"type": kind})
        assert (refused.value.code, refused.value.param) == ("missing_required_parameter", required[0])


def test_a_long_value_is_not_repeated() -> None:
    """Of a value that is wrong, a message repeats no more than its beginning."""
    with pytest.raises(Refused) as refused:
        check(GA, speaking(voice="x" * 1000))
    assert "x" * 65 not in refused.value.message
