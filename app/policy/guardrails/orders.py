"""What guardrails order the upstream to do, in events of the relay's own.

Who stands nearer to the upstream may refuse one like any other event, and the service may answer one by an error:
either is nobody else's business.
"""

from collections import deque
from contextlib import suppress
from typing import Any

from app.errors import Refused
from app.policy.chain import Outbox
from app.policy.teller import Teller
from app.protocol.frame import Frame

__all__ = ["Orders"]

REMEMBERED = 64
"""Orders, the last ones, whose errors are known for what they are."""


class Orders:
    """Gives the orders of one session."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._given: deque[str] = deque(maxlen=REMEMBERED)

    def give(self, kind: str, out: Outbox, **fields: Any) -> str:
        """Send an order; returns its event's id."""
        event_id = self._teller.new_event_id()
        self._given.append(event_id)
        with suppress(Refused):
            out.to_upstream(Frame.of({"type": kind, "event_id": event_id, **fields}))
        return event_id

    def concerned(self, error: Frame) -> bool:
        """Tell whether an `error` answers one of these orders."""
        match error.event.get("error"):
            case {"event_id": str(event_id)}:
                return event_id in self._given
            case _:
                return False
