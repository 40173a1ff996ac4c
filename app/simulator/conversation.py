"""The conversation: items in order, and what a client may do with them.

Every operation tells its outcome in the words of the generation: GA says `added` and `done`, preview `created`.
"""

import base64
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from app.errors import Refused
from app.protocol.catalogue import GenerationName
from app.simulator.items import Entry, completed
from app.simulator.outbox import Outbox

__all__ = ["Conversation"]

ROOT = "root"
"""The `previous_item_id` that puts an item first."""


class Conversation:
    """The items of one session."""

    def __init__(self, generation: GenerationName, outbox: Outbox) -> None:
        self.id = outbox.new_id("conv")
        self.generation = generation
        self.entries: list[Entry] = []
        self._ga = generation == "ga"
        self._outbox = outbox

    @property
    def spoke(self) -> bool:
        """Whether the assistant has said anything aloud that is still here."""
        return any(entry.audio and entry.item.get("role") == "assistant" for entry in self.entries)

    @property
    def last_id(self) -> str | None:
        """The id of the last item."""
        return self.entries[-1].id if self.entries else None

    def find(self, item_id: str) -> Entry | None:
        """Return the entry of an item, if there is one."""
        return next((entry for entry in self.entries if entry.id == item_id), None)

    def create(self, event: Mapping[str, Any], audio_format: str) -> None:
        """Do `conversation.item.create`."""
        entry = completed(event["item"], self._outbox.new_id("item"), audio_format)
        if self.find(entry.id):
            message = f"Error adding item: an item with id '{entry.id}' already exists."
            raise Refused("item_create_duplicate_item_id", message, param="item.id")
        self._check_call(entry.item)
        at = self._place(event.get("previous_item_id"))
        self.add(entry, at)
        self.done(entry)

    def _check_call(self, item: Mapping[str, Any]) -> None:
        calls = [entry.item["call_id"] for entry in self.entries if entry.item["type"] == "function_call"]
        if item["type"] == "function_call_output" and item["call_id"] not in calls:
            message = f"Tool call ID '{item['call_id']}' not found in conversation."
            raise Refused("invalid_tool_call_id", message)

    def _place(self, previous: str | None) -> int:
        if previous is None:
            return len(self.entries)
        if previous == ROOT:
            return 0
        at = next((at for at, entry in enumerate(self.entries) if entry.id == previous), None)
        if at is None:
            message = f"Error adding item: the previous item with id '{previous}' does not exist."
            raise Refused("item_create_invalid_previous_item_id", message, param="previous_item_id")
        return at + 1

    def add(self, entry: Entry, at: int | None = None) -> None:
        """Put an item in its place, at the end where none is told, and tell that it is there."""
        place = len(self.entries) if at is None else at
        self.entries.insert(place, entry)
        kind = "conversation.item.added" if self._ga else "conversation.item.created"
        self._tell(kind, entry)

    def done(self, entry: Entry) -> None:
        """Tell that an item is whole. Preview has no word for it; nor has anybody for an item that was deleted."""
        if self._ga and entry in self.entries:
            self._tell("conversation.item.done", entry)

    def _tell(self, kind: str, entry: Entry) -> None:
        at = self.entries.index(entry)
        previous = self.entries[at - 1].id if at else None
        self._outbox.send(kind, previous_item_id=previous, item=deepcopy(entry.item))

    def retrieve(self, event: Mapping[str, Any]) -> None:
        """Do `conversation.item.retrieve`: the one event that shows an item's audio."""
        entry = self._known(event["item_id"], "retrieve", "retrieving")
        item = deepcopy(entry.item)
        spoken = [part for part in item.get("content", ()) if part["type"].endswith("audio")]
        for part in spoken[:1]:
            part["audio"] = base64.b64encode(entry.audio).decode()
        self._outbox.send("conversation.item.retrieved", item=item)

    def delete(self, event: Mapping[str, Any]) -> None:
        """Do `conversation.item.delete`."""
        self.entries.remove(self._known(event["item_id"], "delete", "deleting"))
        self._outbox.send("conversation.item.deleted", item_id=event["item_id"])

    def truncate(self, event: Mapping[str, Any]) -> None:
        """Do `conversation.item.truncate`: audio of the assistant ends earlier, and its transcript is gone."""
        entry, end_ms, index = (
            self._known(event["item_id"], "truncate", "truncating"),
            event["audio_end_ms"],
            event["content_index"],
        )
        if entry.item.get("role") != "assistant" or not entry.audio:
            message = "Only model output audio messages can be truncated."
            raise Refused("unsupported_content_type", message, param="item_id")
        if index >= len(entry.item["content"]):
            raise Refused("invalid_value", f"Content index {index} does not exist.", param="content_index")
        if end_ms > entry.audio_ms:
            message = f"Audio content of {int(entry.audio_ms)}ms is already shorter than {end_ms}ms"
            raise Refused("invalid_value", message, param="audio_end_ms")
        entry.audio = entry.audio[: int(end_ms / entry.audio_ms * len(entry.audio)) // 2 * 2]
        entry.item["content"][index].pop("transcript", None)
        self._outbox.send(
            "conversation.item.truncated", item_id=entry.id, content_index=index, audio_end_ms=end_ms
        )

    def _known(self, item_id: str, verb: str, doing: str) -> Entry:
        entry = self.find(item_id)
        if entry is None:
            message = f"Error {doing} item: the item with id '{item_id}' does not exist."
            raise Refused(f"item_{verb}_invalid_item_id", message, param="item_id")
        return entry
