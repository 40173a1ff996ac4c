"""How filters speak for the relay: events with ids of its own, to the client and to the upstream.

Every id begins with `event_relay_`, so that nobody takes the relay's words for the service's, and an `error` that
answers an event of the relay's own can be told from one that answers the client's.
"""

import itertools
from typing import Any

from app.errors import Refused, error_event
from app.protocol.frame import OWN, Frame

__all__ = ["Teller"]


class Teller:
    """Makes the relay's own frames for one session; `opted_in`: the client wants `relay.*` events."""

    def __init__(self, session: str, *, opted_in: bool = False) -> None:
        self.session = session
        self.opted_in = opted_in
        self._numbers = itertools.count(1)

    def event(self, kind: str, **fields: Any) -> Frame:
        """Make an event, with an id of its own."""
        return Frame.of({"type": kind, "event_id": self.new_event_id(), **fields})

    def error(self, refused: Refused) -> Frame:
        """Make the `error` event that tells the client of a refusal."""
        return Frame.of(error_event(refused, self.new_event_id()))

    def new_event_id(self) -> str:
        """Return an id that no other event of this session has."""
        return f"{OWN}{self.session}_{next(self._numbers)}"
