"""Tests of the session as the service tells it. The examples are what the service was seen to send."""

from typing import Any

import pytest

from app.simulator.session_object import Opening, begun, terms_of, updated
from tests.simulator.playing import GA, GA_TRANSCRIPTION, PREVIEW, PREVIEW_TRANSCRIPTION

SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}
ANSWERING = {"create_response": True, "interrupt_response": True}
PCM = {"type": "audio/pcm", "rate": 24000}

EXAMPLES: list[tuple[Opening, dict[str, Any]]] = [
    (
        PREVIEW,
        {
            "object": "realtime.session",
            "id": "sess_1",
            "model": "gpt-4o-realtime-preview",
            "expires_at": 9,
            "modalities": ["audio", "text"],
            "voice": "alloy",
            "turn_detection": {**SERVER_VAD, **ANSWERING},
            "input_audio_format": "pcm16",
            "output_audio_format": "pcm16",
            "input_audio_transcription": None,
            "input_audio_noise_reduction": None,
            "tool_choice": "auto",
            "tools": [],
            "temperature": 0.8,
            "max_response_output_tokens": "inf",
            "speed": 1.0,
            "tracing": None,
            "prompt": None,
            "client_secret": None,
            "include": None,
        },
    ),
    (
        GA,
        {
            "type": "realtime",
            "object": "realtime.session",
            "id": "sess_1",
            "model": "gpt-realtime",
            "output_modalities": ["audio"],
            "tools": [],
            "tool_choice": "auto",
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "expires_at": 9,
            "audio": {
                "input": {
                    "format": PCM,
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": {**SERVER_VAD, "idle_timeout_ms": None, **ANSWERING},
                },
                "output": {"format": PCM, "voice": "alloy", "speed": 1.0},
            },
            "include": None,
        },
    ),
    (
        GA_TRANSCRIPTION,
        {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "id": "sess_1",
            "expires_at": 9,
            "audio": {
                "input": {
                    "format": PCM,
                    "transcription": None,
                    "noise_reduction": None,
                    "turn_detection": SERVER_VAD,
                }
            },
            "include": None,
        },
    ),
    (
        PREVIEW_TRANSCRIPTION,
        {
            "object": "realtime.transcription_session",
            "id": "sess_1",
            "expires_at": 9,
            "input_audio_format": "pcm16",
            "input_audio_transcription": None,
            "input_audio_noise_reduction": None,
            "turn_detection": SERVER_VAD,
            "include": None,
            "client_secret": None,
        },
    ),
]


@pytest.mark.parametrize(("opening", "example"), EXAMPLES)
def test_a_session_begins_with_every_field(opening: Opening, example: dict[str, Any]) -> None:
    """`session.created` tells every field that the service was seen to send, with its default."""
    session = begun(opening, "sess_1", 9)
    assert bool(session.pop("instructions", None)) == (opening.kind == "realtime")
    assert session == example


def test_an_update_changes_what_it_names() -> None:
    """Siblings within `audio` survive; other objects are replaced, a detection with the defaults of its type."""
    old = begun(GA, "sess_1", 9)
    semantic = {"turn_detection": {"type": "semantic_vad"}, "noise_reduction": {"type": "near_field"}}
    new = updated(old, {"type": "realtime", "audio": {"input": semantic, "output": {"voice": "ash"}}})
    assert new["audio"]["input"] == {
        "format": PCM,
        "transcription": None,
        "noise_reduction": {"type": "near_field"},
        "turn_detection": {"type": "semantic_vad", "eagerness": "auto", **ANSWERING},
    }
    assert new["audio"]["output"] == {"format": PCM, "voice": "ash", "speed": 1.0}
    assert old == begun(GA, "sess_1", 9)


def test_noise_reduction_keeps_its_strength() -> None:
    """Noise reduction is documented to merge."""
    first = updated(
        begun(GA, "s", 9), {"audio": {"input": {"noise_reduction": {"type": "far_field", "strength": 2}}}}
    )
    second = updated(first, {"audio": {"input": {"noise_reduction": {"type": "near_field"}}}})
    assert second["audio"]["input"]["noise_reduction"] == {"type": "near_field", "strength": 2}


def test_null_switches_off() -> None:
    """A detection or transcription of null is none, in both generations."""
    ga = updated(begun(GA, "s", 9), {"audio": {"input": {"turn_detection": None}}})
    preview = updated(begun(PREVIEW, "s", 9), {"turn_detection": None})
    assert terms_of(ga).turn_detection is terms_of(preview).turn_detection is None


def test_a_sparse_preview_detection_is_the_servers() -> None:
    """Preview needs no type; a transcription session's detection answers nothing."""
    session = updated(begun(PREVIEW, "s", 9), {"turn_detection": {"threshold": 0.9}})
    assert session["turn_detection"] == {**SERVER_VAD, **ANSWERING, "threshold": 0.9}
    session = updated(begun(PREVIEW_TRANSCRIPTION, "s", 9), {"turn_detection": {"type": "server_vad"}})
    assert session["turn_detection"] == SERVER_VAD


def test_model_and_secret_stay() -> None:
    """An update neither renames the model nor tells a secret."""
    given = {"model": "other", "client_secret": {"expires_after": {"anchor": "created_at"}}}
    assert updated(begun(PREVIEW, "s", 9), given) == begun(PREVIEW, "s", 9)


def test_both_generations_mean_the_same() -> None:
    """The same wishes in the words of either generation are the same terms."""
    tool = {"type": "function", "name": "f"}
    shared = {"tools": [tool], "tool_choice": "required", "instructions": "Be brief."}
    hearing = {"format": {"type": "audio/pcmu"}, "transcription": {"model": "w"}, "turn_detection": None}
    speaking = {"format": {"type": "audio/pcma"}, "voice": "sage", "speed": 1.5}
    ga = updated(
        begun(GA, "s", 9),
        {
            **shared,
            "output_modalities": ["text"],
            "max_output_tokens": 7,
            "audio": {"input": hearing, "output": speaking},
            "include": ["item.input_audio_transcription.logprobs"],
        },
    )
    preview = updated(
        begun(PREVIEW, "s", 9),
        {
            **shared,
            "modalities": ["text"],
            "max_response_output_tokens": 7,
            "input_audio_format": "g711_ulaw",
            "output_audio_format": "g711_alaw",
            "input_audio_transcription": {"model": "w"},
            "turn_detection": None,
            "voice": "sage",
            "speed": 1.5,
            "include": ["item.input_audio_transcription.logprobs"],
        },
    )
    assert terms_of(ga) == terms_of(preview)
    assert (terms_of(ga).input_format, terms_of(ga).output_format) == ("g711_ulaw", "g711_alaw")
    assert (terms_of(ga).max_tokens, terms_of(ga).speaks, terms_of(ga).logprobs) == (7.0, False, True)


def test_a_voice_of_ones_own_goes_by_its_id() -> None:
    """A voice may be told by an object."""
    session = updated(begun(GA, "s", 9), {"audio": {"output": {"voice": {"id": "voice_1"}}}})
    assert terms_of(session).voice == "voice_1"
    assert terms_of(begun(GA_TRANSCRIPTION, "s", 9)).speaks is False
