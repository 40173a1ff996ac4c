"""What a session says, in order: events, and at last its own end.

Nothing here waits; who owns the socket takes what is there.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Close", "NewId", "Outbox", "new_id"]

NewId = Callable[[str], str]
"""Makes an identifier that begins with the given prefix, such as `item_…`."""


def new_id(prefix: str) -> str:
    """Make an identifier as long as the service's own."""
    return f"{prefix}_{secrets.token_hex(10)}"


@dataclass(frozen=True, slots=True)
class Close:
    """The service closes the connection."""

    code: int
    reason: str


@dataclass(slots=True)
class Outbox:
    """Events on their way out, each with an id of its own."""

    new_id: NewId
    _waiting: list[dict[str, Any] | Close] = field(default_factory=list)

    def send(self, type: str, **fields: Any) -> None:  # noqa: A002 - the protocol's word
        """Add an event."""
        self._waiting.append({"type": type, "event_id": self.new_id("event"), **fields})

    def close(self, code: int, reason: str) -> None:
        """Add the end."""
        self._waiting.append(Close(code, reason))

    def take(self) -> list[dict[str, Any] | Close]:
        """Return what was added since the last time."""
        taken, self._waiting = self._waiting, []
        return taken
