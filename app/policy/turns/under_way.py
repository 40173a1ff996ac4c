"""What is under way in the conversation, as far as anybody here can know: a request, or the response to it.

A service that falls silent is not waited for: whoever is taken to be over too early is put right by the service's
own refusal, and whoever is waited for in vain is put right by nobody.
"""

from app.policy.turns.requests import Request, in_conversation, response_id
from app.protocol.frame import Frame

__all__ = ["UnderWay"]

UNANSWERED = 10.0
"""Seconds after which a request that no response has followed keeps nobody waiting."""

SILENT = 30.0
"""Seconds without any event of a response's after which one is taken to be over."""


class UnderWay:
    """Either a request that was sent, or a response that has begun, or nothing.

    `doubtful`: something may be under way all the same. `heard` is when the last event of any response came.
    """

    def __init__(self) -> None:
        self.asked: Request | None = None
        self.doubtful = False
        self.heard = 0.0
        self._asides = 0
        self._asked_at = 0.0
        self._begun = False
        self._id: str | None = None

    def __bool__(self) -> bool:
        return self._begun or self.asked is not None

    @property
    def until(self) -> float:
        """When patience with what is under way ends."""
        return self.heard + SILENT if self._begun else self._asked_at + UNANSWERED

    def tire(self, now: float) -> None:
        """Wait no longer for what has not come."""
        if self and now >= self.until:
            self.end()
            self.doubtful = True

    def ask(self, request: Request, now: float) -> None:
        """Take note of a request that was sent."""
        self.asked, self._asked_at, self.doubtful = request, now, False

    def ask_aside(self) -> None:
        """Take note of a request for a response outside the conversation."""
        self._asides += 1

    def begin(self, created: Frame) -> None:
        """Take note of a response.

        One that claims to be outside the conversation answers the request on its way if nobody asked for such.
        """
        inside = in_conversation(created)
        if inside or (self.asked is not None and not self._asides):
            self.asked, self._begun, self._id, self.doubtful = None, True, response_id(created), False
        else:
            self._asides = max(0, self._asides - 1)

    def finish(self, done: Frame) -> None:
        """Take note of the end of a response: one without an id is the one under way."""
        ended = response_id(done)
        if in_conversation(done) if None in (ended, self._id) else ended == self._id:
            self.end()

    def end(self) -> None:
        """Forget what was under way."""
        self.asked, self._begun, self._id = None, False, None
