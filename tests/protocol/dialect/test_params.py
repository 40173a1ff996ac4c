"""Tests of app.protocol.dialect.params: errors speak the client's generation."""

from typing import Any

import pytest

from app.protocol.dialect.params import error_to_ga, error_to_preview, param_to_ga, param_to_preview

TO_PREVIEW = [
    ("session.type", "session"),
    ("session.output_modalities[0]", "session.modalities[0]"),
    ("session.audio.output.voice", "session.voice"),
    ("session.audio.input.format.rate", "session.input_audio_format"),
    ("session.audio.output.format.type", "session.output_audio_format"),
    ("session.audio.input.turn_detection.type", "session.turn_detection.type"),
    ("session.audio.input.transcription", "session.input_audio_transcription"),
    ("session.audio.input", "session"),
    ("session.audio", "session"),
    ("session.max_output_tokens", "session.max_response_output_tokens"),
    ("session.tools[0].name", "session.tools[0].name"),
    ("session.audiometer", "session.audiometer"),
    ("response.audio.output.format", "response.output_audio_format"),
    ("item.content[0].type", "item.content[0].type"),
]
TO_GA = [
    ("session.voice", "session.audio.output.voice"),
    ("session.voices", "session.voices"),
    ("session.turn_detection.threshold", "session.audio.input.turn_detection.threshold"),
    ("session", "session"),
    ("response.modalities", "response.output_modalities"),
]


@pytest.mark.parametrize(("ga", "preview"), TO_PREVIEW)
def test_a_ga_path_as_preview(ga: str, preview: str) -> None:
    """The longest prefix wins and ends where a name ends; a format has nothing inside."""
    assert preview == param_to_preview(ga)


@pytest.mark.parametrize(("preview", "ga"), TO_GA)
def test_a_preview_path_as_ga(preview: str, ga: str) -> None:
    """The other way has its own table, for several GA paths are one of preview's."""
    assert ga == param_to_ga(preview)


def error(param: Any, message: Any) -> dict[str, Any]:
    inner = {
        "type": "invalid_request_error",
        "code": "c",
        "param": param,
        "message": message,
        "event_id": "event_1",
    }
    return {"type": "error", "event_id": "event_2", "error": inner}


def test_an_error_is_told_in_the_other_words() -> None:
    """`param` and quoted paths change; code, ids and all other words stay."""
    ga = error("session.audio.output.voice", "Invalid 'session.audio.output.voice': 'session' is 'a.b'.")
    preview = error("session.voice", "Invalid 'session.voice': 'session' is 'a.b'.")
    assert preview == error_to_preview(ga)
    assert ga == error_to_ga(preview)


@pytest.mark.parametrize("odd", [{"type": "error"}, {"type": "error", "error": None}, error(None, None)])
def test_an_error_without_words_passes(odd: dict[str, Any]) -> None:
    """Nothing is there to change."""
    assert odd == error_to_preview(odd)
