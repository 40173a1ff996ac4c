"""The items of a conversation that its client does not see: which they are, and what it sees in their place.

An item is hidden for what it is: a call of a hidden tool, the output of one, or a step of the service's own with
an MCP server. The client hears of none, neither can it name one: to it they do not exist. Ids are kept as long as
their items are in the conversation, since so long may anybody name them.
"""

from collections.abc import Container, Iterable
from typing import Any

from app.errors import Refused
from app.policy.tools.item_order import ItemOrder
from app.protocol.frame import event_id_of

__all__ = ["Event", "HiddenItems", "item_of"]

Event = dict[str, Any]

MCP_ITEMS = ("mcp_list_tools", "mcp_call", "mcp_approval_request")
MCP_EVENTS = ("mcp_list_tools.", "response.mcp_call")
VERBS = {
    "conversation.item.retrieve": ("retrieve", "retrieving"),
    "conversation.item.delete": ("delete", "deleting"),
    "conversation.item.truncate": ("truncate", "truncating"),
}
"""How the service names what it could not do with an item."""


class HiddenItems:
    """The bookkeeping of one session; `names` are those of the hidden tools, `mcp` tells of hidden MCP servers.

    With hidden tools, MCP servers are hidden too. Without either, nothing is.
    """

    def __init__(self, names: Iterable[str], *, mcp: bool = False) -> None:
        self._names = frozenset(names)
        self._mcp = mcp
        self._order = ItemOrder()
        self._ids: dict[str, str | None] = {}
        self._calls: set[str] = set()
        self._clients_calls: set[str] = set()
        self._clients_ids: dict[str, str] = {}

    @property
    def any(self) -> bool:
        """Whether this session hides anything."""
        return self._mcp or bool(self._names)

    def hides(self, item: Any) -> bool:
        """Tell whether the client must not see this item."""
        match item:
            case {"id": str(item_id)} if item_id in self._ids:
                return True
            case {"type": "function_call", "name": str(name)}:
                return name in self._names and not _among(self._clients_calls, item.get("call_id"))
            case {"type": "function_call_output", "call_id": str(call_id)}:
                return call_id in self._calls
            case {"type": str(kind)}:
                return self.any and kind in MCP_ITEMS
        return False

    def note(self, item: Event) -> None:
        """Remember an item that the client must not see; one that nobody has placed yet stands at the end."""
        item_id, call_id = item.get("id"), item.get("call_id")
        if not isinstance(item_id, str):
            return
        called = call_id if isinstance(call_id, str) and item.get("type") == "function_call" else None
        self._ids[item_id] = called
        if called is not None:
            self._calls.add(called)
        if item_id not in self._order:
            self._order.place(item_id, self._order.last)

    def added(self, event: Event) -> None:
        """Take note of an item that has come into the conversation, and of its place."""
        item = item_of(event)
        if not isinstance(item.get("id"), str):
            return
        previous = event.get("previous_item_id", self._order.last)
        self._order.place(item["id"], previous if isinstance(previous, str | None) else self._order.last)
        if self.hides(item):
            self.note(item)
        elif _among(self._clients_calls, item.get("call_id")):
            self._clients_ids[item["id"]] = item["call_id"]

    def deleted(self, item_id: str) -> None:
        """Forget an item that is no longer in the conversation."""
        self._order.forget(item_id)
        self._calls.discard(self._ids.pop(item_id, None) or "")
        self._clients_calls.discard(self._clients_ids.pop(item_id, ""))

    def visible(self, item_id: str | None) -> str | None:
        """Return the item, or the nearest before it that the client sees."""
        while item_id is not None and item_id in self._ids:
            item_id = self._order.before(item_id)
        return item_id

    def visible_before(self, item_id: str) -> str | None:
        """Return the nearest item before this one that the client sees."""
        return self.visible(self._order.before(item_id))

    def view(self, event: Event) -> Event | None:
        """Return what the client may see of an event of the upstream's: None for nothing, the same for all."""
        if self._is_hidden(event):
            return None
        match event:
            case {"previous_item_id": str(previous)} if previous in self._ids:
                return {**event, "previous_item_id": self.visible(previous)}
            case {"response": {"output": list(items)} as response} if any(map(self.hides, items)):
                shown = [item for item in items if not self.hides(item)]
                return {**event, "response": {**response, "output": shown}}
        return event

    def _is_hidden(self, event: Event) -> bool:
        return (
            (self.any and event["type"].startswith(MCP_EVENTS))
            or self.hides(event.get("item"))
            or _among(self._ids, event.get("item_id"))
            or _among(self._calls, event.get("call_id"))
        )

    def refuse(self, event: Event) -> None:
        """Raise `Refused` where a client's event names what it cannot know of, in the service's words."""
        match event:
            case {"type": str(kind), "item_id": str(item_id)} if kind in VERBS and item_id in self._ids:
                verb, doing = VERBS[kind]
                message = f"Error {doing} item: the item with id '{item_id}' does not exist."
                raise _unknown(event, f"item_{verb}_invalid_item_id", message, "item_id")
            case {"previous_item_id": str(previous)} if previous in self._ids:
                message = f"Error adding item: the previous item with id '{previous}' does not exist."
                raise _unknown(event, "item_create_invalid_previous_item_id", message, "previous_item_id")
            case {"item": {"type": "function_call_output", "call_id": str(call_id)}} if call_id in self._calls:
                message = f"Tool call ID '{call_id}' not found in conversation."
                raise _unknown(event, "invalid_tool_call_id", message, None)
            case {"item": {"type": "function_call", "call_id": str(call_id), "name": str(name)}}:
                self._is_clients(call_id, name)
            case {"response": {"input": list(items)}}:
                self._refuse_references(event, items)

    def _is_clients(self, call_id: str, name: str) -> None:
        """Leave a call that the client itself wrote visible: by what is hidden it could learn a tool's name."""
        if name in self._names:
            self._clients_calls.add(call_id)

    def _refuse_references(self, event: Event, items: list[Any]) -> None:
        for index, item in enumerate(items):
            match item:
                case {"type": "item_reference", "id": str(item_id)} if item_id in self._ids:
                    message = f"Item with id '{item_id}' not found in conversation."
                    raise _unknown(event, "invalid_value", message, f"response.input[{index}].id")


def item_of(event: Event) -> Event:
    """Return the item that an event tells of; an empty one where it tells of none."""
    item = event.get("item")
    return item if isinstance(item, dict) else {}


def _among(ids: Container[str], told: Any) -> bool:
    """Tell whether an id is one of these; what is no string is no id."""
    return isinstance(told, str) and told in ids


def _unknown(event: Event, code: str, message: str, param: str | None) -> Refused:
    return Refused(code, message, param=param, event_id=event_id_of(event))
