"""What the tests of server-side tools share: the events of a response with calls in it, in the service's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.policy.actions import Effect
from app.policy.teller import Teller
from app.policy.tools import ServerTool, ToolCall, ToolRules, Tools

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

Event = dict[str, Any]

ASK: Event = {"type": "response.create"}
SPEECH: Event = {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_speech"}
CANCEL: Event = {"type": "response.cancel"}
INTERRUPTED = '{"error": "The call was interrupted by the user."}'
CANCELLED = '{"error": "The call was cancelled."}'
FAILED = '{"error": "The tool failed."}'

TOOLS: Mapping[str, ServerTool] = {
    "search": ServerTool("search", {}),
    "clock": ServerTool("clock", {}),
    "seen": ServerTool("seen", {}, hidden=False),
}


@dataclass(frozen=True, slots=True)
class Task:
    """An effect that nobody runs here."""

    id: str

    async def run(self) -> object:
        """Fail: a filter only asks for effects."""
        raise AssertionError


@dataclass(slots=True)
class Desk:
    """Where calls are handed in; it remembers them."""

    calls: list[ToolCall] = field(default_factory=list)

    def __call__(self, call: ToolCall) -> Effect:
        self.calls.append(call)
        return Task(f"tool_{call.id}")


def tools(
    given: Mapping[str, ServerTool] = TOOLS, *, desk: Desk | None = None, opted_in: bool = False, **rules: Any
) -> Tools:
    """Return the filter of a session called s1."""
    return Tools(given, ToolRules(**rules), desk or Desk(), Teller("s1", opted_in=opted_in))


def message(item_id: str, status: str = "completed", role: str = "assistant") -> Event:
    """Return a message."""
    return {"id": item_id, "type": "message", "role": role, "status": status, "content": []}


def call(item_id: str, name: str = "search", status: str = "completed", arguments: str = "{}") -> Event:
    """Return a call; its `call_id` is the item's id with `call_` before it."""
    kind, call_id = "function_call", f"call_{item_id}"
    return {
        "id": item_id,
        "type": kind,
        "name": name,
        "call_id": call_id,
        "status": status,
        "arguments": arguments,
    }


def answer(item_id: str, call_id: str, output: str = "found") -> Event:
    """Return the item of an output."""
    return {"id": item_id, "type": "function_call_output", "call_id": call_id, "output": output}


def created(response_id: str = "r1", **told: Any) -> Event:
    """Return the event that begins a response."""
    response = {"id": response_id, "conversation_id": "conv", "status": "in_progress", "output": [], **told}
    return {"type": "response.created", "response": response}


def done(*output: Event, response_id: str = "r1", status: str = "completed", **told: Any) -> Event:
    """Return the event that ends a response."""
    response = {"id": response_id, "conversation_id": "conv", "status": status, "output": list(output), **told}
    return {"type": "response.done", "response": response}


def begins(item: Event, index: int = 0, response_id: str = "r1") -> Event:
    """Return the event that begins an item of a response."""
    item = {**item, "status": "in_progress"}
    return {
        "type": "response.output_item.added",
        "response_id": response_id,
        "output_index": index,
        "item": item,
    }


def ends(item: Event, index: int = 0, response_id: str = "r1") -> Event:
    """Return the event that ends an item of a response."""
    return {"type": "response.output_item.done", "response_id": response_id, "output_index": index, "item": item}


def joins(item: Event, previous: str | None = None) -> Event:
    """Return the event that puts an item into the conversation."""
    return {"type": "conversation.item.added", "previous_item_id": previous, "item": item}


def whole(item: Event, previous: str | None = None) -> Event:
    """Return the event that tells that an item of the conversation is whole."""
    return {"type": "conversation.item.done", "previous_item_id": previous, "item": item}


def part(item_id: str, kind: str = "response.output_audio.delta", index: int = 0, **told: Any) -> Event:
    """Return an event about an item of a response."""
    return {"type": kind, "response_id": "r1", "item_id": item_id, "output_index": index, **told}


def output(number: int, call_id: str, text: str = "found") -> tuple[str, Event]:
    """Return the relay's event that gives the model an output, on its way to the upstream."""
    item = {"type": "function_call_output", "call_id": call_id, "output": text}
    event_id = f"event_relay_s1_{number}"
    return "to upstream", {"type": "conversation.item.create", "event_id": event_id, "item": item}


def follow_up(number: int, **response: Any) -> tuple[str, Event]:
    """Return the relay's event that asks the model to go on, on its way to the upstream."""
    fields = {"response": response} if response else {}
    return "to upstream", {"type": "response.create", "event_id": f"event_relay_s1_{number}", **fields}


def passes(script: "Playbook", *events: Event) -> None:
    """Events of the upstream's reach the client as they are."""
    for event in events:
        script >> ("upstream", event) << ("to client", event)


def sends(script: "Playbook", *events: Event) -> None:
    """Events of the client's reach the upstream as they are."""
    for event in events:
        script >> ("client", event) << ("to upstream", event)


def unseen(script: "Playbook", *events: Event) -> None:
    """Events of the upstream's reach nobody."""
    for event in events:
        script >> ("upstream", event)


def calls_hidden(
    script: "Playbook", *item_ids: str, response_id: str = "r1", first: int = 0, name: str = "search"
) -> list[Event]:
    """Let a response call a hidden tool, from the beginning of each call to its end; returns the items."""
    for index, item_id in enumerate(item_ids, first):
        item = call(item_id, name)
        unseen(script, begins(item, index, response_id), joins({**item, "status": "in_progress"}))
        unseen(script, whole(item))
        script >> ("upstream", ends(item, index, response_id)) << ("start", f"tool_call_{item_id}")
    return [call(item_id, name) for item_id in item_ids]
