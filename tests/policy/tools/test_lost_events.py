"""Tests of app.policy.tools: a service that forgets an event or says it twice leaves nobody without an answer."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from app.policy.chain import Filter
from app.policy.tools.filter import SILENT
from tests.policy.tools.calling import (
    ASK,
    CANCELLED,
    Desk,
    Event,
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

ITEM = call("c1")
SILENTLY: Event = {key: value for key, value in ITEM.items() if key != "status"}
SAID = message("m1")
LOST: Event = {"status": "cancelled", "status_details": {"type": "cancelled"}, "output": []}


def lost(number: int, response_id: str = "r1", **told: object) -> tuple[str, Event]:
    """Return the end that the client is told of a response whose end the service forgot."""
    response = {"object": "realtime.response", "id": response_id, **told, **LOST}
    return "to client", {"type": "response.done", "event_id": f"event_relay_s1_{number}", "response": response}


@pytest.fixture
def script(play: "Play") -> "Playbook":
    """A conversation in which the client has asked."""
    script = play([tools()])
    sends(script, ASK)
    return script


@pytest.mark.parametrize("item", [ITEM, SILENTLY])
def test_a_call_may_stand_in_the_end_alone(script: "Playbook", item: Event) -> None:
    """It is begun then, hidden as any other, and followed up; so is one whose item ends without a status."""
    unseen(script, created())
    script >> ("upstream", done(item)) << ("start", "tool_call_c1")
    unseen(script, part("c1", "conversation.item.done"))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)


def test_a_call_may_end_without_a_status(script: "Playbook") -> None:
    """It is whole then."""
    unseen(script, created(), begins(ITEM))
    script >> ("upstream", ends(SILENTLY)) << ("start", "tool_call_c1")
    unseen(script, ends(ITEM), done(ITEM), done(ITEM), ends(call("c2")))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    unseen(script, done(ITEM), created(), ends(call("c3")))


def test_the_end_of_one_that_was_cut_short_begins_nothing(script: "Playbook") -> None:
    """What its output calls is answered as cancelled; what is no item, or another's call, is no matter."""
    unseen(script, created())
    odd = done(ITEM, call("w1", "weather"), status="cancelled")
    odd["response"]["output"].append("odd")
    shown = done(call("w1", "weather"), status="cancelled")
    shown["response"]["output"].append("odd")
    (
        script
        >> ("upstream", odd)
        << ("to client", created())
        << ("to client", shown)
        << output(1, "call_c1", CANCELLED)
    )


def test_outside_the_conversation_the_end_calls_nobody(script: "Playbook") -> None:
    """As nothing in such a response does."""
    script >> ("upstream", created(conversation_id=None)) << ("to client", created(conversation_id=None))
    script >> ("upstream", done(ITEM, conversation_id=None)) << ("to client", done(conversation_id=None))


@pytest.mark.parametrize("end", [done(ITEM), {"type": "response.done"}, {"type": "response.done", "response": {}}])
def test_a_response_may_never_begin(script: "Playbook", end: Event) -> None:
    """The first that names it begins it; an end without an id is its end."""
    unseen(script, begins(ITEM), joins(call("c1", status="in_progress")))
    script >> ("upstream", ends(ITEM)) << ("start", "tool_call_c1")
    script >> ("upstream", end) << ("to client", done() if end == done(ITEM) else end)
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)


def test_a_beginning_that_is_told_again(script: "Playbook") -> None:
    """Changes nothing."""
    unseen(script, created(), created())
    calls_hidden(script, "c1")
    unseen(script, created(), done(ITEM))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)


def test_the_next_response_ends_one_that_never_ended(script: "Playbook") -> None:
    """Its calls are answered as cancelled, what waited goes, and its late end is nobody's."""
    unseen(script, created())
    calls_hidden(script, "c1", "c2")
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("client", ASK)
    script >> ("upstream", created("r2")) << ("cancel", "tool_call_c2")
    script << output(2, "call_c1") << output(3, "call_c2", CANCELLED) << ("to upstream", ASK)
    unseen(script, done(ITEM))
    script >> ("upstream", begins(SAID, 0, "r2"))
    script << ("to client", created("r2")) << ("to client", begins(SAID, 0, "r2"))


def test_the_client_hears_the_end_of_what_it_has_seen(script: "Playbook") -> None:
    """Before the next response begins, which a response outside the conversation does not do."""
    script >> ("upstream", created()) >> ("upstream", begins(SAID))
    script << ("to client", created()) << ("to client", begins(SAID))
    passes(script, created("r0", conversation_id=None))
    script >> ("upstream", created("r2")) << lost(1, conversation_id="conv")
    passes_last = done(response_id="r2")
    script >> ("upstream", passes_last) << ("to client", created("r2")) << ("to client", passes_last)


def test_a_response_that_falls_silent_is_over(play: "Play") -> None:
    """Where nothing but its end is missing: the client hears that it is, and what waited goes."""
    each = tools()
    script = play([each])
    unseen(script, created())
    calls_hidden(script, "c1")
    assert each.wake_at is None
    script.at(5.0) >> ("upstream", part("c1", "response.function_call_arguments.delta"))
    script.at(20.0) >> ("done", ("tool_call_c1", "found"))
    script >> ("client", ASK)
    assert each.wake_at == 5.0 + SILENT
    script.at(4.0 + SILENT) >> ("tick", None)
    script.at(5.0 + SILENT) >> ("tick", None) << ("to client", created()) << lost(1, conversation_id="conv")
    script << output(2, "call_c1") << ("to upstream", ASK)
    assert not each.busy
    assert each.wake_at is None


def test_a_response_that_speaks_is_not_silent(play: "Play") -> None:
    """Though nobody reads what it says."""
    each = tools()
    script = play([each])
    unseen(script, created())
    script >> ("upstream", begins(SAID)) << ("to client", created()) << ("to client", begins(SAID))
    calls_hidden(script, "c1", first=1)
    script >> ("done", ("tool_call_c1", "found"))
    passes(script.at(6.0), part("m1"))
    script.at(SILENT) >> ("tick", None)
    assert each.wake_at == 6.0 + SILENT
    script.at(6.0 + SILENT) >> ("tick", None) << lost(1, conversation_id="conv") << output(2, "call_c1")


def test_arguments_that_are_no_string(play: "Play") -> None:
    """The tool is called without any, and will say what is wrong."""
    desk = Desk()
    script = play([tools(desk=desk)])
    unseen(script, created())
    script >> ("upstream", ends({**ITEM, "arguments": ["{}"]})) << ("start", "tool_call_c1")
    assert desk.calls[0].arguments == ""


def test_errors_about_what_others_said_go_on_to_them(script: "Playbook") -> None:
    """Whoever in the relay said it stands nearer to the client; it itself hears of neither."""
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    error: Event = {"type": "error", "error": {"code": "x", "message": "call_c1", "event_id": "event_relay_s1_1"}}
    unseen(script, error)
    passes(script, {**error, "error": {**error["error"], "event_id": "event_relay_s1_77"}})
