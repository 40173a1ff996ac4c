"""The requests for responses: which one an event of the service's is about, and how an error tells of it."""

import re
from dataclasses import dataclass
from typing import Any

from app.protocol.frame import Frame

__all__ = ["Request", "about", "code_of", "in_conversation", "response_id", "takes_turn"]

CODE = re.compile(r"[a-z0-9_]{1,64}")


@dataclass(frozen=True, slots=True)
class Request:
    """A `response.create`. `own`: the relay's; `named`: its `event_id` is the one that its sender gave it."""

    number: int
    frame: Frame
    event_id: str
    own: bool
    named: bool


def takes_turn(create: Frame) -> bool:
    """Tell whether a request is for a response in the conversation."""
    response = create.event.get("response")
    return not (isinstance(response, dict) and response.get("conversation") == "none")


def in_conversation(frame: Frame) -> bool:
    """Tell whether a response is the conversation's; the oldest services do not say."""
    return _response_of(frame).get("conversation_id", "") is not None


def response_id(frame: Frame) -> str | None:
    """Return the id of a response, None where the service tells none."""
    told = _response_of(frame).get("id")
    return told if isinstance(told, str) else None


def code_of(code: Any) -> str:
    """Return an error's code, where it is one; a service may put anything there."""
    return code if isinstance(code, str) and CODE.fullmatch(code) else "unknown"


def about(error: Frame, request: Request) -> Frame:
    """Return an error as the sender of the request is to read it: it names the event as its sender did."""
    event_id = request.event_id if request.named else None
    told = error.event["error"]
    if told.get("event_id") == event_id:
        return error
    return Frame.of({**error.event, "error": {**told, "event_id": event_id}})


def _response_of(frame: Frame) -> dict[str, Any]:
    response = frame.event.get("response")
    return response if isinstance(response, dict) else {}
