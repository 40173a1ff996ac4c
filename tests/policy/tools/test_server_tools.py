"""Tests of app.policy.tools.server_tools: who is told what came of a call."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import ValidationError

from app.policy.chain import Filter
from app.policy.tools import Failed, ServerTool, ToolRules
from tests.policy.tools.calling import (
    FAILED,
    begins,
    calls_hidden,
    created,
    done,
    follow_up,
    joins,
    message,
    output,
    passes,
    tools,
    unseen,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]
    Results = Literal["server", "client", "both"]

SHOWN = '{"status": "shown to the user"}'
RELAYS: dict[str, Any] = {"type": "relay.tool_result", "name": "search", "call_id": "call_c1", "result": "found"}
VOICERAG: dict[str, Any] = {
    "type": "extension.middle_tier_tool_response",
    "previous_item_id": "u1",
    "tool_name": "search",
    "tool_result": "found",
}

TOLD: list[tuple["Results", bool, str, dict[str, Any] | None, str]] = [
    # who gets results, whether the client opted in, how it is told; what it is told, and what the model reads
    ("server", True, "relay", None, "found"),
    ("server", False, "voicerag", None, "found"),
    ("client", True, "relay", RELAYS, SHOWN),
    ("client", False, "relay", None, "found"),
    ("client", False, "voicerag", VOICERAG, SHOWN),
    ("client", True, "voicerag", VOICERAG, SHOWN),
    ("both", True, "relay", RELAYS, "found"),
    ("both", False, "relay", None, "found"),
    ("both", False, "voicerag", VOICERAG, "found"),
]


def begun(script: "Playbook") -> None:
    """Let a user's item and a response with a call stand in the conversation."""
    passes(script, joins(message("u1", role="user")))
    unseen(script, created())
    calls_hidden(script, "c1")
    unseen(script, joins({"id": "c1", "type": "function_call", "name": "search", "call_id": "call_c1"}, "u1"))


@pytest.mark.parametrize("row", TOLD)
def test_who_is_told(play: "Play", row: tuple["Results", bool, str, dict[str, Any] | None, str]) -> None:
    """The model and the client, as the tool says; a client that can't be told leaves it to the model."""
    results, opted_in, announce, shown, read = row
    tool = ServerTool("search", {}, results)
    script = play([tools({"search": tool}, opted_in=opted_in, announce=announce)])
    begun(script)
    unseen(script, done({"id": "c1", "type": "function_call", "name": "search", "call_id": "call_c1"}))
    script >> ("done", ("tool_call_c1", "found"))
    if shown is not None:
        script << ("to client", {**shown, "event_id": "event_relay_s1_1"})
    script << output(1 + (shown is not None), "call_c1", read) << follow_up(2 + (shown is not None))


FAILURES = [(RuntimeError("secret"), FAILED), (Failed("No such page."), "No such page."), (None, FAILED)]


@pytest.mark.parametrize(("result", "read"), FAILURES)
def test_a_failure_is_not_shown(play: "Play", result: object, read: str) -> None:
    """The model is told, and can say it in words."""
    script = play([tools({"search": ServerTool("search", {}, "client")}, opted_in=True)])
    begun(script)
    script >> ("done", ("tool_call_c1", result))
    script >> ("upstream", done()) << output(1, "call_c1", read) << follow_up(2)


def test_a_result_is_shown_when_it_is_there(play: "Play") -> None:
    """It waits neither for the end of the response nor for other tools."""
    script = play([tools({"search": ServerTool("search", {}, "both")}, announce="voicerag")])
    begun(script)
    unseen(script, begins({"id": "c2", "type": "function_call", "name": "search", "call_id": "call_c2"}, 1))
    script >> ("done", ("tool_call_c1", "found")) << ("to client", {**VOICERAG, "event_id": "event_relay_s1_1"})


@pytest.mark.parametrize("given", [{"max_rounds": 0}, {"announce": "loudly"}, {"rounds": 3}])
def test_rules_that_make_no_sense(given: dict[str, Any]) -> None:
    """Are refused when the profile is read."""
    with pytest.raises(ValidationError):
        ToolRules(**given)


def test_rules_by_default() -> None:
    """Eight rounds; results are shown in the relay's own words."""
    assert (ToolRules().max_rounds, ToolRules().announce) == (8, "relay")
