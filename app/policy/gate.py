"""What may pass by its type: an allow-list towards the upstream, and one towards the client.

A client event that is not on the list is refused, since it would go to the upstream with the relay's credential.
A server event that nobody knows yet is counted; it passes unless the profile lists what may.
"""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.policy.teller import OWN
from app.protocol.catalogue import GA
from app.protocol.frame import Append, Frame, event_id_of
from app.protocol.translation import OURS
from app.wire import Tap

__all__ = ["AUDIO_AND_TEXT", "KNOWN", "Gate", "GateRules"]

MAX_QUOTED = 64
"""Characters of a client's event type that an error repeats."""

RATE_LIMITS = "rate_limits.updated"
"""Tells every user about the deployment that all of them share."""

AUDIO_AND_TEXT = (
    "session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
    "output_audio_buffer.clear",
    "conversation.item.create",
    "conversation.item.truncate",
    "response.create",
    "response.cancel",
)
"""What a client needs to talk, write, and control the answers; its `session.update` is narrowed by other rules."""


CLIENT, SERVER = frozenset(GA.client), frozenset(GA.server)


KNOWN = tuple(GA.server)
"""All that the catalogue knows, for profiles that hide something: a new event might repeat it."""


def _known(kind: str, catalogue: frozenset[str]) -> str:
    if kind not in catalogue:
        raise ValueError(f"there is no event '{kind}' in the GA protocol")
    return kind


ClientEvent = Annotated[str, AfterValidator(lambda kind: _known(kind, CLIENT))]
ServerEvent = Annotated[str, AfterValidator(lambda kind: _known(kind, SERVER))]


class GateRules(BaseModel):
    """Which types of events may pass, in GA's words, whatever the client speaks."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    client: tuple[ClientEvent, ...] | None = Field(
        default=None, description="What a client may send. Unset: all that GA has."
    )
    server: tuple[ServerEvent, ...] | None = Field(
        default=None, description="What reaches the client. Unset: all, known or not."
    )
    refused: Literal["error", "drop"] = Field(
        default="error",
        description="What becomes of a refused event: an `error`, or silence, for clients whose first error is"
        " their last.",
    )
    rate_limits: bool = Field(default=False, description="Let `rate_limits.updated` through.")


class Gate(Filter):
    """Holds events to the allow-lists of a profile."""

    def __init__(self, rules: GateRules, tap: Tap) -> None:
        self._client = CLIENT if rules.client is None else _listed(rules.client)
        self._withheld = frozenset() if rules.rate_limits else frozenset({RATE_LIMITS})
        self._server = None if rules.server is None else _listed(rules.server)
        self._silent = rules.refused == "drop"
        self._tap = tap

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - types know no time
        """Refuse what is not on the list, with the list."""
        if frame.type not in self._client:
            raise Refused(
                "invalid_value",
                f"Invalid value: '{frame.type[:MAX_QUOTED]}'. Supported values are: {self._supported()}.",
                param="type",
                event_id=event_id_of(frame.event),
            )
        if not isinstance(frame, Append) and _is_ours(frame.event.get("event_id")):
            message = f"Invalid 'event_id': '{OWN}…' is how the relay's own begin."
            raise Refused("invalid_value", message, param="event_id", event_id=event_id_of(frame.event))
        out.to_upstream(frame)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - types know no time
        """Let pass what is on the list, or everything; count what the catalogue lacks."""
        kind = frame.type
        if kind not in SERVER and not kind.startswith(OURS):
            self._tap.unknown(kind)
        if self._passes(kind) and not (kind == "error" and self._is_nobodys(frame)):
            out.to_client(frame)

    def _is_nobodys(self, error: Frame) -> bool:
        """Tell whether nobody is to see it: it answers the relay's own event, or is our own word in silence."""
        event = error.event
        about = event["error"].get("event_id") if isinstance(event.get("error"), dict) else None
        return _is_ours(about) or (self._silent and _is_ours(event.get("event_id")))

    def _passes(self, kind: str) -> bool:
        if kind in self._withheld:
            return False
        return self._server is None or kind in self._server or kind.startswith(OURS)

    def _supported(self) -> str:
        return ", ".join(f"'{name}'" for name in sorted(self._client))


@lru_cache(maxsize=256)
def _listed(types: tuple[str, ...]) -> frozenset[str]:
    """Return a set of types, the same for all sessions of a profile."""
    return frozenset(types)


def _is_ours(event_id: object) -> bool:
    return isinstance(event_id, str) and event_id.startswith(OWN)
