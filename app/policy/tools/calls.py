"""The calls of a session, from their start until their outputs are with the model and it is asked to go on.

When a response has ended and its last result is in, all outputs go up at once in the order of the calls, so that
the conversation reads the same whichever tool was faster; then one `response.create`: the client's own where one
waits, else the relay's. What was interrupted is followed by nothing, but no call is left without an output.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Refused
from app.policy.chain import Outbox
from app.policy.teller import Teller
from app.policy.tools.follow_ups import Requests, repeated
from app.policy.tools.own_events import OwnEvents
from app.policy.tools.rounds import STOPPED, Round, Stop, is_completed, response_of
from app.policy.tools.server_tools import SHOWN, Calling, Failed, ServerTool, ToolCall, ToolRules, announcement
from app.policy.tools.sight import Sight
from app.protocol.frame import Frame, event_id_of

__all__ = ["Calls"]

Event = dict[str, Any]

UNFINISHED = ("in_progress", "incomplete")
FAILED = '{"error": "The tool failed."}'
MAX_HELD = 16
"""Events `response.create` that wait for outputs; a further one is refused, as the service would."""

MAX_HELD_BYTES = 8 * 2**20
"""Bytes of all of them."""


@dataclass(frozen=True, slots=True)
class _Running:
    round: Round
    call: ToolCall
    item_id: str


class Calls:
    """Starts, ends and answers calls. `session_choice` is the session's own `tool_choice`.

    `followed` counts the follow-ups in a row without a turn of the user's.
    """

    def __init__(
        self,
        tools: Mapping[str, ServerTool],
        rules: ToolRules,
        call: Calling,
        teller: Teller,
        sight: Sight,
    ) -> None:
        self.requests = Requests()
        self.own = OwnEvents(teller)
        self.session_choice: Any = None
        self.followed = 0
        self._tools = tools
        self._rules = rules
        self._call = call
        self._teller = teller
        self._sight = sight
        self._running: dict[str, _Running] = {}
        self._held: deque[Frame] = deque()
        self._promised: dict[Any, Round] = {}

    @property
    def busy(self) -> bool:
        """Whether a response has called a tool and its outputs are not yet sent."""
        return any(each.called for each in self._sight.rounds.values())

    def called(self, each: Round, item: Event, out: Outbox) -> None:
        """Begin a call of one of the server's tools; one that was cut short was not completed, and is none."""
        if item.get("status") in UNFINISHED:
            return
        match item:
            case {"type": "function_call", "name": str(name), "call_id": str(call_id)} if name in self._tools:
                if call_id not in each.results:
                    whole = item.get("arguments") or each.arguments.get(call_id)
                    arguments = whole if isinstance(whole, str) else ""
                    self.start(each, ToolCall(call_id, name, arguments), str(item.get("id")), out)

    def start(self, each: Round, call: ToolCall, item_id: str, out: Outbox) -> None:
        """Begin a call, unless nobody wants its result any more or the model has called too often."""
        each.called = True
        if self.followed >= self._rules.max_rounds:
            each.stop("limit")
        if each.stopped is not None:
            each.results[call.id] = STOPPED[each.stopped]
        else:
            effect = self._call(call)
            each.results[call.id] = None
            self._running[effect.id] = _Running(each, call, item_id)
            out.start(effect)

    def done(self, effect_id: str, result: object, out: Outbox) -> None:
        """Take the result of a call; that of one which was cancelled in the meantime is nobody's."""
        ended = self._running.pop(effect_id, None)
        if ended is not None:
            ended.round.results[ended.call.id] = self._told(ended, result, out)
            self.settle(ended.round, out)

    def _told(self, ended: _Running, result: object, out: Outbox) -> str:
        """Return what the model is to read of a result, or of an exception; a failure is for nobody else."""
        match result:
            case str():
                return self._shown(ended, result, out)
            case Failed(text):
                return text
            case _:
                return FAILED

    def _shown(self, ended: _Running, result: str, out: Outbox) -> str:
        """Show a result to the client where it is for it; returns what the model is to read."""
        results = self._tools[ended.call.name].results
        if results == "server":
            return result
        previous = self._sight.hidden.visible_before(ended.item_id)
        shown = announcement(ended.call, result, previous, self._rules, self._teller)
        if shown is None:
            return result
        out.to_client(shown)
        return SHOWN if results == "client" else result

    def ended(self, each: Round, done: Frame, out: Outbox) -> None:
        """Take the end of a response. The client hears of it, unless what follows is its response."""
        each.done = done
        response = response_of(done.event)
        if not is_completed(response):
            self._stop(each, "cancelled", out)
        output = response.get("output")
        for item in output if each.in_conversation and isinstance(output, list) else []:
            if isinstance(item, dict):
                self._missed(each, item, out)
        if not each.withheld:
            self._sight.end(each, done, out)
        self.settle(each, out)

    def _missed(self, each: Round, item: Event, out: Outbox) -> None:
        """Begin a call of which the service has told nothing before the end."""
        if self._sight.hidden.hides(item):
            self._sight.hidden.note(item)
        each.look_for_calls(item, self._tools)
        self.called(each, item, out)

    def replace(self, newer: Round, out: Outbox) -> None:
        """End those whose end the service forgot: there is one at a time. The client hears of what it has seen."""
        if newer.in_conversation:
            for each in [each for each in self._sight.rounds.values() if each.under_way]:
                self.lose(each, out, shown=each.created is None)

    def lose(self, each: Round, out: Outbox, *, shown: bool) -> None:
        """End a response of which nothing will come any more."""
        each.done = each.lost(self._teller)
        self._stop(each, "cancelled", out)
        if shown:
            self._sight.end(each, each.done, out)
        self.settle(each, out)

    def interrupt(self, why: Stop, out: Outbox, named: Any = None) -> bool:
        """Stop all responses, or the one that is named; outside the conversation that is no matter.

        Returns whether that ended one which had been kept from the client whole, and so was told of just now.
        """
        withheld = False
        for each in list(self._sight.rounds.values()):
            if named in (None, each.id):
                kept, done = each.withheld, each.done
                self._stop(each, why, out)
                if done is not None and kept:
                    withheld = True
                    self._sight.end(each, done, out)
                self.settle(each, out)
        return withheld

    def _stop(self, each: Round, why: Stop, out: Outbox) -> None:
        for effect_id in [key for key, running in self._running.items() if running.round is each]:
            del self._running[effect_id]
            out.cancel(effect_id)
        each.stop(why)

    def settle(self, each: Round, out: Outbox) -> None:
        """Send what is owed, once nothing more can come.

        The session is busy until the last frame of this goes out: by that whoever holds events meanwhile can see
        that it is over.
        """
        if not each.settled:
            return
        outputs = [self.own.output(call_id, text or "") for call_id, text in each.results.items()]
        follow_up = self._follow_up(each) if each.followed and not self._held else None
        last = outputs.pop() if outputs and not (follow_up or self._held) else None
        for output in outputs:
            out.to_upstream(output)
        self._sight.leave(each)
        if last is not None:
            out.to_upstream(last)
        if follow_up is not None:
            if each.withheld:
                self._promised[follow_up.event_id] = each
            self.ask(follow_up, out)
        self._ask_held(out)

    def kept(self) -> None:
        """Note that a response has begun: whoever was promised one has it."""
        self._promised.clear()

    def broken(self, event_id: Any, out: Outbox) -> None:
        """Note that an event of the relay's own was refused: whoever waits for what it promised waits in vain."""
        each = self._promised.pop(event_id, None)
        if each is not None and each.done is not None:
            each.stop("failed")
            self._sight.end(each, each.done, out)

    def _follow_up(self, each: Round) -> Frame:
        self.followed += 1
        response = repeated(each.asked, self.session_choice)
        if self.followed >= self._rules.max_rounds:
            response["tool_choice"] = "none"
        return self.own.request(response)

    def ask(self, frame: Frame, out: Outbox) -> None:
        """Send a `response.create`, and remember what it asks for: it may be answered at once by an error."""
        rounds = self._sight.rounds.values()
        self.requests.sent(frame.event, waits=any(each.under_way for each in rounds))
        out.to_upstream(frame)

    @property
    def held(self) -> bool:
        """Whether a `response.create` of the client's waits for outputs."""
        return bool(self._held)

    def hold(self, frame: Frame) -> None:
        """Let a `response.create` of the client's wait; the first takes the place of the relay's own."""
        size = frame.size + sum(each.size for each in self._held)
        if len(self._held) == MAX_HELD or size > MAX_HELD_BYTES:
            raise Refused(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress."
                " Wait until the response is finished before creating a new one.",
                event_id=event_id_of(frame.event),
            )
        self._held.append(frame)

    def _ask_held(self, out: Outbox) -> None:
        while self._held and not self.busy:
            self.ask(self._held.popleft(), out)
