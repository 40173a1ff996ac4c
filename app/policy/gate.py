"""What may pass by its type: an allow-list towards the upstream, the catalogue towards the client.

A client event that is not on the list is refused, since it would go to the upstream with the relay's credential.
A server event that nobody knows yet passes and is counted: the service may learn new words before we do.
"""

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.protocol.catalogue import Generation
from app.protocol.frame import Frame, event_id_of
from app.wire import Tap

__all__ = ["Gate"]

MAX_QUOTED = 64
"""Characters of a client's event type that an error repeats."""


class Gate(Filter):
    """Allow-lists of event types per direction, for one generation of the protocol."""

    def __init__(self, generation: Generation, tap: Tap) -> None:
        self._client = frozenset(generation.client)
        self._server = frozenset(generation.server)
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
        out.to_upstream(frame)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - types know no time
        """Let everything pass; count what the catalogue lacks."""
        if frame.type not in self._server:
            self._tap.unknown(frame.type)
        out.to_client(frame)

    def _supported(self) -> str:
        return ", ".join(f"'{name}'" for name in sorted(self._client))
