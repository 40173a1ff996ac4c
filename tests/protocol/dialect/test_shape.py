"""Tests of app.protocol.dialect.shape: rows are carried out in order, each by its action."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.dialect.passage import OMIT, Passage
from app.protocol.dialect.shape import Conversion, Shape, fetch
from app.protocol.dialect.tables import Row


def row(preview: str | None, ga: str, to_ga: str, to_preview: str, **more: Any) -> Row:
    usual = {"scope": None, "ga_value": None, "preview_value": None, "convert": None, "default": None}
    return Row(
        preview, tuple(ga.split(".")) if ga else (), to_ga=to_ga, to_preview=to_preview, **{**usual, **more}
    )


def doubled(value: Any, passage: Passage) -> Any:  # noqa: ARG001 - a converter's shape
    return OMIT if value is None else value * 2


SHAPE = Shape(
    (
        row(None, "kind", "add", "strip", ga_value="k"),
        row("name", "name", "pass", "pass"),
        row("loud", "sound.volume", "move", "move", convert="doubled"),
        row("old", "", "drop_warn", "add", preview_value=7),
        row("secret", "", "drop_silent", "none"),
        row(None, "fresh", "none", "drop_warn", default="usual"),
        row("told", "told", "pass", "pass", scope="server"),
        row("both", "both", "pass", "drop_warn", scope="client"),
    ),
    {"doubled": Conversion(doubled, doubled)},
    frozenset({"newer"}),
)


def asked(said: list[str] | None = None, **more: Any) -> Passage:
    return Passage(asked=True, path="session", warn=(said if said is not None else []).append, **more)


def test_to_ga_rows_are_carried_out() -> None:
    """Added, moved with its parents, converted, dropped with a word or without."""
    said: list[str] = []
    told = SHAPE.to_ga({"name": "n", "loud": 2, "old": 1, "secret": 1, "newer": 1}, asked(said))
    assert told == {"kind": "k", "name": "n", "sound": {"volume": 4}, "newer": 1}
    assert [words.split("'")[1] for words in said] == ["session.old"]


def test_what_is_absent_stays_absent() -> None:
    """No parents without a value; null of what is dropped is no loss."""
    said: list[str] = []
    assert SHAPE.to_ga({"loud": None, "old": None}, asked(said)) == {"kind": "k"}
    assert said == []


@pytest.mark.parametrize("key", ["kind", "sound", "fresh", "told", "nonsense"])
def test_a_key_that_a_preview_client_does_not_have_is_refused(key: str) -> None:
    """What only a server reports and what only GA says is as unknown as any other."""
    with pytest.raises(Refused) as refused:
        SHAPE.to_ga({key: 1}, asked())
    assert (refused.value.code, refused.value.param) == ("unknown_parameter", f"session.{key}")


def test_a_server_may_say_more() -> None:
    """Unknown keys of a preview server pass, and never take the place of what was translated."""
    assert SHAPE.to_ga({"nonsense": 1, "kind": "x"}, Passage(asked=False)) == {"kind": "k", "nonsense": 1}


def test_to_preview_rows_are_carried_out() -> None:
    """Stripped, moved back, converted; what GA lacks is added, remembered or usual."""
    given = {"kind": "k", "name": "n", "sound": {"volume": 2}, "fresh": 1, "told": 1, "nonsense": 1}
    expected = {"name": "n", "loud": 4, "old": 7, "told": 1}
    assert expected == SHAPE.to_preview(given, Passage(asked=False))
    remembered = Passage(asked=False, remembered={"old": 1})
    assert {**expected, "old": 1} == SHAPE.to_preview(given, remembered)


def test_what_a_ga_client_loses_is_told_unless_it_is_the_default() -> None:
    """A default that is dropped changes nothing."""
    said: list[str] = []
    SHAPE.to_preview({"fresh": "usual"}, asked(said))
    assert said == []
    SHAPE.to_preview({"fresh": "x", "both": 1}, asked(said))
    assert [words.split("'")[1] for words in said] == ["session.fresh", "session.both"]


def test_a_parent_that_is_no_object_is_refused() -> None:
    """A client's mistake is told at its place; a server's means that nothing is there."""
    with pytest.raises(Refused) as refused:
        SHAPE.to_preview({"sound": 5}, asked())
    assert (refused.value.code, refused.value.param) == ("invalid_value", "session.sound")
    assert SHAPE.to_preview({"sound": 5}, Passage(asked=False)) == {"old": 7}


def test_where_both_sides_keep_nothing_is_dropped() -> None:
    """There and back, everything is still there."""
    given = {"name": "n", "loud": 1, "old": 1, "secret": 2, "newer": 3, "nonsense": 4, "both": 5, "fresh": 6}
    keep = asked(keep=True)
    assert SHAPE.to_preview(SHAPE.to_ga(given, keep), keep) == {**given, "loud": 4}


def test_an_object_stays_as_it_is() -> None:
    """Translation makes a new object."""
    given = {"sound": {"volume": 2}}
    SHAPE.to_preview(given, asked())
    assert given == {"sound": {"volume": 2}}


def test_fetching_follows_a_path() -> None:
    """What is not there is missing, wherever the path breaks off; an empty path leads nowhere."""
    given = {"a": {"b": 1}}
    assert [fetch(given, ("a", "b")), fetch(given, ("a", "c"), 5), fetch(given, ("a", "b", "c"), 5)] == [1, 5, 5]
    assert fetch(given, ()) is OMIT
