"""What the model says, judged by each part's whole text; held until then, or cut off when the verdict comes.

Held is everything of responses from the first content on, in order. Audio frames are not looked into to learn
whose they are, unless something is blocked, or waits while something else may go: only then is there a doubt. A
frame passes when nothing that it tells of waits any more. What is held of a response that is cut short is dropped.
"""

from collections import deque
from functools import partial
from typing import Any

from app.policy.chain import Outbox
from app.policy.guardrails.answers import Answers
from app.policy.guardrails.judgements import Judgements
from app.policy.guardrails.orders import Orders
from app.policy.guardrails.own_items import OwnItems
from app.policy.guardrails.rules import GuardrailRules
from app.policy.guardrails.showing import PART_DONE, RESPONSE_DONE, Part, Showing
from app.policy.guardrails.spoken_answer import assistant_item
from app.policy.guardrails.unsaid import DELTAS, Key, keys_of, texts_of
from app.protocol.frame import Frame

__all__ = ["Said"]

ADDED = frozenset({"response.output_item.added", "conversation.item.added"})
TELLING = frozenset(
    {
        "response.output_audio_transcript.done",
        "response.output_text.done",
        PART_DONE,
        "response.output_item.done",
        "conversation.item.done",
        RESPONSE_DONE,
    }
)
"""The events that tell a text whole."""


class Said:
    """The model's output in one session."""

    def __init__(
        self, rules: GuardrailRules, judgements: Judgements, answers: Answers, items: OwnItems, orders: Orders
    ) -> None:
        self._holds = rules.hold_output
        self._max_bytes = rules.max_held_bytes
        self._judgements = judgements
        self._answers = answers
        self._items = items
        self._orders = orders
        self._showing = Showing(answers)
        self._running: set[str] = set()
        self._produced: dict[str, str] = {}
        self._parts: dict[Key, Part] = {}
        self._waiting: dict[Key, Part] = {}
        self._blocked_items: set[str] = set()
        self._replaced: set[str] = set()
        self._queue: deque[Frame] = deque()
        self._bytes = 0
        self._settled = False

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Take a frame on its way to the client: it goes on now, later, or not as it is."""
        if frame.type not in DELTAS:
            self._note(frame, now, out)
        elif self._holds and not self._queue and not self._showing.passing:
            self._begin(frame.event)
        shown = self._bare(frame) if self._holds and frame.type in ADDED else frame
        if self._stays(shown):
            self._keep(shown, out)
        else:
            self._showing.tell(shown, out)

    def _note(self, frame: Frame, now: float, out: Outbox) -> None:
        match frame.event:
            case {"type": "response.created", "response": {"id": str(response_id)}}:
                self._running.add(response_id)
            case {"type": "response.output_item.added", "response_id": str(owner), "item": {"id": str(item_id)}}:
                self._produced[item_id] = owner
            case {"type": "response.content_part.added"} as event:
                self._begin(event)
            case {"type": "response.done", "response": dict(response)}:
                self._end(response, out)
        if frame.type in TELLING:
            self._hear(frame, now, out)
        if frame.type == RESPONSE_DONE:
            self._give_up(frame.event.get("response"), ("open",), out)

    def _begin(self, event: dict[str, Any]) -> None:
        """Note a part that is begun."""
        for key in keys_of(event):
            self._part(key, str(event.get("response_id")))

    def _part(self, key: Key, response_id: str) -> Part:
        if key not in self._parts:
            self._parts[key] = Part(key, response_id)
            self._showing.begun(response_id)
            if self._holds:
                self._waiting[key] = self._parts[key]
        return self._parts[key]

    def _hear(self, frame: Frame, now: float, out: Outbox) -> None:
        """Have the texts judged that are whole now, each once."""
        event = frame.event
        response = event.get("response")
        owner = response.get("id") if isinstance(response, dict) else event.get("response_id")
        named = owner if isinstance(owner, str) else ""
        for key, text in texts_of(event):
            maker = named or self._produced.get(key[0])
            if maker is not None:  # else a client has written it
                self._ask(self._part(key, maker), text, now, out)

    def _ask(self, part: Part, text: str, now: float, out: Outbox) -> None:
        if part.state != "open":
            return
        if text.strip():
            part.state = "asked"
            then = partial(self._judged, part)
            part.judgement = self._judgements.ask("model_output", text, then, now, out)
        else:
            self._allow(part)

    def _end(self, response: dict[str, Any], out: Outbox) -> None:
        """Note that a response is over; what is held of one that was cut short, nobody wants to hear any more."""
        self._running.discard(str(response.get("id")))
        if response.get("status") == "cancelled":
            self._give_up(response, ("open", "asked"), out)

    def _give_up(self, response: Any, states: tuple[str, ...], out: Outbox) -> None:
        ended = response.get("id") if isinstance(response, dict) else None
        for part in list(self._waiting.values()):
            if part.response_id == ended and part.state in states:
                self._block(part, "", out)

    def _judged(self, part: Part, allowed: bool, now: float, out: Outbox) -> None:  # noqa: FBT001, ARG002 - a verdict
        if allowed:
            self._allow(part)
        else:
            self._refuse(part, out)
        self._flush(out)

    def _allow(self, part: Part) -> None:
        part.state = "allowed"
        self._settled = True
        self._waiting.pop(part.key, None)
        self._showing.allow(part)

    def _refuse(self, part: Part, out: Outbox) -> None:
        """Block a part, and say the replacement: in its place if it was held, else after it; once a response."""
        again = part.response_id in self._replaced
        self._replaced.add(part.response_id)
        self._block(part, self._answers.wording.text if self._holds and not again else "", out)
        if not self._holds and not again:
            self._answers.say({}, out)

    def _block(self, part: Part, words: str, out: Outbox) -> None:
        """Let nothing of a part pass but these words; the upstream stops saying it, and forgets it."""
        self._judgements.forget(part.judgement, out)
        part.state = "blocked"
        self._settled = True
        self._waiting.pop(part.key, None)
        self._showing.mute(part, words)
        if part.response_id in self._running:
            self._running.discard(part.response_id)
            self._orders.give("response.cancel", out, response_id=part.response_id)
        self._delete(part, words, out)

    def _delete(self, part: Part, words: str, out: Outbox) -> None:
        item_id = part.key[0]
        if item_id in self._blocked_items or item_id not in self._items:
            return
        self._blocked_items.add(item_id)
        self._orders.give("conversation.item.delete", out, item_id=item_id)
        if self._holds:
            said = {"type": "output_text", "text": words}
            self._items.claim(assistant_item(item_id, "completed", [said]), part.response_id)

    def _stays(self, frame: Frame) -> bool:
        if self._queue:
            return frame.type.startswith("response.") or self._is_produced(frame)
        return self._stuck(frame)

    def _stuck(self, frame: Frame) -> bool:
        return bool(self._waiting) and any(key in self._waiting for key in keys_of(frame.event))

    def _bare(self, frame: Frame) -> Frame:
        """Show no content of an item whose content is still to come."""
        match frame.event:
            case {"item": {"id": str(item_id), "content": [_, *_]} as item} if item_id in self._produced:
                return Frame.of({**frame.event, "item": {**item, "content": []}})
            case _:
                return frame

    def _is_produced(self, frame: Frame) -> bool:
        if not frame.type.startswith("conversation.item."):
            return False
        match frame.event:
            case {"item": {"id": str(item_id)}}:
                return item_id in self._produced
            case _:
                return False

    def _keep(self, frame: Frame, out: Outbox) -> None:
        self._queue.append(frame)
        self._bytes += len(frame.text)
        if self._bytes > self._max_bytes:
            for part in list(self._waiting.values()):
                self._refuse(part, out)
        if self._settled:  # else what stands in front still waits
            self._flush(out)

    def _flush(self, out: Outbox) -> None:
        """Let go, from the front, whatever waits for nothing."""
        self._settled = False
        while self._queue and not self._stuck(self._queue[0]):
            frame = self._queue.popleft()
            self._bytes -= len(frame.text)
            self._showing.tell(frame, out)
