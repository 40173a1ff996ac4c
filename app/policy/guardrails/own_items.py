"""The items of the conversation as the client sees them, and which of them are the relay's own.

What a client says about an item of the relay's own never reaches the upstream: it is answered here. Where such an
item marks a place in the conversation, the real item before it does so instead.
"""

from collections import OrderedDict
from collections.abc import Mapping
from itertools import dropwhile
from typing import Any

from app.errors import Refused
from app.policy.chain import Outbox
from app.policy.teller import Teller
from app.protocol.frame import Frame, event_id_of

__all__ = ["OwnItems"]

ROOT = "root"
"""The `previous_item_id` that puts an item first."""

REMEMBERED = 4096
"""Items, the last ones, whose order is known: nobody speaks of others by their place."""

Event = dict[str, Any]


class OwnItems:
    """Knows the items of one session, in the order in which they came."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._order: OrderedDict[str, None] = OrderedDict()
        self._own: dict[str, Event | None] = {}
        self._responses: set[str] = set()

    @property
    def last(self) -> str | None:
        """The id of the last item."""
        return next(reversed(self._order), None)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._order

    def added(self, item_id: str) -> None:
        """Note an item that the conversation has now."""
        self._order.setdefault(item_id)
        if len(self._order) > REMEMBERED:
            self._order.popitem(last=False)

    def claim(self, item: Event, response_id: str) -> None:
        """Take an item, and the response that made it, for the relay's own from here on."""
        self._own[item["id"]] = item
        self._responses.add(response_id)
        self.added(item["id"])

    def deleted(self, item_id: object) -> bool:
        """Note that the upstream has deleted an item; returns whether the client had it from the relay."""
        if not isinstance(item_id, str):
            return False
        if item_id not in self._own:
            self._order.pop(item_id, None)
        return item_id in self._own

    def answered(self, frame: Frame, out: Outbox) -> bool:
        """Answer what a client says about an item, or a response, of the relay's own; returns whether it was one.

        Raises `Refused`, in the service's words, where the client has deleted that item.
        """
        match frame.event:
            case {"type": "response.cancel", "response_id": str(response_id)}:
                return response_id in self._responses
            case {"type": kind, "item_id": str(item_id)} if item_id in self._own:
                out.to_client(self._answer(kind.rpartition(".")[2], item_id, frame.event))
                return True
            case _:
                return False

    def _answer(self, verb: str, item_id: str, event: Event) -> Frame:
        item = self._own[item_id]
        if item is None:
            message = f"Error: the item with id '{item_id}' does not exist."
            code = f"item_{verb}_invalid_item_id"
            raise Refused(code, message, param="item_id", event_id=event_id_of(event))
        if verb == "retrieve":
            return self._teller.event("conversation.item.retrieved", item=item)
        if verb == "delete":
            self._own[item_id] = None
            self._order.pop(item_id, None)
            return self._teller.event("conversation.item.deleted", item_id=item_id)
        told = {"item_id": item_id, "content_index": _count(event, "content_index")}
        return self._teller.event(
            "conversation.item.truncated", **told, audio_end_ms=_count(event, "audio_end_ms")
        )

    def real(self, frame: Frame) -> Frame:
        """Return a client's frame with no item of the relay's own in it."""
        if not self._own:
            return frame
        match frame.event:
            case {"type": "conversation.item.create", "previous_item_id": str(previous)} if previous in self._own:
                return Frame.of({**frame.event, "previous_item_id": self._real_before(previous)})
            case {"type": "response.create", "response": {"input": list(given)} as response}:
                items = [each for each in map(self._spelt_out, given) if each is not None]
                changed = {**frame.event, "response": {**response, "input": items}}
                return frame if items == given else Frame.of(changed)
            case _:
                return frame

    def _real_before(self, item_id: str) -> str:
        before = reversed(self._order)
        if item_id in self._order:
            before = dropwhile(lambda each: each != item_id, before)
        return next((each for each in before if each not in self._own), ROOT)

    def _spelt_out(self, item: Any) -> Any:
        """Return what a reference to an item of the relay's own stands for: the item, without its id."""
        match item:
            case {"type": "item_reference", "id": str(item_id)} if item_id in self._own:
                return _as_input(self._own[item_id])
            case _:
                return item


def _as_input(item: Mapping[str, Any] | None) -> Event | None:
    """Return an item as a client would write it: what was said in audio as text."""
    if item is None:
        return None
    said = [part.get("text") or part.get("transcript") or "" for part in item["content"]]
    content = [{"type": "output_text", "text": text} for text in said]
    return {"type": "message", "role": "assistant", "content": content}


def _count(event: Mapping[str, Any], key: str) -> int:
    value = event.get(key)
    return value if isinstance(value, int) else 0
