"""Tests of app.policy.tools: a server's tool is called and answered, and the client hears nothing of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Chain, Filter, Outbox
from app.policy.tools import ToolCall, Tools
from app.protocol.frame import Frame
from tests.policy.tools.calling import (
    ASK,
    FAILED,
    SPEECH,
    TOOLS,
    Desk,
    answer,
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
    whole,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

ARGUMENTS: dict[str, Any] = {"call_id": "call_c1"}


def test_a_hidden_call_becomes_the_clients_answer(play: "Play") -> None:
    """It asks once and gets one response: the one that follows the call; nothing between shows."""
    each = tools()
    script = play([each])
    sends(script, ASK)
    unseen(script, created())
    (item,) = calls_hidden(script, "c1")
    unseen(script, done(item))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    unseen(script, joins(answer("o1", "call_c1"), "c1"), whole(answer("o1", "call_c1"), "c1"))
    unseen(script, created("r2"))
    said = message("m1")
    script >> ("upstream", begins(said, 0, "r2"))
    script << ("to client", created("r2")) << ("to client", begins(said, 0, "r2"))
    passes(script, ends(said, 0, "r2"), done(said, response_id="r2"))


def test_a_result_may_come_before_the_response_ends(play: "Play") -> None:
    """The output waits for the end, since the service takes no `response.create` before."""
    script = play([tools()])
    unseen(script, created())
    (item,) = calls_hidden(script, "c1")
    script >> ("done", ("tool_call_c1", "found"))
    script >> ("upstream", done(item)) << output(1, "call_c1") << follow_up(2)


@pytest.mark.parametrize("first", ["c1", "c2"])
def test_calls_of_one_response_run_side_by_side(play: "Play", first: str) -> None:
    """Their outputs go up in the order of the calls, whichever came first, and ask for one response."""
    script = play([tools()])
    unseen(script, created())
    items = calls_hidden(script, "c1", "c2")
    second = "c2" if first == "c1" else "c1"
    script >> ("done", (f"tool_call_{first}", f"of {first}"))
    unseen(script, done(*items))
    script >> ("done", (f"tool_call_{second}", f"of {second}"))
    script << output(1, "call_c1", "of c1") << output(2, "call_c2", "of c2") << follow_up(3)


@pytest.mark.parametrize("result", [RuntimeError("secret"), None, 7, TimeoutError()])
def test_a_tool_that_fails_tells_the_model_so(play: "Play", result: object) -> None:
    """In fixed words, whatever went wrong; the conversation goes on."""
    script = play([tools()])
    unseen(script, created())
    unseen(script, done(*calls_hidden(script, "c1")))
    script >> ("done", ("tool_call_c1", result)) << output(1, "call_c1", FAILED) << follow_up(2)


ITEMS: list[tuple[dict[str, Any], str]] = [
    ({"arguments": '{"a":1}'}, '{"a":1}'),
    ({"arguments": ""}, '{"b":2}'),
    ({"arguments": None}, '{"b":2}'),
]


@pytest.mark.parametrize(("of_item", "expected"), ITEMS)
def test_where_the_arguments_come_from(play: "Play", of_item: dict[str, Any], expected: str) -> None:
    """From the item; where that has none, from the event that told them."""
    desk = Desk()
    script = play([tools(desk=desk)])
    told = part("c1", "response.function_call_arguments.done", **ARGUMENTS, arguments='{"b":2}')
    unseen(script, created(), begins(call("c1")), told)
    script >> ("upstream", ends({**call("c1"), **of_item})) << ("start", "tool_call_c1")
    assert desk.calls == [ToolCall("call_c1", "search", expected)]


def test_a_call_without_any_arguments_is_made_with_none(play: "Play") -> None:
    """Its arguments are the empty string; what to make of that is the tool's to say."""
    desk = Desk()
    script = play([tools(desk=desk)])
    odd = part("c1", "response.function_call_arguments.done", **ARGUMENTS, arguments=7)
    unseen(script, created(), begins(call("c1")), odd)
    script >> ("upstream", ends(call("c1", arguments=""))) << ("start", "tool_call_c1")
    assert desk.calls == [ToolCall("call_c1", "search", "")]


def test_a_call_is_made_once(play: "Play") -> None:
    """However often the service tells its end, before its result and after."""
    script = play([tools()])
    unseen(script, created())
    (item,) = calls_hidden(script, "c1")
    unseen(script, ends(item))
    script >> ("done", ("tool_call_c1", "found"))
    unseen(script, ends(item))
    script >> ("upstream", done(item)) << output(1, "call_c1") << follow_up(2)


def test_a_visible_tool_is_carried_out_in_sight_of_the_client(play: "Play") -> None:
    """Call, arguments and output are shown as they come; the follow-up is the relay's all the same."""
    each = tools({"seen": TOOLS["seen"]})
    script = play([each])
    item = call("c1", "seen")
    passes(script, created(), begins(item))
    assert each.busy
    passes(script, joins(item), part("c1", "response.function_call_arguments.delta", **ARGUMENTS))
    script >> ("upstream", ends(item)) << ("to client", ends(item)) << ("start", "tool_call_c1")
    passes(script, done(item))
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    passes(script, joins(answer("o1", "call_c1"), "c1"))


def test_busy_from_the_first_call_until_the_follow_up(play: "Play") -> None:
    """Whoever holds events back meanwhile sees it end with the last frame that is sent."""
    each = tools()
    script = play([each])
    seen = [each.busy]
    unseen(script, created())
    seen.append(each.busy)
    unseen(script, begins(call("c1")))
    seen.append(each.busy)
    script >> ("upstream", ends(call("c1"))) << ("start", "tool_call_c1")
    unseen(script, done(call("c1")))
    seen.append(each.busy)
    script >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    assert [*seen, each.busy] == [False, False, True, True, False]


class Watch(Filter):
    """Stands nearer to the upstream, and notes whether somebody is busy when a frame goes up."""

    def __init__(self, each: Tools) -> None:
        self._tools = each
        self.seen: list[tuple[str, bool]] = []

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Note it."""
        self.seen.append((frame.type, self._tools.busy))
        super().from_client(frame, now, out)


LAST: list[tuple[list[dict[str, Any]], list[tuple[str, bool]]]] = [
    # what happens while two tools are at work; and what then goes up, and whether the filter is busy
    ([], [("conversation.item.create", True), ("conversation.item.create", True), ("response.create", False)]),
    ([SPEECH], [("conversation.item.create", True), ("conversation.item.create", False)]),
]


@pytest.mark.parametrize(("events", "expected"), LAST)
def test_not_busy_when_the_last_frame_goes_up(
    events: list[dict[str, Any]], expected: list[tuple[str, bool]]
) -> None:
    """Whether that asks for a response or is an output: by it whoever holds others back learns that it is over."""
    each = tools()
    watch = Watch(each)
    chain = Chain([each, watch])
    items = call("c1"), call("c2")
    begun = [begins(item, index) for index, item in enumerate(items)]
    ended = [ends(item, index) for index, item in enumerate(items)]
    for event in (created(), *begun, *ended, done(*items), *events):
        chain.from_upstream(Frame.of(event), 0.0)
    for item in items:
        chain.done(f"tool_call_{item['id']}", "found", 0.0)
    assert watch.seen == expected


def test_a_response_without_calls_passes_whole(play: "Play") -> None:
    """With a message in it, and with nothing at all; its beginning comes when the first of it can be seen."""
    script = play([tools()])
    said = message("m1")
    unseen(script, created())
    script >> ("upstream", begins(said)) << ("to client", created()) << ("to client", begins(said))
    passes(script, joins(said), part("m1"), ends(said), done(said))
    unseen(script, created("r2"))
    script >> ("upstream", done(response_id="r2"))
    script << ("to client", created("r2")) << ("to client", done(response_id="r2"))


def test_two_sessions_share_nothing(play: "Play") -> None:
    """Both have a call under way; another's result, and another's end of a response, change nothing."""
    filters = tools(), tools()
    scripts = [play([each]) for each in filters]
    for script in scripts:
        unseen(script, created())
    (item,) = calls_hidden(scripts[0], "c1")
    unseen(scripts[0], done(item))
    assert [each.busy for each in filters] == [True, False]
    scripts[1] >> ("done", ("tool_call_c1", "of another"))
    passes(scripts[1], joins(answer("o1", "call_c1")))
    passes(scripts[1], done(response_id="r9"))
    passes(scripts[0], done(response_id="r9"))
    scripts[0] >> ("done", ("tool_call_c1", "found")) << output(1, "call_c1") << follow_up(2)
    assert [each.busy for each in filters] == [False, False]
