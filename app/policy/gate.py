"""What may pass by its type: an allow-list towards the upstream, and one towards the client.

A client event that is not on the list is refused, since it would go to the upstream with the relay's credential.
A server event that nobody knows yet is counted; it passes unless the profile lists what may.
"""

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.policy.routes import AllBut
from app.protocol.catalogue import GA
from app.protocol.frame import Frame, event_id_of, is_own
from app.protocol.translation import OURS
from app.wire import Tap

__all__ = ["AUDIO_AND_TEXT", "KNOWN", "Gate", "GateRules"]

MAX_QUOTED = 64
"""Characters of a client's event type that an error repeats."""

ERROR = "error"

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
    """Holds events to the allow-lists of a profile. What is on them passes by unasked, but for each `error`."""

    client_types: AllBut
    upstream_types: AllBut

    def __init__(self, rules: GateRules, tap: Tap) -> None:
        self.client_types, self.upstream_types = _ruled(rules.client, rules.server, rate_limits=rules.rate_limits)
        self._tells_errors = rules.server is None or ERROR in rules.server
        self._tells_unknown = rules.server is None
        self._silent = rules.refused == "drop"
        self._tap = tap

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - types know no time
        """Refuse what is not on the list, with the list."""
        if frame.type not in self.client_types:
            out.to_upstream(frame)
            return
        raise Refused(
            "invalid_value",
            f"Invalid value: '{frame.type[:MAX_QUOTED]}'. Supported values are: {self._supported()}.",
            param="type",
            event_id=event_id_of(frame.event),
        )

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - types know no time
        """Let pass what is on the list, or everything; count what the catalogue lacks."""
        kind = frame.type
        if kind == ERROR:
            passes = self._tells_errors and not self._is_nobodys(frame)
        elif kind in SERVER:
            passes = kind not in self.upstream_types
        elif kind.startswith(OURS):
            passes = True
        else:
            passes = self._tells_unknown
            self._tap.unknown(kind)
        if passes:
            out.to_client(frame)

    def _is_nobodys(self, error: Frame) -> bool:
        """Tell whether nobody is to see it: it answers the relay's own event, or is our own word in silence."""
        event = error.event
        about = event["error"].get("event_id") if isinstance(event.get("error"), dict) else None
        return is_own(about) or (self._silent and is_own(event.get("event_id")))

    def _supported(self) -> str:
        return ", ".join(f"'{name}'" for name in sorted(self.client_types.types))


@lru_cache(maxsize=256)
def _ruled(
    client: tuple[str, ...] | None, server: tuple[str, ...] | None, *, rate_limits: bool
) -> tuple[AllBut, AllBut]:
    """Return what there is to say anything about: all that is not listed, and each `error`."""
    withheld = {ERROR} if rate_limits else {ERROR, RATE_LIMITS}
    return (
        AllBut(CLIENT if client is None else frozenset(client)),
        AllBut((SERVER if server is None else frozenset(server)) - withheld),
    )
