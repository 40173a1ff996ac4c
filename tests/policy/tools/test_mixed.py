"""Tests of app.policy.tools: responses in which hidden calls stand beside what the client sees."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from tests.policy.tools.calling import (
    ASK,
    INTERRUPTED,
    SPEECH,
    begins,
    call,
    calls_hidden,
    created,
    done,
    ends,
    follow_up,
    joins,
    message,
    output,
    part,
    passes,
    sends,
    tools,
    unseen,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

CLIENTS = call("v1", "weather")
ANSWER = {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_v1"}}


def began(script: "Playbook", first: dict[str, Any], index: int = 0) -> None:
    """The first thing that the client sees of a response brings the response's own beginning."""
    script >> ("upstream", begins(first, index))
    script << ("to client", created()) << ("to client", begins(first))


def test_a_message_before_a_call(play: "Play") -> None:
    """The client sees a response with a message; it ends for the client when it ends, whatever the tool does."""
    script = play([tools()])
    said = message("m1")
    unseen(script, created())
    began(script, said)
    passes(script, part("m1"), ends(said))
    (item,) = calls_hidden(script, "c1", first=1)
    script >> ("upstream", done(said, item)) << ("to client", done(said))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)


def test_a_call_before_a_message(play: "Play") -> None:
    """The client counts the output from the message on."""
    script = play([tools()])
    said = message("m1")
    unseen(script, created())
    (item,) = calls_hidden(script, "c1")
    began(script, said, 1)
    script >> ("upstream", joins(said, "c1")) << ("to client", joins(said))
    script >> ("upstream", part("m1", index=1)) << ("to client", part("m1", index=0))
    script >> ("upstream", ends(said, 1)) << ("to client", ends(said))
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("upstream", done(item, said)) << ("to client", done(said))
    script << output(1, "call_c1") << follow_up(2)


def test_the_client_answers_its_own_call(play: "Play") -> None:
    """Beside a hidden one: its output passes, its `response.create` waits and is the only one."""
    each = tools()
    script = play([each])
    unseen(script, created())
    items = calls_hidden(script, "c1")
    began(script, CLIENTS, 1)
    script >> ("upstream", ends(CLIENTS, 1)) << ("to client", ends(CLIENTS))
    script >> ("upstream", done(*items, CLIENTS)) << ("to client", done(CLIENTS))
    sends(script, ANSWER)
    script >> ("client", ASK)
    assert each.busy
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << ("to upstream", ASK)
    assert not each.busy


def test_the_client_answers_its_own_call_later(play: "Play") -> None:
    """The hidden output goes up alone and ends what was owed; the client asks when it is ready."""
    each = tools()
    script = play([each])
    unseen(script, created())
    began(script, CLIENTS)
    passes(script, ends(CLIENTS))
    items = calls_hidden(script, "c1", first=1)
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("upstream", done(CLIENTS, *items)) << ("to client", done(CLIENTS)) << output(1, "call_c1")
    assert not each.busy
    sends(script, ANSWER, ASK)


def test_a_request_takes_the_place_of_the_follow_up(play: "Play") -> None:
    """A client that asks while outputs are owed gets what it asked for, and all that follows it in turn."""
    script = play([tools()])
    asked = {"type": "response.create", "response": {"instructions": "Be brief."}}
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1", "c2")))
    script >> ("client", asked)
    script >> ("client", ASK)
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("done", ("tool_call_c2", "found"))
    script << output(1, "call_c1") << output(2, "call_c2") << ("to upstream", asked) << ("to upstream", ASK)


def test_a_request_out_of_band_waits_for_nothing(play: "Play") -> None:
    """It is no answer to the calls, and they are followed up."""
    aside = {"type": "response.create", "response": {"conversation": "none"}}
    script = play([tools()])
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    sends(script, aside)
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)


def test_who_asks_too_often_is_refused(play: "Play") -> None:
    """As the service would, whose response is still in progress; what waits is asked for when it may be."""
    script = play([tools()])
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    for number in range(16):
        script >> ("client", {**ASK, "event_id": f"e{number}"})
    script >> ("client", ASK) << ("refused", "conversation_already_has_active_response")
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1")
    for number in range(16):
        script << ("to upstream", {**ASK, "event_id": f"e{number}"})


@pytest.mark.parametrize("results", [("tool_call_c1", "tool_call_c2"), ("tool_call_c2", "tool_call_c1")])
def test_two_responses_that_are_owed_for(play: "Play", results: Sequence[str]) -> None:
    """The service may begin one by itself while tools are at work; a waiting request needs the outputs of both."""
    each = tools()
    script = play([each])
    for number in ("1", "2"):
        unseen(script, created(f"r{number}"))
        items = calls_hidden(script, f"c{number}", response_id=f"r{number}")
        unseen(script, done(*items, response_id=f"r{number}"))
    script >> ("client", ASK)
    script >> ("done", (results[0], "found")) << output(1, results[0].removeprefix("tool_"))
    assert each.busy
    script >> ("done", (results[1], "found")) << output(2, results[1].removeprefix("tool_"))
    script << ("to upstream", ASK)


def test_a_request_that_waits_outlives_an_interruption(play: "Play") -> None:
    """The client asked for it, and nobody else would tell it that there is no answer."""
    script = play([tools()])
    unseen(script, created())
    began(script, CLIENTS)
    passes(script, ends(CLIENTS))
    items = calls_hidden(script, "c1", first=1)
    script >> ("upstream", done(CLIENTS, *items)) << ("to client", done(CLIENTS))
    script >> ("client", ASK)
    script >> ("upstream", SPEECH) << ("to client", SPEECH) << ("cancel", "tool_call_c1")
    script << output(1, "call_c1", INTERRUPTED) << ("to upstream", ASK)


def test_a_request_that_waits_for_a_call_cut_short(play: "Play") -> None:
    """Nothing is owed for what was never whole; the request goes on when the response has ended."""
    script = play([tools()])
    unseen(script, created(), begins(call("c1")))
    script >> ("client", ASK)
    unseen(script, ends(call("c1", status="incomplete")))
    script >> ("upstream", done(call("c1", status="incomplete"), status="cancelled"))
    script << ("to client", created()) << ("to client", done(status="cancelled")) << ("to upstream", ASK)


def test_large_requests_do_not_pile_up(play: "Play") -> None:
    """However few they are: eight mebibytes wait at most."""
    script = play([tools()])
    unseen(script, created())
    calls_hidden(script, "c1")
    large = {**ASK, "response": {"instructions": "x" * (5 * 2**20)}}
    script >> ("client", large) >> ("client", large) << ("refused", "conversation_already_has_active_response")
