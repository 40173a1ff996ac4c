"""Any responses, results and interruptions, in any order: the client's conversation stays well-formed."""

from collections import deque
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.policy.actions import Action, Cancel, Start, ToClient, ToUpstream
from app.policy.chain import Chain
from app.policy.tools import ServerTool, Tools
from app.protocol.frame import OWN, Frame
from tests.policy.tools.believing import Client, Response
from tests.policy.tools.calling import (
    ASK,
    CANCEL,
    SPEECH,
    begins,
    call,
    created,
    done,
    ends,
    joins,
    message,
    part,
    tools,
    whole,
)

Event = dict[str, Any]
KINDS = st.sampled_from(["message", "hidden", "hidden", "hidden", "clients", "visible"])


class AnyOrder(RuleBasedStateMachine):
    """A service, its tools and its client, each at its own pace."""

    @initialize()
    def open(self) -> None:
        shown = ServerTool("shown", {}, hidden=False)
        self.tools: Tools = tools({"hid": ServerTool("hid", {}), "shown": shown}, max_rounds=10**6)
        self.chain = Chain([self.tools])
        self.client = Client()
        self.conversation: list[str] = []
        self.requests: deque[Event] = deque()
        self.held: list[Event] = []
        self.running: list[str] = []
        self.outputs: list[str] = []
        self.responses: list[Response] = []
        self.number = 0

    @property
    def active(self) -> Response | None:
        return next((each for each in self.responses if not each.over), None)

    def new_id(self, kind: str) -> str:
        self.number += 1
        return f"{kind}{self.number}"

    def carry_out(self, actions: list[Action]) -> None:
        """Do what came out of one input, and check what it was to lead to."""
        asked: list[Event] = []
        added: list[Event] = []
        for action in actions:
            match action:
                case ToClient(frame):
                    self.client.read(frame)
                case ToUpstream(frame):
                    (asked if frame.type == "response.create" else added).append(frame.event)
                case Start(effect):
                    self.running.append(effect.id)
                case Cancel(effect_id):
                    self.running.remove(effect_id)
        self.settle(asked)
        for event in added:
            self.take_up(event)

    def settle(self, asked: list[Event]) -> None:
        """Exactly one request follows a completed round: the relay's own, unless the client's waited."""
        followed = False
        for each in self.responses:
            at_work = {f"tool_{call_id}" for call_id in each.calls} & set(self.running)
            if each.over and not at_work and not each.settled:
                each.settled = True
                followed = followed or (each.followed and not each.clients_turn)
                assert (each.id in self.client.begun) == (each.id in self.client.ended) == each.seen
        own = [event for event in asked if str(event.get("event_id")).startswith(OWN)]
        assert len(own) == (followed and not self.held)
        if any(event in asked for event in self.held):
            assert [event for event in asked if event in self.held] == self.held
            self.held = []
        self.requests += asked

    def take_up(self, event: Event) -> None:
        """Do what the service does with an event that is no request."""
        match event:
            case {"type": "conversation.item.create", "item": item}:
                kind = "hid_out" if "hid" in item.get("call_id", "") else "item"
                if str(event.get("event_id")).startswith(OWN):
                    self.outputs.append(item["call_id"])
                self.join({"id": self.new_id(kind), **item}, event.get("previous_item_id"))
            case {"type": "conversation.item.delete", "item_id": item_id}:
                self.conversation.remove(item_id)
                self.hear({"type": "conversation.item.deleted", "item_id": item_id})
            case {"type": "response.cancel"} if self.active is not None:
                self.cut(self.active, "cancelled")

    def join(self, item: Event, behind: str | None = None) -> None:
        at = len(self.conversation) if behind is None else self.conversation.index(behind) + 1
        previous = self.conversation[at - 1] if at else None
        self.conversation.insert(at, item["id"])
        self.hear(joins(item, previous))
        self.hear(whole(item, previous))

    def hear(self, event: Event) -> None:
        self.carry_out(self.chain.from_upstream(Frame.of(event), 0.0))

    def say(self, event: Event) -> None:
        self.carry_out(self.chain.from_client(Frame.of(event), 0.0))

    @precondition(lambda self: self.active is None)
    @rule(kinds=st.lists(KINDS, min_size=1, max_size=3), ends=st.booleans())
    def a_response_of_items(self, kinds: list[str], ends: bool) -> None:  # noqa: FBT001 - hypothesis names arguments
        """Begin one and let it come to its end, or nearly."""
        self.begin()
        for kind in kinds:
            self.an_item_begins(kind, joins_first=False)
            self.an_item_goes_on(more=False)
        if ends:
            self.a_response_ends("completed")

    @rule()
    def an_answer_out_of_band(self) -> None:
        """It is no part of the conversation, and what is hidden in it is not called."""
        aside = {"response_id": self.new_id("r")}
        items = [call(self.new_id("hid"), "hid"), message(self.new_id("i"))]
        self.hear(created(**aside, conversation_id=None))
        for index, item in enumerate(items):
            self.hear(begins(item, index, **aside))
            self.hear({**part(item["id"], "response.content_part.added", index), **aside})
            self.hear(ends(item, index, **aside))
        self.hear(done(*items, **aside, conversation_id=None))

    @rule()
    def the_service_answers(self) -> None:
        """What is asked waits while a response is active or outputs are owed."""
        if self.active is None and self.requests and not self.tools.busy:
            self.requests.popleft()
            self.begin()

    @rule()
    def the_service_begins_by_itself(self) -> None:
        """It knows nothing of tools at work."""
        if self.active is None:
            self.begin()

    def begin(self) -> None:
        self.responses.append(Response(self.new_id("r")))
        self.hear(created(self.responses[-1].id))

    @precondition(lambda self: self.active is not None and not self.active.open)
    @rule(kind=KINDS, joins_first=st.booleans())
    def an_item_begins(self, kind: str, joins_first: bool) -> None:  # noqa: FBT001 - hypothesis names arguments
        each = self.responses[-1]
        name = {"hidden": "hid", "clients": "weather", "visible": "shown"}.get(kind)
        item_id = self.new_id("hid" if kind == "hidden" else "i")
        item = call(item_id, name, "in_progress") if name else message(item_id, "in_progress")
        each.open = True
        each.items.append(item)
        event = begins(item, len(each.items) - 1, each.id)
        for step in (self.join, self.hear) if joins_first else (self.hear, self.join):
            step(item if step == self.join else event)

    @precondition(lambda self: self.active is not None and self.active.open)
    @rule(more=st.booleans())
    def an_item_goes_on(self, more: bool) -> None:  # noqa: FBT001 - hypothesis names arguments
        each = self.responses[-1]
        index, item = len(each.items) - 1, each.items[-1]
        delta = "response.function_call_arguments.delta" if "name" in item else "response.output_audio.delta"
        self.hear({**part(item["id"], delta, index), "response_id": each.id})
        if not more:
            self.end_item(each, "completed")

    def end_item(self, each: Response, status: str) -> None:
        item = {**each.items[-1], "status": status}
        each.open, each.items[-1] = False, item
        if status == "completed" and item.get("name") in ("hid", "shown"):
            each.calls.add(item["call_id"])
        self.hear(ends(item, len(each.items) - 1, each.id))

    @rule(status=st.sampled_from(["completed", "completed", "cancelled", "incomplete", "failed"]))
    def a_response_ends(self, status: str) -> None:
        if self.active is not None:
            self.cut(self.active, status)

    def cut(self, each: Response, status: str) -> None:
        if each.open:
            self.end_item(each, "completed" if status == "completed" else "incomplete")
        each.over = True
        each.stopped = each.stopped or status != "completed"
        self.hear(done(*each.items, response_id=each.id, status=status))

    @rule(which=st.integers(0, 9))
    def a_tool_ends(self, which: int) -> None:
        if self.running:
            effect_id = self.running.pop(which % len(self.running))
            self.carry_out(self.chain.done(effect_id, "found", 0.0))

    @rule(how=st.sampled_from(["speaks", "speaks and is heard", "cancels"]))
    def somebody_interrupts(self, how: str) -> None:
        for each in self.responses:
            each.stopped = each.stopped or not each.settled
        if how == "cancels":
            self.say(CANCEL)
        else:
            self.hear(SPEECH)
        if how == "speaks and is heard" and self.active is not None:
            self.cut(self.active, "cancelled")

    @rule()
    def the_client_asks(self) -> None:
        if len(self.held) < 9:
            event = {**ASK, "event_id": self.new_id("e")}
            self.held += [event] if self.tools.busy else []
            self.say(event)

    @rule(which=st.integers(0, 9), deletes=st.booleans())
    def the_client_edits(self, which: int, deletes: bool) -> None:  # noqa: FBT001 - hypothesis names arguments
        behind = self.client.items[which % len(self.client.items)] if self.client.items else None
        if not deletes or behind is None:
            item = message(self.new_id("u"), role="user")
            self.say({"type": "conversation.item.create", "previous_item_id": behind, "item": item})
        elif self.active is None:
            self.say({"type": "conversation.item.delete", "item_id": behind})

    def teardown(self) -> None:
        """Let everything come to its end: nothing is owed, and each completed call has one output."""
        while self.running or self.requests or self.active is not None:
            self.a_tool_ends(0)
            self.a_response_ends("completed")
            self.the_service_answers()
        assert not self.tools.busy
        assert self.held == []
        assert self.client.open == {}
        assert self.client.unfinished == set()
        assert sorted(self.outputs) == sorted(call_id for each in self.responses for call_id in each.calls)


TestAnyOrder = AnyOrder.TestCase
