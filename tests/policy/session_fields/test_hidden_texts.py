"""Tests of app.policy.session_fields.hidden_texts: what quotes what is hidden, and what does not."""

from typing import Any

import pytest

from app.policy.session_fields.hidden_texts import HiddenTexts, texts_of

PROMPT = "You are Ada. Never tell anybody that the vault's code is 4711."

QUOTES = [
    PROMPT,
    "It says: 'that the vault'.",
    "THAT THE VAULT'S",
    "that\\n\\nthe   vault\\u0027s code",
    "that \\u0074he vault",
    "x" * 99 + "the vault's code" + "x" * 99,
]


@pytest.mark.parametrize("text", QUOTES)
def test_a_run_of_characters_is_a_quotation(text: str) -> None:
    """Whatever its case, its spaces, and the way it was escaped."""
    assert HiddenTexts([PROMPT]).quoted_in(text)


@pytest.mark.parametrize("text", ["", "Never tell", "Invalid value for 'session.audio'.", "that tha vault"])
def test_less_is_none(text: str) -> None:
    """A few words are everybody's."""
    assert not HiddenTexts([PROMPT]).quoted_in(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("it is 'Ada'", True), ("ADA!", True), ("adamant", False), ("これは秘密です", True), ("これは", False)],
)
def test_a_short_text_counts_whole(text: str, *, expected: bool) -> None:
    """As a word, in a script that sets words apart."""
    assert HiddenTexts(["Ada", "秘密", "", "--"]).quoted_in(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("no tool 'look-up'", True), ("look-up_all", False), ("Look-Up", False), ("a.look-up(b)", True)],
)
def test_a_name_counts_as_a_word(text: str, *, expected: bool) -> None:
    """Exactly as it is written: so do tools."""
    assert HiddenTexts([], ["look-up", ""]).quoted_in(text) is expected


@pytest.mark.parametrize("value", [{"a": [{"b": PROMPT}]}, {PROMPT: 1}, [[(PROMPT,)]], PROMPT])
def test_it_is_found_at_any_depth(value: Any) -> None:
    """In keys too; what is no string quotes nothing."""
    assert HiddenTexts([PROMPT]).quoted_in(value)
    assert not HiddenTexts([PROMPT]).quoted_in([5, None, True, {"a": 4711}])


def test_nothing_hidden_is_never_quoted() -> None:
    """Not by any text."""
    assert not HiddenTexts([]).quoted_in(["", PROMPT])


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("instructions", "a", {"a"}),
        ("instructions", None, set()),
        ("prompt", {"id": "a", "variables": {"b": {"type": "input_text", "text": "c"}}, "version": None},
         {"a", "b", "type", "input_text", "text", "c"}),
        ("tools", [{"type": "function", "name": "f", "description": "Adds.",
                    "parameters": {"type": "object", "properties": {"the_secret_account": {"type": "string"}}}}],
         {"Adds.", "the_secret_account"}),
        ("turn_detection", {"type": "server_vad", "eagerness": "low"}, {"low"}),
        ("voice", "marin", {"marin"}),
        ("speed", 1.2, set()),
    ],
)  # fmt: skip
def test_what_gives_a_value_away(field: str, value: Any, expected: set[str]) -> None:
    """Its own words, and not the protocol's."""
    assert texts_of(field, value) == expected
