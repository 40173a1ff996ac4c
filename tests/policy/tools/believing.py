"""Two sides of a conversation with tools: the client, who believes what it is sent, and what the service knows.

The client fails where an event contradicts those before it. Whatever is hidden has `hid` in its ids and its name,
so that no frame to the client may contain it.
"""

from dataclasses import dataclass, field
from typing import Any

from app.protocol.frame import Frame

Event = dict[str, Any]


class Client:
    """Reads what it is sent, and believes every word."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.open: dict[str, dict[int, str]] = {}
        self.unfinished: set[str] = set()
        self.begun: list[str] = []
        self.ended: list[str] = []

    def read(self, frame: Frame) -> None:
        """Fail where an event contradicts those before it, or tells what is hidden."""
        event = frame.event
        assert b"hid" not in frame.text
        assert event.get("previous_item_id") in (None, *self.items)
        match event:
            case {"type": "response.created", "response": {"id": response_id}}:
                assert response_id not in self.begun
                self.begun.append(response_id)
                self.open[response_id] = {}
            case {"type": "response.done", "response": {"id": response_id, "output": output}}:
                assert [item["id"] for item in output] == list(self.open.pop(response_id).values())
                self.ended.append(response_id)
            case {"type": "conversation.item.added", "item": {"id": item_id}}:
                self.items.append(item_id)
            case {"type": "conversation.item.deleted", "item_id": item_id}:
                self.items.remove(item_id)
            case {"output_index": index, "response_id": response_id}:
                self.read_output(event, index, self.open[response_id])

    def read_output(self, event: Event, index: int, places: dict[int, str]) -> None:
        """Places are counted from 0 without a gap, and each event tells the place of its item."""
        item_id = event["item"]["id"] if "item" in event else event["item_id"]
        if event["type"] == "response.output_item.added":
            assert index == len(places)
            places[index] = item_id
            self.unfinished.add(item_id)
        elif event["type"] == "response.output_item.done":
            self.unfinished.remove(item_id)
        assert places[index] == item_id


@dataclass(slots=True)
class Response:
    """What the service knows of a response. `stopped`: it was interrupted or did not complete."""

    id: str
    items: list[Event] = field(default_factory=list)
    calls: set[str] = field(default_factory=set)
    over: bool = False
    stopped: bool = False
    settled: bool = False
    open: bool = False

    @property
    def followed(self) -> bool:
        """Whether the relay, or a client's request that waits, must ask for what comes next."""
        return bool(self.calls) and not self.stopped

    @property
    def clients_turn(self) -> bool:
        """Whether the client has a call of its own to answer."""
        return any(item.get("name") == "weather" for item in self.items)

    @property
    def seen(self) -> bool:
        """Whether the client must hear of it."""
        return not self.followed or any("hid" not in item["id"] for item in self.items)
