"""What every event has around its content: an id, an object under a known key, a name for a refusal."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

from app.errors import Refused
from app.protocol.dialect.passage import invalid
from app.protocol.frame import event_id_of

__all__ = ["Ids", "object_in", "refusals_named"]


class Ids:
    """Gives an `event_id` to server events that have none: old clients demand one of each, `error` included."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def on(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return the event with an id: its own where it has one."""
        if isinstance(event.get("event_id"), str):
            return event
        return {**event, "event_id": f"event_dialect_{next(self._numbers)}"}


@contextmanager
def refusals_named(event: dict[str, Any]) -> Iterator[None]:
    """Let each `Refused` tell the client which of its events is meant."""
    try:
        yield
    except Refused as refused:
        named = event_id_of(event)
        raise Refused(refused.code, refused.message, param=refused.param, event_id=named) from None


def object_in(event: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """Return an object that a client's event holds, None where there is none; `Refused` where it is no object."""
    value = event.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise invalid(key)
