"""What the tests of turns share: a client's wishes, a service's words, and a tap that remembers."""

from typing import Any

from app.policy.chain import Filter, Outbox
from app.policy.teller import Teller
from app.policy.turns import TurnGuard, TurnRules
from app.protocol.frame import Frame
from app.wire import Side

OCCUPIED = "conversation_already_has_active_response"
OUTPUT: dict[str, Any] = {"type": "conversation.item.create", "event_id": "event_relay_s1_o", "item": {}}
"""A tool's output, sent by the relay."""


class Noted:
    """A tap that remembers what was refused and what was lost, and expects no other call."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.losses: list[str] = []

    def refused(self, code: str) -> None:
        """Remember the code."""
        self.refusals.append(code)

    def lost(self, words: str) -> None:
        """Remember the words."""
        self.losses.append(words)

    def unknown(self, event_type: str) -> None:
        """Fail: types are the gate's."""
        raise AssertionError(event_type)

    def delayed(self, side: Side, seconds: float) -> None:
        """Fail: no filter measures."""
        raise AssertionError(side, seconds)


class Work:
    """Somebody who is busy, or not."""

    def __init__(self) -> None:
        self.busy = False


class Asking(Filter):
    """Stands nearer to the client, and asks for a response in the relay's name as soon as it hears of an end."""

    def __init__(self, *wishes: dict[str, Any]) -> None:
        self._wishes = list(wishes)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - a filter's arguments
        """Say all that is to be said, before the client hears of the end."""
        wishes = self._wishes if frame.type == "response.done" else []
        while wishes:
            out.to_upstream(Frame.of(wishes.pop(0)))
        out.to_client(frame)


def guard(tap: Noted, work: Work | None = None, max_waiting: int = 8) -> TurnGuard:
    """Return the filter of a session."""
    worker = work or Work()
    rules = TurnRules(guard=True, max_waiting=max_waiting)
    return TurnGuard(rules, Teller("s1"), tap, lambda: worker.busy)


def create(event_id: str = "c1", **response: Any) -> dict[str, Any]:
    """Return a wish for a response."""
    return {"type": "response.create", "event_id": event_id, "response": response}


def cancel(**fields: Any) -> dict[str, Any]:
    """Return a wish that it should end."""
    return {"type": "response.cancel", **fields}


def created(response_id: str = "r1", conversation_id: str | None = "conv") -> dict[str, Any]:
    """Return the beginning of a response."""
    return {"type": "response.created", "response": {"id": response_id, "conversation_id": conversation_id}}


def finished(response_id: str = "r1", conversation_id: str | None = "conv") -> dict[str, Any]:
    """Return the end of a response."""
    return {**created(response_id, conversation_id), "type": "response.done"}


def complaint(event_id: str | None, code: object = OCCUPIED) -> dict[str, Any]:
    """Return an error of the service's."""
    return {"type": "error", "event_id": "e9", "error": {"code": code, "message": "No.", "event_id": event_id}}
