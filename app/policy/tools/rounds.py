"""One response of the model's and the calls in it: what the client has seen of it, and what is still owed.

A round lasts from `response.created` until its last output has been sent. Until something visible comes of it the
client hears nothing of it, since what follows it may be the client's response.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from app.protocol.frame import Frame

__all__ = ["STOPPED", "Round", "Stop"]

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
    _places: dict[int, int] = field(default_factory=dict)

    @property
    def under_way(self) -> bool:
        """Whether it keeps the conversation from another response."""
        return self.in_conversation and self.done is None

    @property
    def unread(self) -> bool:
        """Whether its deltas may pass as they came: it has begun for the client, and no index has moved."""
        moved = any(place != index for index, place in self._places.items())
        return self.done is not None or (self.created is None and not moved)

    @property
    def withheld(self) -> bool:
        """Whether all of it is kept from the client, as its calls are to be followed up."""
        return self.created is not None and bool(self.results) and self.stopped is None

    @property
    def settled(self) -> bool:
        """Whether it has ended and no tool is at work for it."""
        return self.done is not None and None not in self.results.values()

    @property
    def followed(self) -> bool:
        """Whether the relay asks for what comes next."""
        return bool(self.results) and self.stopped is None and not self.clients_turn

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
            self._places.setdefault(index, len(self._places))

    def view(self, event: Event) -> Event | None:
        """Return an event of this response as the client counts its output; None for a hidden item's."""
        if event.get("item_id") in self.hidden:
            return None
        index = event.get("output_index")
        place = self._places.get(index, index) if isinstance(index, int) else index
        return event if place == index else {**event, "output_index": place}

    def last_word(self, done: Frame) -> Frame:
        """Return the `response.done` that the client gets: one that was interrupted, or came to nothing, says so.

        The service completed the response, but the client's answer was still to come.
        """
        response = done.event["response"]
        unanswered = self.created is not None and bool(self.results) and response.get("status") == "completed"
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
