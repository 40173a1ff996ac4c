"""One response of the model's and the calls in it: what the client has seen of it, and what is still owed.

A round lasts from the first that the service says of it until its last output has been sent. Until something
visible comes of it the client hears nothing of it, since what follows it may be the client's response.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.policy.teller import Teller
from app.protocol.frame import Frame

__all__ = ["STOPPED", "Round", "Stop", "is_completed", "response_of"]

Event = dict[str, Any]
Stop = Literal["turn_detected", "client_cancelled", "cancelled", "limit", "failed"]
"""Why no follow-up is asked for: the first two are the protocol's words for who interrupted."""

INTERRUPTED = '{"error": "The call was interrupted by the user."}'
STOPPED: Mapping[Stop, str] = {
    "turn_detected": INTERRUPTED,
    "client_cancelled": INTERRUPTED,
    "cancelled": '{"error": "The call was cancelled."}',
    "failed": '{"error": "The call was cancelled."}',
    "limit": '{"error": "Too many calls in a row: the tool was not called."}',
}
"""What the model reads in place of a result."""

FOLLOW_UP_REFUSED: Event = {"type": "server_error", "code": "follow_up_refused"}
"""What a client is told whose answer the service would not give."""


@dataclass(slots=True)
class Round:
    """What is known of one response.

    `asked` is what the `response.create` said that it answers. `created` is the event that is held back, and
    `done` the one that ended it. `called`: it calls a tool of the server's; `clients_turn`: it calls one of the
    client's, who answers it. `results` maps the ids of completed calls, in their order, to what the model is to
    read, None while a tool is at work. `hidden` are the hidden items of a response outside the conversation.
    `told` is the response as it was when it began.
    """

    id: str
    asked: Mapping[str, Any]
    in_conversation: bool = True
    created: Frame | None = None
    done: Frame | None = None
    called: bool = False
    clients_turn: bool = False
    stopped: Stop | None = None
    results: dict[str, str | None] = field(default_factory=dict)
    arguments: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    told: Event = field(default_factory=dict)
    _places: dict[int, int] = field(default_factory=dict)
    _moved: bool = False

    @property
    def under_way(self) -> bool:
        """Whether it keeps the conversation from another response."""
        return self.in_conversation and self.done is None

    @property
    def unread(self) -> bool:
        """Whether its deltas may pass as they came: it has begun for the client, and no index has moved."""
        return self.done is not None or (self.created is None and not self._moved)

    @property
    def withheld(self) -> bool:
        """Whether all of it is kept from the client, as its calls are to be followed up."""
        return self.created is not None and bool(self.results) and self.stopped is None

    @property
    def lacks_end(self) -> bool:
        """Whether only its end is missing for the outputs to go up."""
        return self.called and self.done is None and None not in self.results.values()

    @property
    def settled(self) -> bool:
        """Whether it has ended and no tool is at work for it."""
        return self.done is not None and None not in self.results.values()

    @property
    def followed(self) -> bool:
        """Whether the relay asks for what comes next."""
        return bool(self.results) and self.stopped is None and not self.clients_turn

    def look_for_calls(self, item: Event, tools: Container[str]) -> None:
        """Take note of whose call an item is, if it is one; `tools` are the server's."""
        match item:
            case {"type": "function_call", "name": str(name)} if name in tools:
                self.called = True
            case {"type": "function_call"}:
                self.clients_turn = True

    def stop(self, why: Stop) -> None:
        """Ask for nothing further; the tools at work have no result. Who stopped it first has stopped it."""
        self.stopped = self.stopped or why
        self.results = {
            call_id: STOPPED[self.stopped] if result is None else result
            for call_id, result in self.results.items()
        }

    def count(self, index: Any) -> None:
        """Count a visible item of the output, as the client does."""
        if isinstance(index, int):
            self._moved |= self._places.setdefault(index, len(self._places)) != index

    def view(self, event: Event) -> Event | None:
        """Return an event of this response as the client counts its output; None for a hidden item's."""
        item_id = event.get("item_id")
        if isinstance(item_id, str) and item_id in self.hidden:
            return None
        index = event.get("output_index")
        place = self._places.get(index, index) if isinstance(index, int) else index
        return event if place == index else {**event, "output_index": place}

    def last_word(self, done: Frame) -> Frame:
        """Return the `response.done` that the client gets: one that was interrupted, or came to nothing, says so.

        The service completed the response, but the client's answer was still to come.
        """
        response = response_of(done.event)
        unanswered = self.created is not None and bool(self.results) and is_completed(response)
        details: Event
        match self.stopped:
            case "turn_detected" | "client_cancelled" if unanswered:
                details = {"type": "cancelled", "reason": self.stopped}
            case "failed" if unanswered:
                details = {"type": "failed", "error": FOLLOW_UP_REFUSED}
            case _:
                return done
        told = {**response, "status": details["type"], "status_details": details}
        return Frame.of({**done.event, "response": told})

    def lost(self, teller: Teller) -> Frame:
        """Return the `response.done` that the service owed: nobody knows how the response would have ended."""
        kept = {"object": "realtime.response", **self.told, "id": self.id}
        cut = {"status": "cancelled", "status_details": {"type": "cancelled"}, "output": []}
        return teller.event("response.done", response={**kept, **cut})


def response_of(event: Event) -> Event:
    """Return the response that an event tells of; an empty one where it tells of none."""
    response = event.get("response")
    return response if isinstance(response, dict) else {}


def is_completed(ended: Event) -> bool:
    """Tell whether a response came to its end; one that says nothing of it did."""
    return bool(ended.get("status", "completed") == "completed")
