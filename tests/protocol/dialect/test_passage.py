"""Tests of app.protocol.dialect.passage: who asks is refused, who reports is not."""

import pytest

from app.errors import Refused
from app.protocol.dialect.passage import MAX_QUOTED, Once, Passage, ignore, invalid, unknown


def test_each_warning_is_passed_on_once() -> None:
    """The same words are said once, others too."""
    said: list[str] = []
    warn = Once(said.append)
    for words in ("a", "b", "a"):
        warn(words)
    assert said == ["a", "b"]


def test_nobody_is_warned_by_default() -> None:
    """A passage without a listener warns nobody, and a report loses nothing that anybody asked for."""
    ignore("a")
    said: list[str] = []
    Passage(asked=False, path="session", warn=said.append).dropped("speed")
    assert said == []


def test_places_are_named_by_path_and_index() -> None:
    """A name follows a dot, an index does not."""
    assert Passage(asked=True, path="session").at("tools").at("[0]").path == "session.tools[0]"


@pytest.mark.parametrize(
    ("asked", "keep", "strict"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_only_a_client_without_an_equal_is_refused(asked: bool, keep: bool, strict: bool) -> None:  # noqa: FBT001 - rows of a table
    """A server's report and a client of the upstream's own generation pass as they are."""
    passage = Passage(asked=asked, path="session.voice", keep=keep)
    if strict:
        with pytest.raises(Refused):
            passage.tolerated(5)
    else:
        assert passage.tolerated(5) == 5


def test_a_refusal_lists_what_would_be_right() -> None:
    """The place and the values known; nothing of what was sent."""
    refused = invalid("session.voice", ["alloy", "ash"])
    assert refused.message == "Invalid value for 'session.voice'. Supported values are: 'alloy', 'ash'."
    assert invalid("session.voice").message == "Invalid value for 'session.voice'."


def test_an_unknown_key_is_quoted_in_part() -> None:
    """A key is the client's own; a long one is cut."""
    refused = unknown("session." + "x" * 999)
    assert refused.param == ("session." + "x" * 999)[:MAX_QUOTED]
    assert refused.code == "unknown_parameter"
