"""Knows which items are still being made, so that a preview upstream's stream gets GA's `conversation.item.done`.

Preview has no such event. An item that no response makes is done at once; one that a response makes is done just
before its `response.output_item.done`, and at the latest before `response.done`. Items of an out-of-band response
were never added to the conversation, and are never done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["OpenItems"]

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Produced:
    """An item that a response makes; `name` is its function's, if it is a call."""

    response_id: Any
    name: str


class OpenItems:
    """The items of one session that are not done yet. Events are in GA's words."""

    def __init__(self) -> None:
        self._produced: dict[Any, Produced] = {}
        self._added: dict[Any, Event] = {}

    def begun(self, event: Mapping[str, Any]) -> None:
        """Note a `response.output_item.added`."""
        item = event.get("item")
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            name = item.get("name")
            known = name if isinstance(name, str) else ""
            self._produced[item["id"]] = Produced(_text(event.get("response_id")), known)

    def name(self, item_id: Any) -> str:
        """Return the name of the function that an item calls, or "" where it is not known."""
        produced = self._produced.get(_text(item_id))
        return produced.name if produced else ""

    def added(self, event: Event) -> Iterator[Event]:
        """Note a `conversation.item.added`; yield its done event where nobody goes on making the item."""
        item = event.get("item")
        if isinstance(item, dict):
            item_id = _text(item.get("id"))
            if item_id in self._produced or item.get("status") == "in_progress":
                self._added[item_id] = event
            else:
                yield _done(event, item)

    def finished(self, event: Mapping[str, Any]) -> Iterator[Event]:
        """Take a `response.output_item.done`; yield the item's done event if the item was added."""
        item = event.get("item")
        if isinstance(item, dict):
            item_id = _text(item.get("id"))
            self._produced.pop(item_id, None)
            if item_id in self._added:
                yield _done(self._added.pop(item_id), item)

    def closed(self, response: Any) -> Iterator[Event]:
        """Take the response of a `response.done`; yield a done event for each of its items that is still open."""
        known = response if isinstance(response, dict) else {}
        output = known.get("output")
        items = output if isinstance(output, list) else []
        final = {_text(item.get("id")): item for item in items if isinstance(item, dict)}
        for item_id in [each for each in self._added if self._is_of(each, known.get("id"))]:
            added = self._added.pop(item_id)
            yield _done(added, final.get(item_id) or added["item"])
        mine = [each for each, produced in self._produced.items() if produced.response_id == known.get("id")]
        for item_id in mine:
            del self._produced[item_id]

    def deleted(self, item_id: Any) -> None:
        """Forget an item that the conversation no longer has."""
        self._produced.pop(_text(item_id), None)
        self._added.pop(_text(item_id), None)

    def _is_of(self, item_id: Any, response_id: Any) -> bool:
        produced = self._produced.get(item_id)
        return produced is None or produced.response_id == response_id


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _done(added: Mapping[str, Any], item: Mapping[str, Any]) -> Event:
    return {
        "type": "conversation.item.done",
        "previous_item_id": added.get("previous_item_id"),
        "item": item,
    }
