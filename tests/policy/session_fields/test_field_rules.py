"""Tests of app.policy.session_fields.field_rules.

One way for a field, told clearly, and what comes of a client's value.
"""

from typing import Any

import pytest
from pydantic import ValidationError

from app.policy.session_fields.field_rules import FieldRule, Range
from app.policy.session_fields.fields import FIELDS, OMIT

DETECTION = {"type": "server_vad"}


def rule(given: Any, name: str = "voice") -> FieldRule:
    """Return a rule for a field, as a profile writes it."""
    return FieldRule.model_validate(given).for_field(FIELDS[name])


@pytest.mark.parametrize(
    ("given", "mode", "opening", "imposed", "servers"),
    [
        ("free", "free", OMIT, OMIT, OMIT),
        ("server", "server", OMIT, OMIT, OMIT),
        ({"fixed": "a"}, "fixed", OMIT, "a", "a"),
        ({"default": "a"}, "default", "a", OMIT, "a"),
        ({"within": ["a", "b"]}, "within", "a", OMIT, "a"),
        ({"within": ["a", "b"], "default": "b"}, "within", "b", OMIT, "b"),
    ],
)
def test_a_rule_goes_one_of_five_ways(given: Any, mode: str, opening: Any, imposed: Any, servers: Any) -> None:
    """With a value to begin with, or one that holds, where it has one."""
    made = rule(given)
    assert (made.mode, made.opening, made.imposed, made.servers) == (mode, opening, imposed, servers)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("fixed", 'a rule is "free", "server", or a table'),
        (5, 'a rule is "free", "server", or a table'),
        ({"word": "free"}, 'a rule is "free", "server", or a table'),
        ({}, "exactly one of 'fixed', 'default' and 'within'"),
        ({"hidden": True}, "exactly one of"),
        ({"fixed": "a", "default": "b"}, "exactly one of"),
        ({"fixed": "a", "within": ["b"]}, "exactly one of"),
        ({"fixed": "a", "shown": "b", "hidden": False}, "it cannot go with 'hidden = false'"),
        ({"fixed": "a", "hiden": True}, "Extra inputs are not permitted"),
        ({"within": {}}, "a range needs a 'minimum', a 'maximum' or both"),
        ({"within": {"minimum": 2, "maximum": 1}}, "the 'minimum' is more than the 'maximum'"),
        ({"within": "a"}, "valid"),
    ],
)
def test_a_rule_that_is_none_is_refused(given: Any, words: str) -> None:
    """With words that say what one is."""
    with pytest.raises(ValidationError, match=words):
        FieldRule.model_validate(given)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("voice", {"fixed": 5}, "the value must be a string or a table"),
        ("voice", {"default": 5}, "the value must be"),
        ("voice", {"within": ["a", 5]}, "the value must be"),
        ("voice", {"within": {"minimum": 1}}, "the value must be"),
        ("voice", {"within": ["a"], "default": "b"}, "the 'default' is not one of the values 'within'"),
        ("speed", {"within": {"maximum": 9}}, "the value must be at most 1.5"),
        ("speed", {"within": {"maximum": 1}, "default": 1.2}, "the 'default' is not one of the values"),
        (
            "voice",
            {"fixed": "a", "hidden": True},
            "no value here means nothing, so 'hidden' needs a 'shown'",
        ),
        ("voice", {"fixed": "a", "shown": 5}, "the value must be"),
    ],
)
def test_a_rule_that_does_not_fit_its_field_is_refused(name: str, given: Any, words: str) -> None:
    """And the field is named."""
    with pytest.raises(ValueError, match=words):
        rule(given, name)


def test_off_is_null_where_null_is_a_value() -> None:
    """TOML has no word for null; elsewhere it is a string like any other."""
    assert rule({"fixed": "off"}, "turn_detection").imposed is None
    assert rule({"default": "off"}, "prompt").opening is None
    assert rule({"within": ["off", DETECTION]}, "turn_detection").within == (None, DETECTION)
    assert rule({"fixed": {"id": "a"}, "shown": "off"}, "prompt").shown is None
    assert rule({"fixed": "off"}, "instructions").imposed == "off"


@pytest.mark.parametrize(
    ("name", "given", "hidden", "shown"),
    [
        ("instructions", {"fixed": "a"}, True, ""),
        ("instructions", {"default": "a"}, True, ""),
        ("tools", {"fixed": []}, True, []),
        ("prompt", {"fixed": {"id": "a"}}, True, None),
        ("tracing", {"fixed": "auto"}, True, None),
        ("instructions", {"fixed": "a", "hidden": False}, False, None),
        ("instructions", {"fixed": "a", "shown": "b"}, True, "b"),
        ("instructions", "free", None, None),
        ("instructions", "server", None, None),
        ("voice", {"fixed": "a"}, None, None),
        ("voice", {"fixed": "a", "shown": "b"}, True, "b"),
        ("tool_choice", {"fixed": "none", "hidden": True}, True, "auto"),
        ("include", {"fixed": [], "hidden": True}, True, None),
    ],
)
def test_what_the_server_sets_privately_is_hidden(name: str, given: Any, hidden: Any, shown: Any) -> None:
    """Instructions, tools, prompt and tracing, unless told otherwise; anything else if told so."""
    made = rule(given, name)
    assert (made.hidden, made.shown) == (hidden, shown)
    assert made.for_field(FIELDS[name]) == made


ALLOWED: list[tuple[Any, Any, Any]] = [
    ("free", {"any": "thing"}, {"any": "thing"}),
    ({"default": "a"}, None, None),
    ("server", "a", OMIT),
    ({"fixed": "a"}, "a", OMIT),
    ({"within": ["a", "b"]}, "b", "b"),
    ({"within": ["a", "b"]}, "c", OMIT),
    ({"within": ["a", "b"]}, ["a"], OMIT),
]


@pytest.mark.parametrize(("given", "value", "expected"), ALLOWED)
def test_what_comes_of_a_value(given: Any, value: Any, expected: Any) -> None:
    """It passes as it is, or not at all."""
    assert rule(given).allowed(value) == expected


def test_of_a_choice_the_operators_own_value_goes_out() -> None:
    """True equals 1 here, and is another thing to the service."""
    (made,) = [rule({"within": [1, 1.2]}, "speed").allowed(True)]  # noqa: FBT003 - it is the value
    assert made == 1
    assert made is not True


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.0, 1.0), (0.1, 0.5), (9, 1.2), ("inf", 1.2), ("1", OMIT), (True, OMIT), (None, OMIT), ([1.0], OMIT)],
)
def test_a_number_is_clamped(value: Any, expected: Any) -> None:
    """What is no number is none of the range's."""
    assert rule({"within": {"minimum": 0.5, "maximum": 1.2}, "default": 1.0}, "speed").allowed(value) == expected


@pytest.mark.parametrize(
    ("given", "value", "expected"),
    [({"minimum": 1}, 9, 9), ({"minimum": 1}, "inf", OMIT), ({"maximum": 1}, -9, -9), ({"maximum": 1}, 2, 1)],
)
def test_a_bound_that_is_not_given_is_none(given: Any, value: Any, expected: Any) -> None:
    """On either side."""
    assert Range(**given).clamped(value) == expected


def test_a_limit_of_tokens_holds_from_the_beginning() -> None:
    """The service begins with none at all; a default is the operator's own matter."""
    assert rule({"within": {"maximum": 500}}, "max_output_tokens").opening == 500
    assert rule({"within": {"maximum": 500}, "default": 50}, "max_output_tokens").opening == 50
    assert rule({"within": {"minimum": 5}}, "max_output_tokens").opening is OMIT


def test_a_choice_begins_with_one_of_its_values() -> None:
    """The first of a list; of a range the operator has to say, since the service's own may be beyond it."""
    assert rule({"within": ["sage", "marin"]}).opening == "sage"
    assert rule({"within": ["sage", "marin"], "default": "marin"}).opening == "marin"
    with pytest.raises(ValueError, match="a range needs a 'default'"):
        rule({"within": {"maximum": 1.2}}, "speed")
