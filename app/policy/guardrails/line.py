"""The line in which a client's events wait for judgement: none overtakes another.

Events that shape the conversation stand in it, and only those; each leaves it when all before it have left and
nothing is held against it. A line that is full refuses. What others refuse when it leaves, long after its sender
has sent it, is answered then; the rest goes on.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.errors import Refused
from app.policy.chain import Outbox
from app.policy.guardrails.judgements import Judgements
from app.policy.guardrails.texts import text_of
from app.policy.teller import Teller
from app.protocol.frame import Frame, event_id_of

__all__ = ["COMMIT", "CREATE", "ORDERLY", "Line"]

CREATE = "response.create"
COMMIT = "input_audio_buffer.commit"
ORDERLY = frozenset({"conversation.item.create", CREATE, "session.update", COMMIT})
"""What keeps its order. Audio, and what cuts short or looks, goes at once."""

MOST_WAITING = 64

Release = Callable[[Frame, bool, float, Outbox], None]
"""Takes an event that leaves the line, and whether it is allowed."""


@dataclass(slots=True)
class Waiting:
    """An event in the line; `allowed` is None until it is judged."""

    frame: Frame
    allowed: bool | None


class Line:
    """The line of one session. `release` takes what leaves it; `unheard` tells whether speech is unjudged."""

    def __init__(
        self,
        judgements: Judgements | None,
        max_bytes: int,
        release: Release,
        unheard: Callable[[], bool],
        teller: Teller,
    ) -> None:
        self._judgements = judgements
        self._max_bytes = max_bytes
        self._release = release
        self._unheard = unheard
        self._teller = teller
        self._waiting: deque[Waiting] = deque()
        self._bytes = 0

    @property
    def creates(self) -> bool:
        """Whether a response is asked for in the line."""
        return any(each.frame.type == CREATE for each in self._waiting)

    def take(self, frame: Frame, now: float, out: Outbox) -> None:
        """Let an event go, or put it in the line. Raises `Refused` where the line is full."""
        text = "" if self._judgements is None else text_of(frame.event)
        if not text and self._may_pass(frame):
            self._release(frame, True, now, out)  # noqa: FBT003 - the verdict
            return
        self._check_room(frame)
        waiting = Waiting(frame, None if text else True)
        self._waiting.append(waiting)
        self._bytes += len(frame.text)
        if text and self._judgements is not None:
            self._judgements.ask("user_text", text, partial(self._judged, waiting), now, out)
        self.advance(now, out)

    def advance(self, now: float, out: Outbox) -> None:
        """Let go, from the front, whatever nothing is held against."""
        while self._waiting and self._may_go(self._waiting[0]):
            each = self._waiting.popleft()
            self._bytes -= len(each.frame.text)
            try:
                self._release(each.frame, bool(each.allowed), now, out)
            except Refused as refused:
                out.to_client(self._teller.error(refused))

    def _may_pass(self, frame: Frame) -> bool:
        if frame.type == COMMIT:
            # What waits here, if it is allowed, waits for speech, and this may be its end.
            return all(each.allowed for each in self._waiting)
        return not self._waiting and self._may_go(Waiting(frame, allowed=True))

    def _may_go(self, waiting: Waiting) -> bool:
        if waiting.allowed and waiting.frame.type == CREATE:
            return not self._unheard()
        return waiting.allowed is not None

    def _judged(self, waiting: Waiting, allowed: bool, now: float, out: Outbox) -> None:  # noqa: FBT001 - the verdict
        waiting.allowed = allowed
        self.advance(now, out)

    def _check_room(self, frame: Frame) -> None:
        full = len(self._waiting) >= MOST_WAITING or self._bytes + len(frame.text) > self._max_bytes
        if self._waiting and full:
            raise Refused(
                "too_many_events_waiting",
                "Earlier events still wait to be judged, and no more fit behind them. Send this one again later.",
                event_id=event_id_of(frame.event),
            )
