"""Tests of app.protocol.dialect.detection: the first event with a shape of its own gives a client away."""

from typing import Any

import pytest

from app.protocol.dialect.detection import generation_of


def update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": session}


def create(**response: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": response}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (update(type="realtime"), "ga"),
        (update(audio={}), "ga"),
        (update(output_modalities=["audio"]), "ga"),
        (create(output_modalities=["audio"]), "ga"),
        (create(audio={}), "ga"),
        (update(modalities=["text"]), "preview"),
        (update(voice="alloy"), "preview"),
        (update(input_audio_format="pcm16"), "preview"),
        (update(turn_detection=None), "preview"),
        (update(temperature=0.8), "preview"),
        (update(input_audio_transcription=None), "preview"),
        (create(modalities=["text"]), "preview"),
        (create(voice="alloy"), "preview"),
        ({"type": "transcription_session.update"}, "preview"),
        # A GA client that still names a temperature is one all the same.
        (update(type="realtime", temperature=0.8), "ga"),
        (update(instructions="a", tools=[]), None),
        (create(instructions="a"), None),
        ({"type": "response.create"}, None),
        ({"type": "session.update", "session": 5}, None),
        ({"type": "input_audio_buffer.append", "audio": "AA=="}, None),
        ({"type": "conversation.item.create", "session": {"voice": "alloy"}}, None),
        ({}, None),
    ],
)
def test_shape_tells_the_generation(event: dict[str, Any], expected: str | None) -> None:
    """Only what one generation alone says tells which it is."""
    assert expected == generation_of(event)
