"""What the relay itself says to the service about calls, and which events those were.

An error that answers one of them may quote what is hidden.
"""

from collections import deque
from typing import Any

from app.policy.teller import Teller
from app.protocol.frame import Frame

__all__ = ["OwnEvents"]

REMEMBERED = 128
"""Events, the last ones, whose errors are known for what they are."""


class OwnEvents:
    """Makes the outputs and follow-ups of one session."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._ids: deque[str] = deque(maxlen=REMEMBERED)

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._ids

    def output(self, call_id: str, text: str) -> Frame:
        """Give the model what came of a call."""
        item = {"type": "function_call_output", "call_id": call_id, "output": text}
        return self._event("conversation.item.create", item=item)

    def request(self, response: dict[str, Any]) -> Frame:
        """Ask the model to go on."""
        return self._event("response.create", **({"response": response} if response else {}))

    def _event(self, kind: str, **fields: Any) -> Frame:
        event_id = self._teller.new_event_id()
        self._ids.append(event_id)
        return Frame.of({"type": kind, "event_id": event_id, **fields})
