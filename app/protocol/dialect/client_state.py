"""What a preview client asked for that GA cannot tell it again, and what is under way."""

from dataclasses import dataclass, field
from typing import Any

from app.protocol.dialect.in_force import InForce

__all__ = ["ClientState"]

MOST_RETRIEVES = 64
"""Retrieves waiting for their answer that are remembered; of more, the oldest is forgotten."""


@dataclass(slots=True)
class ClientState:
    """One session of a preview client, as far as its translation needs it.

    `temperature` is the session's, `responses` holds that of each response under way, by id. GA has none: it is
    told back as it was asked.
    """

    transcription: bool
    keep: bool
    in_force: InForce = field(default_factory=InForce)
    temperature: float | None = None
    responses: dict[Any, float | None] = field(default_factory=dict)
    _asked: float | None = None
    _retrieves: dict[str, str | None] = field(default_factory=dict)

    def remember(self, temperature: float | None) -> None:
        """Keep the temperature of an update that names one."""
        self.temperature = self.temperature if temperature is None else temperature

    def asked_response(self, temperature: float | None) -> None:
        """Note the temperature that the next response was asked for with, if any."""
        self._asked = temperature

    def begun(self, response_id: Any) -> float | None:
        """Return the temperature of a response that begins."""
        asked, self._asked = self._asked, None
        self.responses[response_id] = self.temperature if asked is None else asked
        return self.responses[response_id]

    def ended(self, response_id: Any) -> float | None:
        """Return the temperature of a response that is over."""
        return self.responses.pop(response_id, self.temperature)

    def refused(self) -> None:
        """Forget what the service may have refused."""
        self._asked = None
        self.in_force.refused()

    def asked_item(self, item_id: str, event_id: str | None) -> None:
        """Note which event of the client's asks for an item."""
        self._retrieves[item_id] = event_id
        if len(self._retrieves) > MOST_RETRIEVES:
            del self._retrieves[next(iter(self._retrieves))]

    def told_item(self, item_id: Any) -> str | None:
        """Return the id of the event that asked for an item, if it had one."""
        return self._retrieves.pop(item_id, None) if isinstance(item_id, str) else None
