"""Tests of app.policy.session_fields.tool_lists.

The server's tools are always on offer, and the client never learns of them.
"""

from typing import Any

import pytest

from app.policy.session_fields.fields import OMIT
from app.policy.session_fields.tool_lists import ToolLists

LOOKUP = {"type": "function", "name": "lookup", "description": "The server's."}
MINE = {"type": "function", "name": "mine"}
RULED = {"type": "function", "name": "ruled"}
MCP = {"type": "mcp", "server_label": "a"}


@pytest.fixture
def lists() -> ToolLists:
    """One tool of the server's, one that a rule names, and functions only."""
    return ToolLists([LOOKUP], [RULED, LOOKUP])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([MINE], [MINE]),
        ([], []),
        ([{**MINE, "name": "lookup"}, MINE], [MINE]),
        ([MCP, {"name": "untyped"}, {"type": "function"}, {"type": "function", "name": ["a"]}, "a", None], []),
        ({"0": MINE}, OMIT),
        (None, OMIT),
    ],
)
def test_a_client_offers_functions_of_its_own(lists: ToolLists, value: Any, expected: Any) -> None:
    """Of another name than the server's have; nothing else is read as a tool."""
    assert lists.offered(value) == expected


def test_where_everything_else_is_free_it_offers_what_it_likes() -> None:
    """As it is, where the server has none; a name of the server's it never has."""
    assert ToolLists([], foreign=True).offered("anything") == "anything"
    free = ToolLists([LOOKUP], foreign=True)
    assert free.offered([MCP, {"odd": 1}, LOOKUP]) == [MCP, {"odd": 1}]
    assert free.offered("anything") is OMIT


def test_the_servers_stand_first(lists: ToolLists) -> None:
    """Once each; where there are none, the list is the client's."""
    assert lists.beside([MINE, LOOKUP]) == [LOOKUP, MINE]
    assert ToolLists([]).beside([MINE]) == [MINE]
    assert lists.without([LOOKUP, MINE, "a"]) == [MINE, "a"]
    assert lists.without("a") == []


def test_a_client_calls_for_what_it_knows(lists: ToolLists) -> None:
    """The word for any, its own tools and those that it runs by a rule; the server's it cannot know."""
    choices: list[Any] = ["required", {"type": "function", "name": "ruled"}, MINE, LOOKUP, MCP, 5, {}]
    assert [lists.may_choose(each) for each in choices] == [True, True, False, False, False, False, False]
    lists.remember([MINE])
    assert [lists.may_choose(each) for each in choices] == [True, True, True, False, False, False, False]
    assert not lists.may_choose(MINE, [])
    assert lists.may_choose(MINE, [MINE])
    assert lists.names_servers({"type": "function", "name": "lookup"})


def test_without_tools_of_the_servers_any_choice_goes() -> None:
    """It is the service's to refuse."""
    assert ToolLists([]).may_choose({"name": "lookup"})
    free = ToolLists([LOOKUP], foreign=True)
    assert free.may_choose(MCP)
    assert not free.may_choose({**MCP, "name": "lookup"})


def test_an_index_counts_the_clients_own(lists: ToolLists) -> None:
    """One that points at a server's tool has no words for the client."""
    assert lists.shifted("'session.tools[1].name' and tools[12]") == "'session.tools[0].name' and tools[11]"
    assert lists.shifted("tools[1] differs from tools[0]") is None
    assert lists.shifted("tools[" + "9" * 5000 + "]") == "tools[" + "9" * 5000 + "]"
    assert ToolLists([]).shifted("tools[0]") == "tools[0]"
