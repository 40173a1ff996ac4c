"""One response at a time: what asks for another while one is under way waits for its turn.

Whoever stands between client and service can't know whether the service has begun to answer by itself. So a
request that it refuses because of that returns to its place, unseen by the client, and whatever this filter takes
to be over too early is put right in the same way. Responses outside the conversation take no turn.
"""

from bisect import insort
from collections.abc import Callable
from typing import Any

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.policy.routes import AllBut
from app.policy.teller import Teller
from app.policy.turns.requests import Request, about, code_of, in_conversation, response_id, takes_turn
from app.policy.turns.rules import TurnRules
from app.policy.turns.truncation import Said
from app.policy.turns.under_way import UnderWay
from app.policy.turns.voided import Voided
from app.protocol.frame import Frame, event_id_of, is_own
from app.wire import Tap

__all__ = ["TurnGuard"]

LOOK_AGAIN = 0.25
"""Seconds after which a request that waits, with no response under way, is looked at again."""

LONGEST_PAUSE = 5.0
"""Seconds to which that grows, where the service refuses again and again."""

GIVE_UP = 30.0
"""Seconds for which the service may refuse, with no response to be seen, until whoever asked hears of it."""

REMEMBERED = 8
"""Requests, the last ones, whose refusal is known for what it is; more are never on their way."""

CREATED = "response.created"
OCCUPIED = "conversation_already_has_active_response"
NOTHING_TO_CANCEL = "response_cancel_not_active"


class TurnGuard(Filter):
    """Holds the requests of one session to their turns.

    `busy` tells whether somebody owes the model an output; it does until the last frame of that goes up. `unheard`
    tells whether speech waits to be judged: until it is, nobody gets an answer, the relay itself included.
    """

    client_types = AllBut(frozenset({"input_audio_buffer.append"}))

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
        self._waiting: list[Request] = []  # one of the relay's own waits alone or not at all
        self._sent: list[Request] = []
        self._under_way = UnderWay()
        self._voided = Voided()
        self._pause = LOOK_AGAIN
        self._occupied_since: float | None = None
        self._not_before = 0.0

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Let what asks for a response wait for its turn; let nothing be cancelled or cut that is not there."""
        match frame.type:
            case "response.create" if takes_turn(frame):
                self._ask(frame, now, out)
            case "response.create":
                self._under_way.ask_aside()
                out.to_upstream(frame)
            case "response.cancel":
                self._cancel(frame, out)
            case "conversation.item.truncate":
                out.to_upstream(self._said.clamped(frame))
            case _:
                out.to_upstream(frame)
        self._settle(now, out)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Take note of what the service does; the client hears of it before the next request goes up."""
        if frame.type.startswith("response."):
            self._under_way.heard = now
        if (self._voided.any or frame.type == CREATED) and self._is_void(frame, out):
            self._settle(now, out)
            return
        match frame.type:
            case "response.output_audio.delta" | "session.created" | "session.updated":
                self._said.hear(frame)
            case "response.created":
                self._under_way.begin(frame)
                self._pause, self._occupied_since = LOOK_AGAIN, None
        if frame.type == "error":
            self._complaint(frame, now, out)
        else:
            out.to_client(frame)  # where others may ask for a response at once, which has its turn behind this one
        if frame.type == "response.done":
            self._under_way.finish(frame)
        if self._waiting or self._wake_at is not None:
            self._settle(now, out)

    def tick(self, now: float, out: Outbox) -> None:
        """Look whether somebody has stopped being busy without a word."""
        self._settle(now, out)

    # What is asked for

    def _ask(self, frame: Frame, now: float, out: Outbox) -> None:
        """Take a request in. Who asks for the relay has nothing left to wait for, whatever `busy` says."""
        self._under_way.tire(now)
        request = self._request(frame)
        if not request.own and len(self._clients_waiting) >= self._max_waiting:
            self._refuse(frame, out)
            return
        self._line_up(request)
        if request.own and not self._under_way and not self._unheard():
            self._send(self._waiting.pop(0), now, out)

    def _request(self, frame: Frame) -> Request:
        """Give a request a name by which an error refers to it, if its sender gave it none."""
        self._count += 1
        match frame.event.get("event_id"):
            case str(event_id):
                return Request(self._count, frame, event_id, is_own(event_id), named=True)
        event_id = self._teller.new_event_id()
        named = Frame.of({**frame.event, "event_id": event_id})
        return Request(self._count, named, event_id, own=False, named=False)

    def _refuse(self, frame: Frame, out: Outbox) -> None:
        """Say so by an event of its own: whoever let the frame go on may be in the midst of an answer."""
        code = "too_many_responses_waiting"
        message = f"{self._max_waiting} events 'response.create' are waiting for a response to end."
        self._tap.refused(code)
        out.to_client(self._teller.error(Refused(code, message, event_id=event_id_of(frame.event))))

    @property
    def _clients_waiting(self) -> list[Request]:
        return [each for each in self._waiting if not each.own]

    def _line_up(self, request: Request) -> None:
        """Put a request in its place; one of the client's makes the relay's own superfluous."""
        if request.own and self._waiting:
            return
        self._waiting = self._clients_waiting
        insort(self._waiting, request, key=lambda each: each.number)

    def _settle(self, now: float, out: Outbox) -> None:
        """Send the first that waits, if it may go; look again later where nobody will tell when it may."""
        if self._waiting:
            self._under_way.tire(now)
            free = now >= self._not_before and not self._unheard()
            if not self._under_way and free and (self._waiting[0].own or not self._busy()):
                self._send(self._waiting.pop(0), now, out)
        wake_at = None
        if self._waiting:
            wake_at = self._under_way.until if self._under_way else max(self._not_before, now + LOOK_AGAIN)
        if wake_at != self._wake_at:
            self.wake_at = wake_at

    def _send(self, request: Request, now: float, out: Outbox) -> None:
        self._under_way.ask(request, now)
        self._sent = [*self._sent[1 - REMEMBERED :], request]
        out.to_upstream(request.frame)

    def _cancel(self, frame: Frame, out: Outbox) -> None:
        """Cancel what is under way, else what was asked for last; one that is named may be out of our sight."""
        if self._under_way or self._under_way.doubtful or frame.event.get("response_id") is not None:
            out.to_upstream(frame)
        elif self._waiting and not is_own(frame.event_id):
            self._waiting.pop()

    # What the service says

    def _is_void(self, frame: Frame, out: Outbox) -> bool:
        """Tell whether a frame is of a response that answers unjudged speech; who asked for it waits again."""
        if frame.type == CREATED and in_conversation(frame) and self._unheard():
            self._void(frame, out)
        if not self._voided.takes(frame):
            return False
        if frame.type == "response.done":
            self._under_way.finish(frame)
            for item_id in self._voided.end():
                out.to_upstream(self._teller.event("conversation.item.delete", item_id=item_id))
        return True

    def _void(self, created: Frame, out: Outbox) -> None:
        told, asked = response_id(created), self._under_way.asked
        if told is None:  # nobody could tell what is part of it
            return
        self._voided.begin(told)
        self._under_way.begin(created)
        out.to_upstream(self._teller.event("response.cancel", response_id=told))
        if asked is not None:
            self._line_up(asked)

    def _complaint(self, frame: Frame, now: float, out: Outbox) -> None:
        """Keep from the client what is not its business, or came right by itself."""
        error = frame.event.get("error")
        code, event_id = (error.get("code"), error.get("event_id")) if isinstance(error, dict) else (None, None)
        if code == NOTHING_TO_CANCEL:
            return
        request = self._refused_request(code, event_id)
        if request is not None and code == OCCUPIED and self._tries_again(now):
            self._line_up(request)
            return
        if is_own(event_id if request is None else request.event_id) and (request is None or request.own):
            self._tap.lost(f"the service refused an event of the relay's own: {code_of(code)}")
        out.to_client(frame if request is None else about(frame, request))  # the relay's own: for whoever asked

    def _tries_again(self, now: float) -> bool:
        """Tell whether a request that the service has no turn for goes up again: now and then, not for ever."""
        if self._under_way:
            return True
        if self._occupied_since is None:
            self._occupied_since = now
        given_up = now - self._occupied_since >= GIVE_UP
        self._not_before = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
        if given_up:
            self._occupied_since = None
        return not given_up

    def _refused_request(self, code: Any, event_id: Any) -> Request | None:
        """Find the request that an error is about. One that names no event may be about the one on its way."""
        found = next((each for each in reversed(self._sent) if each.event_id == event_id), None)
        if found is None and event_id is None and code == OCCUPIED and self._sent:
            found = self._sent[-1]
        if found is not None:
            self._sent.remove(found)
        asked = self._under_way.asked
        if event_id is None or found is asked:
            self._under_way.doubtful |= found is None and asked is not None
            self._under_way.asked = None
        return found
