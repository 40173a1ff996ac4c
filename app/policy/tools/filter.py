"""Server-side tools: the model calls them, the relay carries them out, and the client need not know.

A call starts when its arguments are whole; calls of one response run side by side. Whoever speaks or cancels while
tools are at work interrupts them: whether the service's own voice detection interrupts can't be known here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.policy.chain import Effect, Filter, Outbox
from app.policy.teller import OWN, Teller
from app.policy.tools.calls import Calls
from app.policy.tools.hidden_items import item_of
from app.policy.tools.rounds import Round
from app.policy.tools.server_tools import ServerTool, ToolCall, ToolRules
from app.policy.tools.sight import Sight
from app.protocol.frame import Frame

__all__ = ["Tools"]

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


class Tools(Filter):
    """Runs the calls of one session, and keeps those of hidden tools from the client.

    `call` makes the effect that carries a call out: its result is what the model is to read, a `str`. Without any
    tool this filter has nothing to do, and does not belong in the chain.
    """

    def __init__(
        self,
        tools: Mapping[str, ServerTool],
        rules: ToolRules,
        call: Callable[[ToolCall], Effect],
        teller: Teller,
    ) -> None:
        self._tools = tools
        self._sight = Sight(name for name, tool in tools.items() if tool.hidden)
        self._calls = Calls(tools, rules, call, teller, self._sight)
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

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - calls know no time
        """Show the client what it may see, and begin the calls that are whole."""
        if self._sight.passes_unread(frame):
            out.to_client(frame)
        else:
            self._takes.get(frame.type, self._sight.show)(frame, out)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:  # noqa: ARG002 - as above
        """Take the result of a call."""
        self._calls.done(effect_id, result, out)

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
        """Show an error, unless it answers an event of the relay's own: it could quote what is hidden."""
        self._calls.requests.refused(frame.event)
        match frame.event:
            case {"error": {"event_id": str(event_id)}} if event_id.startswith(OWN):
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
        response = frame.event.get("response")
        if not (isinstance(response, dict) and isinstance(response.get("id"), str)):
            self._sight.show(frame, out)
            return
        self._calls.kept()
        request = self._calls.requests.begun(response)
        inside = response.get("conversation_id", "") is not None and (request is None or request.inside)
        if request is not None and request.inside and not request.own:
            self._calls.followed = 0
        asked = {} if request is None else request.asked
        self._sight.begin(Round(response["id"], asked, in_conversation=inside), frame, out)

    def _ended(self, frame: Frame, out: Outbox) -> None:
        match frame.event:
            case {"response": {"id": str(response_id)}} if response_id in self._sight.rounds:
                self._calls.ended(self._sight.rounds[response_id], frame, out)
            case _:
                self._sight.show(frame, out)

    def _output_begins(self, frame: Frame, out: Outbox) -> None:
        each = self._sight.round_of(frame.event)
        if each is not None and each.in_conversation:
            self._look_for_calls(each, item_of(frame.event))
        self._sight.output_begins(frame, out)

    def _look_for_calls(self, each: Round, item: Mapping[str, Any]) -> None:
        match item:
            case {"type": "function_call", "name": str(name)} if name in self._tools:
                each.called = True
            case {"type": "function_call"}:
                each.clients_turn = True

    def _arguments(self, frame: Frame, out: Outbox) -> None:
        """Keep the arguments of a call, in case its item comes without."""
        each = self._sight.round_of(frame.event)
        match frame.event:
            case {"call_id": str(call_id), "arguments": str(arguments)} if each is not None:
                each.arguments[call_id] = arguments
        self._sight.show(frame, out)

    def _output_ends(self, frame: Frame, out: Outbox) -> None:
        """Begin a call of one of the server's tools; one that was cut short was not completed, and is none."""
        self._sight.show(frame, out)
        each, item = self._sight.round_of(frame.event), item_of(frame.event)
        if each is None or not each.in_conversation or item.get("status") != "completed":
            return
        match item:
            case {"type": "function_call", "name": str(name), "call_id": str(call_id)} if name in self._tools:
                arguments = item.get("arguments") or each.arguments.get(call_id, "")
                self._calls.start(each, ToolCall(call_id, name, arguments), str(item.get("id")), out)
