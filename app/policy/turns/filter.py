"""One response at a time: what asks for another while one is under way waits for its turn.

Whoever stands between client and service can't know whether the service has begun to answer by itself. So a
request that it refuses because of that returns to its place, unseen by the client, and whatever this filter takes
to be over too early is put right in the same way. Responses outside the conversation take no turn.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.policy.teller import OWN, Teller
from app.policy.turns.rules import TurnRules
from app.policy.turns.truncation import Said
from app.protocol.frame import Frame, event_id_of
from app.wire import Tap

__all__ = ["TurnGuard"]

LOOK_AGAIN = 0.25
"""Seconds after which a request that waits, with no response under way, is looked at again."""

REMEMBERED = 8
"""Requests, the last ones, whose refusal is known for what it is; more are never on their way."""

OCCUPIED = "conversation_already_has_active_response"
NOTHING_TO_CANCEL = "response_cancel_not_active"


@dataclass(frozen=True, slots=True)
class _Request:
    """A `response.create`. `own`: the relay's; `named`: its `event_id` is the one that its sender gave it."""

    number: int
    frame: Frame
    event_id: str
    own: bool
    named: bool


class TurnGuard(Filter):
    """Holds the requests of one session to their turns.

    `busy` tells whether somebody owes the model an output; it does until the last frame of that goes up. `unheard`
    tells whether speech waits to be judged: until it is, nobody may ask for an answer, the relay itself included.
    """

    def __init__(
        self,
        rules: TurnRules,
        teller: Teller,
        tap: Tap,
        busy: Callable[[], bool] = lambda: False,
        unheard: Callable[[], bool] = lambda: False,
    ) -> None:
        self._max_waiting = rules.max_waiting
        self._teller = teller
        self._tap = tap
        self._busy = busy
        self._unheard = unheard
        self._said = Said()
        self._count = 0
        self._waiting: list[_Request] = []  # one of the relay's own waits alone or not at all
        self._sent: deque[_Request] = deque(maxlen=REMEMBERED)
        self._asked: _Request | None = None
        self._response: str | None = None
        self._doubtful = False
        self._not_before = 0.0

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Let what asks for a response wait for its turn; let nothing be cancelled or cut that is not there."""
        match frame.type:
            case "response.create" if _takes_turn(frame):
                self._ask(frame, out)
            case "response.cancel":
                self._cancel(frame, out)
            case "conversation.item.truncate":
                out.to_upstream(self._said.clamped(frame))
            case _:
                out.to_upstream(frame)
        self._settle(now, out)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Take note of what the service does; the client hears of it before the next request goes up."""
        match frame.type:
            case "response.output_audio.delta":
                self._said.add(frame)
            case "session.created" | "session.updated":
                self._said.reported(frame)
            case "response.created" if _in_conversation(frame):
                self._asked, self._response, self._doubtful = None, _response_id(frame), False
        if frame.type == "error":
            self._complaint(frame, now, out)
        else:
            out.to_client(frame)  # where others may ask for a response at once, which has its turn behind this one
        if frame.type == "response.done" and self._is_current(frame):
            self._asked = self._response = None
        self._settle(now, out)

    def tick(self, now: float, out: Outbox) -> None:
        """Look whether somebody has stopped being busy without a word."""
        self._settle(now, out)

    # What is asked for

    @property
    def _under_way(self) -> bool:
        return self._asked is not None or self._response is not None

    @property
    def _is_idle(self) -> bool:
        return bool(self._waiting) and not self._under_way

    def _ask(self, frame: Frame, out: Outbox) -> None:
        """Take a request in. Who asks for the relay has nothing left to wait for, whatever `busy` says."""
        request = self._request(frame)
        if not request.own and len(self._clients_waiting) >= self._max_waiting:
            self._refuse(frame, out)
            return
        self._line_up(request)
        if request.own and not self._under_way and not self._unheard():
            self._send(self._waiting.pop(0), out)

    def _request(self, frame: Frame) -> _Request:
        """Give a request a name by which an error refers to it, if its sender gave it none."""
        self._count += 1
        match frame.event.get("event_id"):
            case str(event_id):
                return _Request(self._count, frame, event_id, _is_own(event_id), named=True)
        event_id = self._teller.new_event_id()
        named = Frame.of({**frame.event, "event_id": event_id})
        return _Request(self._count, named, event_id, own=False, named=False)

    def _refuse(self, frame: Frame, out: Outbox) -> None:
        """Say so by an event of its own: whoever let the frame go on may be in the midst of an answer."""
        code = "too_many_responses_waiting"
        message = f"{self._max_waiting} events 'response.create' are waiting for a response to end."
        self._tap.refused(code)
        out.to_client(self._teller.error(Refused(code, message, event_id=event_id_of(frame.event))))

    @property
    def _clients_waiting(self) -> list[_Request]:
        return [each for each in self._waiting if not each.own]

    def _line_up(self, request: _Request) -> None:
        """Put a request in its place; one of the client's makes the relay's own superfluous."""
        if request.own and self._waiting:
            return
        self._waiting = self._clients_waiting
        insort(self._waiting, request, key=lambda each: each.number)

    def _settle(self, now: float, out: Outbox) -> None:
        """Send the first that waits, if it may go; look again later where nobody will tell when it may."""
        free = now >= self._not_before and not self._unheard()
        if self._is_idle and free and (self._waiting[0].own or not self._busy()):
            self._send(self._waiting.pop(0), out)
        self.wake_at = max(self._not_before, now + LOOK_AGAIN) if self._is_idle else None

    def _send(self, request: _Request, out: Outbox) -> None:
        self._asked, self._doubtful = request, False
        self._sent.append(request)
        out.to_upstream(request.frame)

    def _cancel(self, frame: Frame, out: Outbox) -> None:
        """Cancel what is under way, else what was asked for last; one that is named may be out of our sight."""
        if self._under_way or self._doubtful or frame.event.get("response_id") is not None:
            out.to_upstream(frame)
        elif self._waiting and not _is_own(frame.event_id):
            self._waiting.pop()

    # What the service says

    def _is_current(self, done: Frame) -> bool:
        return _in_conversation(done) and self._response in (None, _response_id(done))

    def _complaint(self, frame: Frame, now: float, out: Outbox) -> None:
        """Keep from the client what is not its business, or came right by itself."""
        error = frame.event.get("error")
        code, event_id = (error.get("code"), error.get("event_id")) if isinstance(error, dict) else (None, None)
        if code == NOTHING_TO_CANCEL:
            return
        request = self._refused_request(code, event_id)
        if request is not None and code == OCCUPIED:
            self._line_up(request)
            self._not_before = self._not_before if self._under_way else now + LOOK_AGAIN
        elif _is_own(event_id) and (request is None or request.own):
            self._tap.lost(f"the service refused an event of the relay's own: {code}")
            out.to_client(frame)  # for whoever asked; it is not for the client
        else:
            out.to_client(frame if request is None or request.named else _without_name(frame))

    def _refused_request(self, code: Any, event_id: Any) -> _Request | None:
        """Find the request that an error is about. One that names no event may be about the one on its way."""
        found = next((each for each in reversed(self._sent) if each.event_id == event_id), None)
        if found is None and event_id is None and code == OCCUPIED and self._sent:
            found = self._sent[-1]
        if found is not None:
            self._sent.remove(found)
        if event_id is None or found is self._asked:
            self._doubtful |= found is None and self._asked is not None
            self._asked = None
        return found


def _is_own(event_id: Any) -> bool:
    return isinstance(event_id, str) and event_id.startswith(OWN)


def _takes_turn(create: Frame) -> bool:
    response = create.event.get("response")
    return not (isinstance(response, dict) and response.get("conversation") == "none")


def _response_of(frame: Frame) -> dict[str, Any]:
    response = frame.event.get("response")
    return response if isinstance(response, dict) else {}


def _in_conversation(frame: Frame) -> bool:
    """Tell whether a response is the conversation's; the oldest services do not say."""
    return _response_of(frame).get("conversation_id", "") is not None


def _response_id(frame: Frame) -> str:
    return str(_response_of(frame).get("id"))


def _without_name(frame: Frame) -> Frame:
    """Return an error as it would read if the relay had given the client's event no name."""
    return Frame.of({**frame.event, "error": {**frame.event["error"], "event_id": None}})
