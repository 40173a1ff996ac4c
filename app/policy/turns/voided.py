"""A response that answers speech which is not judged yet: nobody sees it, and nothing of it stays.

Audio and the request for an answer can cross what the service tells of the speech: then a response begins of which
only later is known that it comes too early. It is cancelled, and its items are deleted when it has ended.
"""

from typing import Any

from app.protocol.frame import Frame

__all__ = ["Voided"]

ITEMS = frozenset({"conversation.item.added", "conversation.item.created", "conversation.item.done"})
REMEMBERED = 32
"""Deleted items, the last ones, of which nobody hears that they are gone."""


class Voided:
    """At most one response at a time, and what of it has to go. `any`: there has been one."""

    def __init__(self) -> None:
        self.any = False
        self._id: str | None = None
        self._items: list[str] = []
        self._deleted: list[str] = []

    def begin(self, response_id: str) -> None:
        """Void a response that has just begun."""
        self.any = True
        self._id, self._items = response_id, []

    def takes(self, frame: Frame) -> bool:
        """Tell whether a frame is part of it, or tells of the end of one of its items."""
        if frame.type == "conversation.item.deleted":
            return frame.event.get("item_id") in self._deleted
        if self._id is None:
            return False
        if frame.type in ITEMS:
            return self._is_its(frame.event.get("item"))
        return frame.type.startswith("response.") and self._is_part(frame.event)

    def end(self) -> list[str]:
        """Forget the response; returns the ids of its items, which are to be deleted."""
        items, self._items, self._id = self._items, [], None
        self._deleted = [*self._deleted, *items][-REMEMBERED:]
        return items

    def _is_part(self, event: dict[str, Any]) -> bool:
        response = event.get("response")
        told = response.get("id") if isinstance(response, dict) else event.get("response_id")
        if told != self._id:
            return False
        self._is_its(event.get("item"))
        return True

    def _is_its(self, item: Any) -> bool:
        """Tell whether an item is of this response; one that is in progress is, since there is no other."""
        match item:
            case {"id": str(item_id)} if item_id in self._items:
                return True
            case {"id": str(item_id), "status": "in_progress"}:
                self._items.append(item_id)
                return True
            case _:
                return False
