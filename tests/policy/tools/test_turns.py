"""Tests of app.policy.tools together with app.policy.turns: one `response.create` at a time, whoever asks."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from app.policy.chain import Filter
from app.policy.teller import Teller
from app.policy.tools import ToolRules, Tools
from app.policy.turns import TurnGuard, TurnRules
from tests.policy.tools.calling import (
    ASK,
    INTERRUPTED,
    SPEECH,
    TOOLS,
    Desk,
    Event,
    calls_hidden,
    created,
    done,
    follow_up,
    output,
    sends,
    unseen,
)
from tests.policy.turns.turning import Noted

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]


def request(name: str, **response: object) -> Event:
    """Return a request of the client's, by name."""
    return {**ASK, "event_id": name, "response": {"instructions": name, **response}}


@pytest.fixture
def script(play: "Play") -> "Playbook":
    """A conversation with both filters."""
    teller = Teller("s1")
    each = Tools(TOOLS, ToolRules(), Desk(), teller)
    return play([each, TurnGuard(TurnRules(guard=True), teller, Noted(), lambda: each.busy)])


def test_a_follow_up_goes_up_when_its_response_has_ended(script: "Playbook") -> None:
    """Also where the results are there before."""
    sends(script, request("e1"))
    unseen(script, created())
    items = calls_hidden(script, "c1")
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("upstream", done(*items)) << output(1, "call_c1") << follow_up(2, instructions="e1")


def test_a_request_that_waited_already_is_the_one(script: "Playbook") -> None:
    """It stands for the follow-up, and what it asks for is what the next one repeats."""
    sends(script, request("e1"))
    unseen(script, created())
    script >> ("client", request("e2"))
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << ("to upstream", request("e2"))
    unseen(script, created("r2"))
    unseen(script, done(*calls_hidden(script, "c2", response_id="r2"), response_id="r2"))
    script >> ("done", ("tool_call_c2", "found")) << output(3, "call_c2") << follow_up(4, instructions="e2")


def test_a_request_that_comes_while_outputs_are_owed_is_the_one(script: "Playbook") -> None:
    """It goes up behind all of them."""
    sends(script, request("e1"))
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1", "c2")))
    script >> ("client", request("e2"))
    script >> ("done", ("tool_call_c2", "found"))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << output(2, "call_c2")
    script << ("to upstream", request("e2"))


def test_an_interruption_lets_the_next_request_go(script: "Playbook") -> None:
    """Nothing is left to wait for."""
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    details = {"type": "cancelled", "reason": "turn_detected"}
    script >> ("upstream", SPEECH) << ("to client", SPEECH) << ("cancel", "tool_call_c1")
    script << ("to client", created()) << ("to client", done(status="cancelled", status_details=details))
    script << output(1, "call_c1", INTERRUPTED)
    sends(script, request("e1"))


def test_a_follow_up_waits_for_a_response_that_began_by_itself(script: "Playbook") -> None:
    """A request that comes meanwhile stands for it."""
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    unseen(script, created("r2"))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1")
    script >> ("client", request("e1"))
    script >> ("upstream", done(response_id="r2"))
    script << ("to client", created("r2")) << ("to client", done(response_id="r2"))
    script << ("to upstream", request("e1"))
    unseen(script, created("r3"))
    unseen(script, done(*calls_hidden(script, "c3", response_id="r3"), response_id="r3"))
    script >> ("done", ("tool_call_c3", "found")) << output(3, "call_c3") << follow_up(4, instructions="e1")


def test_a_follow_up_that_is_refused_leaves_nobody_waiting(script: "Playbook") -> None:
    """The client had seen nothing yet: it gets the response that was kept from it, as one that failed."""
    sends(script, request("e1"))
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2, instructions="e1")
    error = {"code": "server_error", "message": "No.", "event_id": "event_relay_s1_2"}
    details = {"type": "failed", "error": {"type": "server_error", "code": "follow_up_refused"}}
    script >> ("upstream", {"type": "error", "error": error})
    script << ("to client", created()) << ("to client", done(status="failed", status_details=details))
    sends(script, request("e2"))


def test_a_follow_up_that_has_begun_is_no_longer_owed(script: "Playbook") -> None:
    """A late error about it tells the client nothing."""
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    unseen(script, created("r2"))
    unseen(script, {"type": "error", "error": {"code": "server_error", "event_id": "event_relay_s1_2"}})
