"""Tests of app.policy.session_fields.fields: the table of fields, and how values are found and put."""

from typing import Any

import pytest

from app.policy.session_fields.fields import FIELDS, OMIT, found, nested, replaced, same, strangers


def test_a_field_stands_where_ga_has_it() -> None:
    """And preview's name for it is the translation's."""
    assert {name: ".".join(field.path) for name, field in FIELDS.items() if (name,) != field.path} == {
        "voice": "audio.output.voice",
        "speed": "audio.output.speed",
        "input_format": "audio.input.format",
        "output_format": "audio.output.format",
        "turn_detection": "audio.input.turn_detection",
        "transcription": "audio.input.transcription",
        "noise_reduction": "audio.input.noise_reduction",
    }
    assert FIELDS["input_format"].preview == "input_audio_format"
    assert FIELDS["reasoning"].preview is None


def test_what_may_be_null() -> None:
    """The catalogue says so."""
    assert {name for name, field in FIELDS.items() if field.nullable} == {
        "turn_detection",
        "transcription",
        "noise_reduction",
        "tracing",
        "prompt",
        "include",
    }


def test_what_has_an_honest_empty_value() -> None:
    """Of any other field no value says that there is none."""
    assert {name: field.empty for name, field in FIELDS.items() if field.empty is not OMIT} == {
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "tracing": None,
        "prompt": None,
        "include": None,
    }


def test_a_transcription_session_has_what_it_hears() -> None:
    """And no more."""
    expected = {"input_format", "turn_detection", "transcription", "noise_reduction", "include"}
    assert {name for name, field in FIELDS.items() if field.in_transcription} == expected


SESSION: dict[str, Any] = {
    "type": "realtime",
    "instructions": "a",
    "audio": {"input": {"turn_detection": None, "gain": 1}, "output": 5, "echo": {"voice": "b"}},
    "voice": "c",
}


def test_values_are_found_at_their_places() -> None:
    """Null is a value; a group that is no object holds none."""
    assert {field.name: value for field, value in found(SESSION)} == {"instructions": "a", "turn_detection": None}


def test_everything_else_is_a_stranger() -> None:
    """With its place, and groups that are no objects too."""
    assert dict(strangers(SESSION)) == {
        ("type",): "realtime",
        ("audio", "input", "gain"): 1,
        ("audio", "output"): 5,
        ("audio", "echo"): {"voice": "b"},
        ("voice",): "c",
    }


def test_values_are_put_where_they_belong() -> None:
    """Over what is there, which stays as it is."""
    into: dict[str, Any] = {"audio": {"output": {"gain": 1}}}
    made = nested({"voice": "a", "tracing": None}, into)
    assert made == {"audio": {"output": {"gain": 1, "voice": "a"}}, "tracing": None}
    assert into == {"audio": {"output": {"gain": 1}}}
    assert replaced({"a": {"b": 1, "c": 2}}, ("a", "b"), 3) == {"a": {"b": 3, "c": 2}}


@pytest.mark.parametrize(
    ("made", "given", "expected"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": False}, {"a": 0}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ([1], [1, 2], False),
        ([1, 2], [2, 1], False),
        ("a", "a", True),
        ({}, [], False),
    ],
)
def test_the_same_is_what_reads_the_same(made: Any, given: Any, *, expected: bool) -> None:
    """By kind and by value."""
    assert same(made, given) is expected
