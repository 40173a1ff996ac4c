"""Server-side tools: the model calls them, the relay carries them out, and the client need not know.

A call starts when its arguments are whole; calls of one response run side by side. Whoever speaks or cancels while
tools are at work interrupts them: whether the service's own voice detection interrupts can't be known here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.policy.chain import Filter, Outbox
from app.policy.teller import Teller
from app.policy.tools.calls import Calls
from app.policy.tools.hidden_items import item_of
from app.policy.tools.rounds import Round, response_of
from app.policy.tools.server_tools import Calling, ServerTool, ToolRules
from app.policy.tools.sight import Sight
from app.protocol.frame import Frame

__all__ = ["Tools"]

Event = dict[str, Any]

NAMING = frozenset(
    {
        "conversation.item.create",
        "conversation.item.delete",
        "conversation.item.retrieve",
        "conversation.item.truncate",
        "response.create",
    }
)
"""Events of the client's that can name an item."""

SILENT = 30.0
"""Seconds without any event of a response's after which one that has called tools is taken to be over."""


class Tools(Filter):
    """Runs the calls of one session, and keeps those of hidden tools from the client.

    `call` makes the effect that carries a call out: its result is what the model is to read, a `str`. `mcp`: the
    service itself calls tools of MCP servers that the client must not know of. Without any of these this filter
    has nothing to do, and does not belong in the chain.
    """

    def __init__(
        self,
        tools: Mapping[str, ServerTool],
        rules: ToolRules,
        call: Calling,
        teller: Teller,
        *,
        mcp: bool = False,
    ) -> None:
        self._tools = tools
        self._sight = Sight((name for name, tool in tools.items() if tool.hidden), mcp=mcp)
        self._calls = Calls(tools, rules, call, teller, self._sight)
        self._heard = 0.0
        self._takes: Mapping[str, Callable[[Frame, Outbox], None]] = {
            "conversation.item.added": self._sight.item_added,
            "conversation.item.created": self._sight.item_added,
            "conversation.item.deleted": self._sight.item_deleted,
            "error": self._error,
            "input_audio_buffer.committed": self._spoken,
            "input_audio_buffer.speech_started": self._speaks,
            "response.created": self._begun,
            "response.done": self._ended,
            "response.function_call_arguments.done": self._arguments,
            "response.output_item.added": self._output_begins,
            "response.output_item.done": self._output_ends,
            "session.created": self._session,
            "session.updated": self._session,
        }

    @property
    def busy(self) -> bool:
        """Whether outputs are owed to the model: from the first call seen in a response until they are sent."""
        return self._calls.busy

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - calls know no time
        """Refuse what names a hidden item; let a `response.create` wait for the outputs that it needs."""
        if frame.type in NAMING:
            self._sight.hidden.refuse(frame.event)
        match frame.type:
            case "response.create":
                self._create(frame, out)
            case "response.cancel":
                self._cancel(frame, out)
            case _:
                out.to_upstream(frame)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Show the client what it may see, and begin the calls that are whole."""
        if frame.type.startswith("response."):
            self._heard = now
        if self._sight.passes_unread(frame):
            out.to_client(frame)
        else:
            self._takes.get(frame.type, self._sight.show)(frame, out)
            self._look_ahead()

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:  # noqa: ARG002 - as above
        """Take the result of a call."""
        self._calls.done(effect_id, result, out)
        self._look_ahead()

    def tick(self, now: float, out: Outbox) -> None:
        """Owe nothing any longer to a response whose end the service forgot."""
        if now >= self._heard + SILENT:
            for each in self._endless():
                self._calls.lose(each, out, shown=True)
        self._look_ahead()

    def _endless(self) -> list[Round]:
        return [each for each in self._sight.rounds.values() if each.lacks_end]

    def _look_ahead(self) -> None:
        self.wake_at = self._heard + SILENT if self._endless() else None

    def _create(self, frame: Frame, out: Outbox) -> None:
        match frame.event:
            case {"response": {"conversation": "none"}}:
                self._calls.ask(frame, out)
                return
        if self.busy:
            self._calls.hold(frame)
        else:
            self._calls.ask(frame, out)
        self._calls.followed = 0

    def _cancel(self, frame: Frame, out: Outbox) -> None:
        """Interrupt; the event goes on unless all that it can mean is a response that was kept from the client."""
        rounds = self._sight.rounds.values()
        more = self._calls.held or any(each.under_way for each in rounds)
        withheld = self._calls.interrupt("client_cancelled", out, frame.event.get("response_id"))
        if more or not withheld:
            out.to_upstream(frame)

    def _session(self, frame: Frame, out: Outbox) -> None:
        match frame.event:
            case {"session": {"tool_choice": choice}}:
                self._calls.session_choice = choice
        self._sight.show(frame, out)

    def _error(self, frame: Frame, out: Outbox) -> None:
        """Show an error, unless it answers an event of this filter's own: it could quote what is hidden."""
        self._calls.requests.refused(frame.event)
        match frame.event:
            case {"error": {"event_id": str(event_id)}} if event_id in self._calls.own:
                self._calls.broken(event_id, out)
                return
        self._sight.show(frame, out)

    def _spoken(self, frame: Frame, out: Outbox) -> None:
        self._calls.followed = 0
        self._sight.show(frame, out)

    def _speaks(self, frame: Frame, out: Outbox) -> None:
        self._spoken(frame, out)
        self._calls.interrupt("turn_detected", out)

    def _begun(self, frame: Frame, out: Outbox) -> None:
        response = response_of(frame.event)
        match response.get("id"):
            case str(response_id):
                if not self._sight.knows(response_id):
                    self._begin(response_id, response, frame, out)
            case _:
                self._sight.show(frame, out)

    def _begin(self, response_id: str, response: Event, created: Frame | None, out: Outbox) -> Round:
        self._calls.kept()
        request = self._calls.requests.begun(response)
        inside = response.get("conversation_id", "") is not None and (request is None or request.inside)
        if request is not None and request.inside and not request.own:
            self._calls.followed = 0
        asked = {} if request is None else request.asked
        each = Round(response_id, asked, in_conversation=inside, told=response)
        self._calls.replace(each, out)
        self._sight.begin(each, created, out)
        return each

    def _ended(self, frame: Frame, out: Outbox) -> None:
        """Take the end of a response, once; one without an id is that of the conversation's."""
        response = response_of(frame.event)
        match response.get("id"):
            case str(response_id):
                each = self._round(response_id, response, out)
            case _:
                each = next((each for each in self._sight.rounds.values() if each.under_way), None)
                if each is None:
                    self._sight.show(frame, out)
        if each is not None and each.done is None:
            self._calls.ended(each, frame, out)

    def _round(self, response_id: Any, response: Event, out: Outbox) -> Round | None:
        """Return a response, though the service may not have told that it began; None if it is long over."""
        if isinstance(response_id, str) and not self._sight.knows(response_id):
            return self._begin(response_id, response, None, out)
        return self._sight.rounds.get(response_id) if isinstance(response_id, str) else None

    def _output_begins(self, frame: Frame, out: Outbox) -> None:
        each = self._round(frame.event.get("response_id"), {}, out)
        if each is not None and each.in_conversation:
            each.look_for_calls(item_of(frame.event), self._tools)
        self._sight.output_begins(frame, out)

    def _arguments(self, frame: Frame, out: Outbox) -> None:
        """Keep the arguments of a call, in case its item comes without."""
        each = self._sight.round_of(frame.event)
        match frame.event:
            case {"call_id": str(call_id), "arguments": str(arguments)} if each is not None:
                each.arguments[call_id] = arguments
        self._sight.show(frame, out)

    def _output_ends(self, frame: Frame, out: Outbox) -> None:
        each = self._round(frame.event.get("response_id"), {}, out)
        self._sight.show(frame, out)
        if each is not None and each.in_conversation and each.done is None:
            self._calls.called(each, item_of(frame.event), out)
