"""The filter: what the user says and writes, and what the model says, passes if it is judged to be allowed.

Each of the three has its own module: `heard`, `line`, `said`. Here they meet: an answer belongs to what was said
since the last one; it is the model's if anything of that was allowed, and the relay's if all was blocked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.policy.guardrails.answers import Answers
from app.policy.guardrails.heard import Heard
from app.policy.guardrails.judgements import Judgements
from app.policy.guardrails.line import COMMIT, CREATE, ORDERLY, Line
from app.policy.guardrails.orders import Orders
from app.policy.guardrails.own_items import OwnItems
from app.policy.guardrails.rules import GuardrailRules
from app.policy.guardrails.said import Said
from app.policy.guardrails.spoken_answer import Wording
from app.policy.guardrails.texts import holds_audio
from app.policy.guardrails.unsaid import DELTAS
from app.policy.judging import Judge
from app.policy.teller import Teller
from app.protocol.frame import APPEND, Frame, event_id_of

__all__ = ["Guardrails"]

BLOCKED = "blocked_by_guardrail"
ADDED = frozenset({"conversation.item.added", "conversation.item.created"})
COMMITTED = "input_audio_buffer.committed"


@dataclass(slots=True)
class Turn:
    """What there is to answer since the last answer: something new that was allowed, something that was blocked.

    `owed`: the client, that leaves the answering to the service, expects an answer without asking.
    """

    fresh: bool = False
    blocked: bool = False
    owed: bool = False


class Guardrails(Filter):
    """Judges one session's conversation.

    `recorded` is the replacement as 24 kHz mono PCM16. `auto_answer` tells whether speech is answered without the
    client asking: the service itself is kept from it.
    """

    def __init__(
        self,
        rules: GuardrailRules,
        judge: Judge,
        teller: Teller,
        recorded: bytes | None = None,
        auto_answer: Callable[[], bool] = lambda: True,
    ) -> None:
        self.auto_answer = auto_answer
        self._rules = rules
        self._teller = teller
        self._turn = Turn()
        self._judgements = Judgements(judge, rules.judge_timeout)
        self._orders = Orders(teller)
        self._items = OwnItems(teller)
        self._answers = Answers(Wording(rules.replacement, recorded), teller, self._items)
        self._heard = Heard(self._judgements, rules.judge_timeout, self._orders, self)
        self._said = Said(rules, self._judgements, self._answers, self._items, self._orders)
        readers = self._judgements if rules.user_text else None
        self._line = Line(readers, rules.max_held_bytes, self._release, lambda: self.busy, teller)

    @property
    def busy(self) -> bool:
        """Whether speech is not judged yet: until it is, no response may be asked for."""
        return self._heard.waiting

    @property
    def waits(self) -> bool:
        """Whether an answer waits for the speech."""
        return self._turn.owed or self._line.creates

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Take a frame on its way to the upstream. Raises `Refused` where it can't be judged, or not wait."""
        if frame.type == APPEND:
            out.to_upstream(frame)
            return
        if frame.type in ORDERLY:
            self._check_audio(frame)
            self._line.take(frame, now, out)
        elif not self._items.answered(frame, out):
            out.to_upstream(frame)
        self._set_alarm()

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Take a frame on its way to the client."""
        if frame.type in DELTAS:
            self._say(frame, now, out)
            return
        self._note(frame)
        heard = self._rules.user_speech and self._heard.took(frame, now, out)
        if not heard and not self._is_ours(frame):
            self._say(frame, now, out)
        self._set_alarm()

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:
        """Take a verdict, or what came in its place."""
        self._judgements.done(effect_id, result, now, out)
        self._set_alarm()

    def tick(self, now: float, out: Outbox) -> None:
        """Block what has waited for too long."""
        self._judgements.tick(now, out)
        self._heard.tick(now, out)
        self._set_alarm()

    def tell(self, frame: Frame, out: Outbox) -> None:
        """Show the client what was held back of its speech."""
        self._answers.tell(frame, out)

    def settled(self, *, allowed: bool | None, now: float, out: Outbox) -> None:
        """Hear what became of an utterance; answer, if it was the last that an answer waited for."""
        if allowed is not None:
            self._turn.fresh |= allowed
            self._turn.blocked |= not allowed
            self._turn.owed |= self.auto_answer()
        self._line.advance(now, out)
        self._answer_if_owed(out)

    def _say(self, frame: Frame, now: float, out: Outbox) -> None:
        if self._rules.model_output:
            self._said.from_upstream(frame, now, out)
        else:
            self._answers.tell(frame, out)

    def _is_ours(self, frame: Frame) -> bool:
        """Tell whether a frame answers an order of our own and is not for the client, or not in its view."""
        match frame.type:
            case "error":
                return self._orders.concerned(frame)
            case "conversation.item.deleted":
                return self._items.deleted(frame.event.get("item_id"))
            case _:
                return False

    def _set_alarm(self) -> None:
        moments = (self._judgements.wake_at, self._heard.wake_at)
        self.wake_at = min((each for each in moments if each is not None), default=None)

    def _note(self, frame: Frame) -> None:
        if frame.type == COMMITTED and not self._rules.user_speech:
            self._turn.fresh = True
        elif frame.type in ADDED:
            match frame.event:
                case {"item": {"id": str(item_id)}}:
                    self._items.added(item_id)

    def _check_audio(self, frame: Frame) -> None:
        if self._rules.user_speech and holds_audio(frame.event):
            raise Refused(
                BLOCKED,
                "Audio within an item can't be judged here. Send it with input_audio_buffer.append instead.",
                event_id=event_id_of(frame.event),
            )

    def _release(self, frame: Frame, allowed: bool, now: float, out: Outbox) -> None:  # noqa: FBT001 - the verdict
        """Let an event go that has left the line."""
        if not allowed:
            self._block(frame, out)
            return
        if frame.type == CREATE:
            self._create(frame, out)
            return
        if frame.type == COMMIT and self._rules.user_speech:
            self._heard.committing(event_id_of(frame.event), now)
        out.to_upstream(self._items.real(frame))
        self._turn.fresh |= frame.type == "conversation.item.create"

    def _block(self, frame: Frame, out: Outbox) -> None:
        """Tell the client that its event goes no further."""
        self._turn.blocked |= frame.type == "conversation.item.create"
        message = (
            "This event was blocked by a guardrail and has not reached the model."
            " Change its text and send it again, or go on without it."
        )
        out.to_client(self._teller.error(Refused(BLOCKED, message, event_id=event_id_of(frame.event))))
        self._answer_if_owed(out)

    def _create(self, frame: Frame, out: Outbox) -> None:
        """Answer as the client asks; what brings its own input has something to answer."""
        response = frame.event.get("response")
        given = response if isinstance(response, dict) else {}
        if isinstance(given.get("input"), list) or not self._answered(given, out):
            out.to_upstream(self._items.real(frame))

    def _answer_if_owed(self, out: Outbox) -> None:
        due = self._turn.owed and not self.busy and not self._line.creates
        if due and not self._answered({}, out):
            self._orders.give(CREATE, out)

    def _answered(self, given: Mapping[str, Any], out: Outbox) -> bool:
        """Answer in the model's place where all that there is to answer was blocked; returns whether it was."""
        turn, self._turn = self._turn, Turn()
        instead = turn.blocked and not turn.fresh
        if instead:
            self._answers.say(given, out)
        return instead
