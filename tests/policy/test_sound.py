"""Tests of app.policy.sound: which format is in force, and what audio a client's frame holds."""

from typing import Any

import pytest

from app.policy.sound import G711, PCM, bytes_per_second, heard_in
from app.protocol.frame import Frame

KNOWN = 7
"""What was in force before."""

FORMATS = [
    ({"type": "audio/pcm", "rate": 24_000}, PCM),
    ({"type": "audio/pcm", "rate": 16_000}, 32_000),
    ({"type": "audio/pcm"}, PCM),
    ({"type": "audio/pcm", "rate": None}, PCM),
    ({"type": "audio/pcm", "rate": 0}, PCM),
    ({"type": "audio/pcmu"}, G711),
    ({"type": "audio/pcma"}, G711),
    ({"type": "audio/opus"}, KNOWN),
    ({}, KNOWN),
    ("pcm16", KNOWN),
    (None, KNOWN),
]

SPOKEN = {"type": "input_audio", "audio": "AAAA"}

HEARD: list[tuple[dict[str, Any], int | None]] = [
    ({"type": "input_audio_buffer.append", "audio": "AAAAAA=="}, 4),
    ({"type": "input_audio_buffer.append", "audio": "A"}, None),
    ({"type": "input_audio_buffer.commit", "audio": "AAAA"}, 0),
    ({"type": "conversation.item.create", "item": {"content": [SPOKEN, {"type": "input_text"}, SPOKEN]}}, 6),
    ({"type": "conversation.item.create", "item": {"content": [SPOKEN, {**SPOKEN, "audio": "-"}]}}, None),
    ({"type": "conversation.item.create", "item": {"content": [None, {**SPOKEN, "audio": None}]}}, 0),
    ({"type": "conversation.item.create", "item": {"content": {"audio": "AAAA"}}}, 0),
    ({"type": "conversation.item.create", "item": None}, 0),
    ({"type": "conversation.item.create"}, 0),
    ({"type": "response.create", "response": {"input": [{"content": [SPOKEN]}, None, {"content": [SPOKEN]}]}}, 6),
    ({"type": "response.create", "response": {"input": {"content": [SPOKEN]}}}, 0),
    ({"type": "response.create", "response": {}}, 0),
    ({"type": "response.create", "response": []}, 0),
    ({"type": "response.create"}, 0),
]


@pytest.mark.parametrize(("told", "expected"), FORMATS)
def test_a_format_has_so_many_bytes_a_second(told: object, expected: int) -> None:
    """Each direction has its own; one that nobody knows changes nothing."""
    audio = {"input": {"format": told}, "output": {"format": {"type": "audio/pcma"}}}
    report = Frame.of({"type": "session.updated", "session": {"audio": audio}})
    assert expected == bytes_per_second(report, "input", KNOWN)
    assert bytes_per_second(report, "output", KNOWN) == G711


@pytest.mark.parametrize("session", [None, [], {}, {"audio": None}, {"audio": {}}, {"audio": {"input": "pcm16"}}])
def test_a_report_may_tell_nothing(session: object) -> None:
    """Then what was known holds."""
    report = Frame.of({"type": "session.created", "session": session})
    assert bytes_per_second(report, "input", KNOWN) == KNOWN


@pytest.mark.parametrize(("event", "expected"), HEARD)
def test_audio_in_a_frame(event: dict[str, Any], expected: int | None) -> None:
    """In appends, in items and in a response's own input; None where one of them is no base64."""
    assert expected == heard_in(Frame.of(event))
