"""What a follow-up repeats: whose `response.create` a response answers, and what of it still applies.

The service takes up what it is asked in order, and names no event that a response answers; a response that it
begins by itself answers none. So the oldest that is still open is the one, unless the response shows another's
metadata. A request of the relay's own stands back for the client's: `TurnGuard` drops it where one waits.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.protocol.frame import is_own

__all__ = ["Request", "Requests", "forces", "repeated"]

Event = dict[str, Any]

MAX_OPEN = 64
"""Events of which neither a response nor an error has come; the oldest is given up."""
UNBEGUN = ("conversation_already_has_active_response", "too_many_responses_waiting")
"""Codes that tell by themselves that a request led to no response."""


@dataclass(frozen=True, slots=True)
class Request:
    """A `response.create`, and what it asks for."""

    event_id: str | None
    asked: Mapping[str, Any]

    @property
    def own(self) -> bool:
        """Whether the relay asked."""
        return is_own(self.event_id)

    @property
    def inside(self) -> bool:
        """Whether the response is to be part of the conversation."""
        return self.asked.get("conversation") != "none"

    def fits(self, response: Mapping[str, Any]) -> bool:
        """Tell whether this may be what the response answers; what the response does not tell, fits."""
        inside = response.get("conversation_id", self.inside or None) is not None
        wanted = self.asked.get("metadata") or None
        return inside == self.inside and wanted == (response.get("metadata", wanted) or None)


class Requests:
    """The events `response.create` of one session that are on their way."""

    def __init__(self) -> None:
        self._open: deque[Request] = deque(maxlen=MAX_OPEN)

    def sent(self, event: Event, *, waits: bool) -> None:
        """Take note of a `response.create`. `waits`: a response is under way, so that this one has to wait."""
        asked, event_id = event.get("response"), event.get("event_id")
        request = Request(
            event_id if isinstance(event_id, str) else None, asked if isinstance(asked, dict) else {}
        )
        inside = [each for each in self._open if each.inside and request.inside]
        if request.own and inside:
            return
        for each in inside:
            if each.own and waits:
                self._open.remove(each)
        self._open.append(request)

    def begun(self, response: Mapping[str, Any]) -> Request | None:
        """Return the request that this response answers; None where it began by itself."""
        found = next((each for each in self._open if each.fits(response)), None)
        if found is not None:
            self._open.remove(found)
        return found

    def refused(self, event: Event) -> None:
        """Give up the request that an error is about. Where it names no event, its code or `param` tell."""
        match event:
            case {"error": {"event_id": str(event_id)}}:
                self._give_up(event_id)
            case {"error": {"code": str(code)}} if code in UNBEGUN:
                self._give_up(None)
            case {"error": {"param": str(param)}} if param.startswith("response"):
                self._give_up(None)

    def _give_up(self, event_id: str | None) -> None:
        found = next((each for each in self._open if each.event_id == event_id), None)
        if found is not None:
            self._open.remove(found)


def forces(tool_choice: Any) -> bool:
    """Tell whether a `tool_choice` makes the model call a tool, whatever it has read."""
    return tool_choice not in (None, "auto", "none")


def repeated(asked: Mapping[str, Any], session_choice: Any) -> Event:
    """Return what still applies when the tools have answered.

    The input has been taken up; and a call that was forced once would be forced for ever, by the event or, where
    it tells nothing, by the session's own `tool_choice`.
    """
    kept = {key: value for key, value in asked.items() if key != "input"}
    return {**kept, "tool_choice": "auto"} if forces(kept.get("tool_choice", session_choice)) else kept
