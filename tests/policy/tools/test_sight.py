"""Tests of app.policy.tools.sight: what the client sees of a conversation in which the server calls tools."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.actions import ToClient
from app.policy.chain import Chain, Filter
from app.protocol.frame import Frame, Spelt
from tests.policy.tools.calling import (
    ASK,
    TOOLS,
    answer,
    begins,
    call,
    calls_hidden,
    created,
    done,
    ends,
    joins,
    message,
    part,
    passes,
    sends,
    tools,
    unseen,
    whole,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

SAID = message("m1")
ASIDE: dict[str, Any] = {"conversation_id": None}
COMMITTED = {"type": "input_audio_buffer.committed", "item_id": "u1"}


def test_nothing_of_a_hidden_call_shows(play: "Play") -> None:
    """Whatever event is about it, and about its output."""
    script = play([tools()])
    unseen(script, created())
    calls_hidden(script, "c1")
    for kind in ("response.function_call_arguments.delta", "response.function_call_arguments.done"):
        unseen(script, part("c1", kind, call_id="call_c1"))
    out = answer("o1", "call_c1")
    unseen(script, joins(out, "c1"), whole(out, "c1"), {**joins(out, "c1"), "type": "conversation.item.created"})
    for item in (call("c1"), out):
        unseen(script, {"type": "conversation.item.retrieved", "item": item})
        unseen(script, {"type": "conversation.item.truncated", "item_id": item["id"]})
        unseen(script, {"type": "conversation.item.deleted", "item_id": item["id"]})


def test_predecessors_are_the_nearest_that_can_be_seen(play: "Play") -> None:
    """In every event that tells one, also when that is gone, or another has been put between."""
    script = play([tools()])
    passes(script, joins(message("u0", role="user")))
    unseen(script, joins(call("c1"), "u0"), joins(answer("o1", "call_c1"), "c1"))
    later = message("u1", role="user")
    for event in (joins(later, "o1"), whole(later, "o1"), {**COMMITTED, "previous_item_id": "c1"}):
        script >> ("upstream", event) << ("to client", {**event, "previous_item_id": "u0"})
    passes(script, joins(message("between", role="user"), "u0"))
    script >> ("upstream", whole(later, "o1")) << ("to client", whole(later, "between"))
    for gone, expected in (("between", "u0"), ("u0", None)):
        passes(script, {"type": "conversation.item.deleted", "item_id": gone})
        script >> ("upstream", whole(later, "o1")) << ("to client", whole(later, expected))


def test_a_hidden_item_is_known_by_what_it_is(play: "Play") -> None:
    """Whichever of its events comes first."""
    script = play([tools()])
    unseen(script, created(), joins(call("c1", status="in_progress")), begins(call("c1")))
    script >> ("upstream", ends(call("c1"))) << ("start", "tool_call_c1")


def test_a_hidden_item_that_nobody_placed_stands_at_the_end(play: "Play") -> None:
    """Until the service tells its place."""
    script = play([tools()])
    passes(script, joins(message("u0", role="user")))
    unseen(script, created(), begins(call("c1")))
    told = {**COMMITTED, "previous_item_id": "c1"}
    script >> ("upstream", told) << ("to client", {**told, "previous_item_id": "u0"})
    unseen(script, joins(call("c1")))
    script >> ("upstream", told) << ("to client", {**told, "previous_item_id": None})


def test_a_visible_item_may_join_before_its_response_tells(play: "Play") -> None:
    """An item in progress is a response's: it begins the response for the client."""
    script = play([tools()])
    unseen(script, created())
    passes(script, joins(message("u1", role="user")))
    item = message("m1", "in_progress")
    script >> ("upstream", joins(item)) << ("to client", created()) << ("to client", joins(item))
    passes(script, begins(SAID))


def test_what_belongs_to_no_response_passes_meanwhile(play: "Play") -> None:
    """A transcript, for one, while nobody knows what the response will be; an item of the client's."""
    script = play([tools()])
    unseen(script, created())
    passes(script, {"type": "conversation.item.input_audio_transcription.completed", "item_id": "u1"})
    passes(script, joins(message("u2", role="user")))
    unseen(script, done(*calls_hidden(script, "c1")))
    passes(script, joins(message("m9", "in_progress")), {"type": "rate_limits.updated", "rate_limits": []})


def test_a_response_that_shows_itself_out_of_order(play: "Play") -> None:
    """Any event of its that the client can see begins it."""
    script = play([tools()])
    unseen(script, created())
    script >> ("upstream", part("m1")) << ("to client", created()) << ("to client", part("m1"))


def test_audio_passes_unread() -> None:
    """It is read only where a hidden item before it has moved its index."""
    chain = Chain([tools()])
    for event in (created(), begins(SAID)):
        chain.from_upstream(Frame.of(event), 0.0)
    for kind in ("response.output_audio.delta", "response.output_text.delta"):
        frame = Spelt(kind, text=b"this would not parse")
        assert chain.from_upstream(frame, 0.0) == [ToClient(frame)]


def test_audio_passes_unread_while_tools_are_at_work() -> None:
    """A response that has ended has no more of it, whatever of it is kept from the client or has moved."""
    chain = Chain([tools()])
    frame = Spelt("response.output_audio.delta", text=b"this would not parse")
    for number, *items in ("1", call("c1")), ("2", call("c2"), SAID):
        chain.from_upstream(Frame.of(created(f"r{number}")), 0.0)
        for index, item in enumerate(items):
            chain.from_upstream(Frame.of(begins(item, index, f"r{number}")), 0.0)
            chain.from_upstream(Frame.of(ends(item, index, f"r{number}")), 0.0)
        chain.from_upstream(Frame.of(done(*items, response_id=f"r{number}")), 0.0)
        assert chain.from_upstream(frame, 0.0) == [ToClient(frame)]


def test_what_is_not_changed_is_the_same_frame() -> None:
    """So that it goes out as it came, byte for byte."""
    chain = Chain([tools()])
    chain.from_upstream(Frame.of(created()), 0.0)
    chain.from_upstream(Frame.of(begins(SAID)), 0.0)
    for event in (joins(SAID), part("m1", "response.content_part.added"), ends(SAID), done(SAID)):
        frame = Frame.of(event)
        assert chain.from_upstream(frame, 0.0) == [ToClient(frame)]


def test_places_are_counted_without_the_hidden(play: "Play") -> None:
    """In all events of a response that tell one; what tells none is left alone."""
    script = play([tools()])
    unseen(script, created())
    calls_hidden(script, "c1")
    other = message("m2")
    script >> ("upstream", begins(SAID, 1)) << ("to client", created()) << ("to client", begins(SAID, 0))
    calls_hidden(script, "c2", first=2)
    script >> ("upstream", begins(other, 3)) << ("to client", begins(other, 1))
    for kind in ("response.output_text.delta", "response.content_part.added"):
        script >> ("upstream", part("m2", kind, index=3)) << ("to client", part("m2", kind, index=1))
    passes(script, {"type": "response.news", "response_id": "r1"})
    passes(script, {"type": "response.output_item.added", "response_id": "r1", "item": None})


def test_a_response_out_of_band_is_shown_but_for_its_calls(play: "Play") -> None:
    """They are hidden and not made: nobody could be told what came of them."""
    each = tools()
    script = play([each])
    passes(script, created(**ASIDE))
    unseen(script, begins(call("c1")), part("c1", "response.function_call_arguments.delta"), ends(call("c1")))
    assert not each.busy
    script >> ("upstream", begins(SAID, 1)) << ("to client", begins(SAID, 0))
    script >> ("upstream", done(call("c1"), SAID, **ASIDE)) << ("to client", done(SAID, **ASIDE))
    sends(script, {"type": "conversation.item.retrieve", "item_id": "c1"})


def test_who_asked_for_it_out_of_band_knows(play: "Play") -> None:
    """Where the response itself does not tell what it belongs to."""
    script = play([tools()])
    sends(script, {"type": "response.create", "response": {"conversation": "none"}})
    event = {"type": "response.created", "response": {"id": "r1"}}
    passes(script, event)
    unseen(script, begins(call("c1")), ends(call("c1")))


def test_a_response_nobody_knows_of(play: "Play") -> None:
    """Hidden items of it stay hidden; the rest passes, as the client counts it."""
    script = play([tools()])
    unseen(script, begins(call("c1")), part("c1", "response.function_call_arguments.done", call_id="call_c1"))
    script >> ("upstream", begins(SAID, 1)) << ("to client", begins(SAID, 0))
    script >> ("upstream", part("m1", index=1)) << ("to client", part("m1", index=0))
    script >> ("upstream", done(call("c1", status="incomplete"), SAID)) << ("to client", done(SAID))
    for odd in ({}, {"id": 7}, None, "odd"):
        passes(script, {"type": "response.created", "response": odd}, {"type": "response.done", "response": odd})


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("conversation.item.added", {"item": {"id": "x1", "type": "mcp_list_tools"}}),
    ("mcp_list_tools.completed", {"item_id": "x1"}),
    (
        "response.output_item.added",
        {"response_id": "r1", "output_index": 0, "item": {"id": "x2", "type": "mcp_call"}},
    ),
    ("response.mcp_call_arguments.delta", {"response_id": "r1", "item_id": "x2", "delta": "{"}),
    ("response.mcp_call.in_progress", {"item_id": "x2", "output_index": 0}),
    ("response.output_item.added", {"response_id": "r1", "item": {"id": "x3", "type": "mcp_approval_request"}}),
]


@pytest.mark.parametrize("hidden", [True, False])
def test_the_services_own_steps_with_mcp(play: "Play", hidden: bool) -> None:  # noqa: FBT001 - a row of a table
    """Are hidden where tools are hidden; a response of nothing else is told as an empty one."""
    script = play([tools() if hidden else tools({"seen": TOOLS["seen"]})])
    begun, over = created(), done({"id": "x2", "type": "mcp_call"})
    (unseen if hidden else passes)(script, begun)
    for kind, fields in STEPS:
        (unseen if hidden else passes)(script, {"type": kind, **fields})
    script >> ("upstream", over)
    if hidden:
        script << ("to client", begun)
    script << ("to client", done() if hidden else over)


def test_odd_items_pass(play: "Play") -> None:
    """What has no id or no type is nobody's to hide; it is shown as it came."""
    script = play([tools()])
    for item in (None, {}, {"id": "i1"}, {"type": "function_call"}, "odd"):
        for kind in ("conversation.item.added", "response.output_item.added", "response.output_item.done"):
            passes(script, {"type": kind, "item": item})
    unseen(script, {"type": "response.output_item.added", "item": {"type": "function_call", "name": "search"}})
    sends(script, ASK)
