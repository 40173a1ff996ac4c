"""Tests of app.policy.session_fields.own_values: what a client has set is known again, and nothing else is."""

from typing import Any

import pytest

from app.policy.session_fields.own_values import MOST, OwnValues

TOOL = {"type": "function", "name": "a"}


@pytest.fixture
def own() -> OwnValues:
    return OwnValues()


@pytest.mark.parametrize(
    ("field", "value", "reported"),
    [
        ("instructions", "a", "a"),
        ("prompt", {"id": "a"}, {"id": "a", "version": None, "variables": None}),
        ("tools", [{"name": "a"}], {**TOOL, "description": None}),
        ("reasoning", {"effort": "low", "b": 1}, {"b": 1, "effort": "low"}),
    ],
)
def test_a_value_is_known_again(own: OwnValues, field: str, value: Any, reported: Any) -> None:
    """With what a service fills in, and in any order; an entry of a list by itself."""
    assert not own.holds(field, reported)
    own.note(field, value)
    assert own.holds(field, reported)
    assert not own.holds("voice", reported)


@pytest.mark.parametrize("reported", ["b", {**TOOL, "description": "b"}, {"name": "a", "parameters": {}}, ["a"]])
def test_another_is_not(own: OwnValues, reported: Any) -> None:
    """Nor is one of which it knew a part."""
    own.note("instructions", "a")
    own.note("instructions", [TOOL])
    assert not own.holds("instructions", reported)


def test_the_servers_is_never_taken_for_the_clients(own: OwnValues) -> None:
    """However well it was guessed."""
    own.reserve("instructions", "a")
    own.reserve("tools", [TOOL])
    own.note("instructions", "a")
    own.note("tools", [TOOL])
    assert not own.holds("instructions", "a")
    assert not own.holds("tools", TOOL)


def test_the_oldest_is_forgotten(own: OwnValues) -> None:
    """What is remembered has a bound."""
    for number in range(MOST + 1):
        own.note("instructions", str(number))
    assert [own.holds("instructions", str(number)) for number in (0, 1, MOST)] == [False, True, True]


def test_what_is_nested_too_deep_is_nobodys(own: OwnValues) -> None:
    """And nothing fails for it."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    own.note("tracing", {"metadata": deep})
    assert not own.holds("tracing", {"metadata": deep})
