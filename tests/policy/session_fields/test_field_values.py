"""Tests of app.policy.session_fields.field_values.

What the service would refuse is a flaw, in words that repeat no value.
"""

from typing import Any

import pytest

from app.policy.session_fields.field_values import flaw_in
from app.policy.session_fields.fields import FIELDS

GOOD: list[tuple[str, Any]] = [
    ("instructions", ""),
    ("voice", "some-new-voice"),
    ("voice", {"id": "voice_1"}),
    ("speed", 1),
    ("speed", 1.5),
    ("input_format", {"type": "audio/pcm", "rate": 24000}),
    ("output_format", {"type": "audio/pcmu"}),
    ("turn_detection", None),
    ("turn_detection", {"type": "server_vad", "threshold": 0.5, "idle_timeout_ms": None}),
    ("turn_detection", {"type": "semantic_vad", "eagerness": "low"}),
    ("transcription", {"model": "my-deployment", "language": None}),
    ("noise_reduction", {"type": "near_field"}),
    ("max_output_tokens", 4096),
    ("max_output_tokens", "inf"),
    ("output_modalities", ["text"]),
    ("tools", [{"type": "function", "name": "a", "parameters": {"type": "object"}}]),
    ("tools", [{"type": "mcp", "server_label": "a"}]),
    ("tool_choice", {"type": "function", "name": "a"}),
    ("truncation", {"type": "retention_ratio", "retention_ratio": 0.5}),
    ("tracing", {"workflow_name": "a", "metadata": {"b": None}}),
    ("prompt", {"id": "pmpt_1", "variables": {"name": "a"}}),
    ("include", ["item.input_audio_transcription.logprobs"]),
    ("reasoning", {"effort": "low"}),
    ("parallel_tool_calls", False),
    ("temperature", 0.8),
]

BAD: list[tuple[str, Any, str]] = [
    ("instructions", None, "must not be null"),
    ("instructions", ["a"], "must be a string"),
    ("voice", 5, "must be a string or a table"),
    ("voice", {}, "must be a string or a table"),
    ("speed", "fast", "must be a number"),
    ("speed", True, "must be a number"),
    ("speed", 0.1, "must be at least 0.25"),
    ("speed", 2.0, "must be at most 1.5"),
    ("speed", float("nan"), "must be finite"),
    ("input_format", {"type": "audio/pcm"}, "lacks 'rate'"),
    (
        "input_format",
        {"type": "audio/mp3"},
        "must be a table of type 'audio/pcm' or a table of type 'audio/pcmu' or a table of type 'audio/pcma'",
    ),
    ("turn_detection", {"type": "server_vad", "threshold": "a"}, "has a wrong 'threshold': it must be a number"),
    ("turn_detection", {"type": "server_vad", "treshold": 1}, "has a key that the service does not know"),
    ("noise_reduction", "near_field", "must be a table"),
    ("max_output_tokens", 0, "must be at least 1"),
    ("max_output_tokens", 7.5, "must be a whole number or 'inf'"),
    ("output_modalities", ["video"], "has an entry that must be one of 'text', 'audio'"),
    ("output_modalities", ["audio", "text"], "must be one of ['audio'], ['text']"),
    ("tools", [{"type": "function"}], "has an entry that lacks 'name'"),
    ("tools", {"a": 1}, "must be a list"),
    ("tracing", "on", "must be 'auto' or a table"),
    ("parallel_tool_calls", 1, "must be true or false"),
    ("temperature", 2, "must be at most 1.2"),
]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_what_the_service_takes_is_no_flaw(name: str, value: Any) -> None:
    """Names of deployments and of new voices are strings like any other."""
    assert flaw_in(FIELDS[name].facts, value) is None


@pytest.mark.parametrize(("name", "value", "words"), BAD)
def test_what_the_service_refuses_is_a_flaw(name: str, value: Any, words: str) -> None:
    """The words end a sentence that begins with the field."""
    assert flaw_in(FIELDS[name].facts, value) == words


def test_no_value_is_repeated() -> None:
    """It may be a prompt."""
    wrong = {"instructions": 5, "tools": [{"type": "function", "name": 5, "description": "canary"}]}
    assert not any("canary" in str(flaw_in(FIELDS[name].facts, value)) for name, value in wrong.items())
