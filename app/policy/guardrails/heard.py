"""What the user says aloud: nothing of it is shown, and nothing answered, before it is judged.

An utterance is unjudged from the moment at which the service has heard its end, and a `response.create` waits for
it; it waits while somebody speaks, too, for what is said may be committed while the create is on its way. Where
somebody who speaks keeps an answer waiting for too long, what he has said so far is committed. An answer is due
when the last utterance is judged and nobody speaks. What comes too late is blocked, and so is a commit that the
service is silent about; with one that it refuses, nothing was said.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from app.policy.chain import Outbox
from app.policy.guardrails.judgements import Judgements
from app.policy.guardrails.line import COMMIT
from app.policy.guardrails.orders import Orders
from app.protocol.frame import Frame

__all__ = ["Audience", "Heard"]

TRANSCRIPTION = "conversation.item.input_audio_transcription."
ITEMS = frozenset(
    {
        "conversation.item.added",
        "conversation.item.created",
        "conversation.item.done",
        "conversation.item.retrieved",
    }
)
HEARD = "input_audio_buffer."

Commit = tuple[str | None, float]
"""A commit that is on its way: its event's id, and when what comes of it is overdue."""


class Audience(Protocol):
    """Who wants to know what became of the speech."""

    def tell(self, frame: Frame, out: Outbox) -> None:
        """Tell the client."""

    def settled(self, *, allowed: bool | None, now: float, out: Outbox) -> None:
        """Hear that there is one thing less to wait for; `allowed` is None where nothing was judged."""

    @property
    def waits(self) -> bool:
        """Whether an answer waits for the speech."""


@dataclass(slots=True)
class Utterance:
    """Speech that is not judged yet. `deadline` is when its transcript is overdue; None while it is judged."""

    deadline: float | None
    judgement: str = ""
    held: list[Frame] = field(default_factory=list)


class Heard:
    """The user's speech in one session."""

    def __init__(self, judgements: Judgements, timeout: float, orders: Orders, audience: Audience) -> None:
        self._judgements = judgements
        self._timeout = timeout
        self._orders = orders
        self._audience = audience
        self._speaking: float | None = None
        self._commits: deque[Commit] = deque()
        self._unjudged: dict[str, Utterance] = {}
        self._verdicts: dict[str, bool] = {}

    @property
    def waiting(self) -> bool:
        """Whether somebody speaks, or something said is not judged yet."""
        return bool(self._unjudged or self._commits) or self._speaking is not None

    @property
    def wake_at(self) -> float | None:
        """When the first of what is awaited is overdue."""
        moments = [each.deadline for each in self._unjudged.values()] + [at for _, at in self._commits]
        return min((each for each in [*moments, self._speaking] if each is not None), default=None)

    def committing(self, event_id: str | None, now: float) -> None:
        """Note that a commit goes to the upstream: an utterance will come of it."""
        self._commits.append((event_id, now + self._timeout))

    def took(self, frame: Frame, now: float, out: Outbox) -> bool:
        """Look at a frame of the upstream's; returns whether it is held here, or is not to be shown at all."""
        if frame.type.startswith(TRANSCRIPTION):
            return self._transcribed(frame, now, out)
        if frame.type.startswith(HEARD):
            self._listen(frame, now, out)
        elif frame.type in ITEMS:
            return self._shown(frame, now)
        elif frame.type == "conversation.item.deleted":
            self._deleted(str(frame.event.get("item_id")), now, out)
        elif frame.type == "error":
            self._refused(frame, now, out)
        return False

    def tick(self, now: float, out: Outbox) -> None:
        """Block what is overdue; end the speech of somebody who keeps an answer waiting."""
        if self._speaking is not None and self._speaking <= now:
            self._interrupt(now, out)
        while self._commits and self._commits[0][1] <= now:
            self._commits.popleft()
            self._audience.settled(allowed=False, now=now, out=out)
        late = [key for key, each in self._unjudged.items() if each.deadline is not None and each.deadline <= now]
        for each in late:
            self._judged(each, False, now, out)  # noqa: FBT003 - the verdict, as everywhere

    def _interrupt(self, now: float, out: Outbox) -> None:
        if not self._audience.waits:
            self._speaking = now + self._timeout
            return
        self.committing(self._orders.give(COMMIT, out), now)
        self._speaking = None  # not before: whoever asks meanwhile still has to wait

    def _listen(self, frame: Frame, now: float, out: Outbox) -> None:
        match frame.event:
            case {"type": "input_audio_buffer.speech_started"}:
                self._speaking = now + self._timeout
            case {"type": "input_audio_buffer.committed", "item_id": str(item_id)}:
                self._speaking = None
                if item_id not in self._unjudged and self._commits:
                    self._commits.popleft()
                self._ended(item_id, now, out)
            case {"type": "input_audio_buffer.cleared"}:
                self._speaking = None
                self._audience.settled(allowed=None, now=now, out=out)
            case {"item_id": str(item_id)}:  # speech_stopped, timeout_triggered
                self._speaking = None
                self._ended(item_id, now, out)

    def _ended(self, item_id: str, now: float, out: Outbox) -> None:
        """Expect the transcript of what was said; what is judged already, nobody waits for."""
        if self._expect(item_id, now) is None:
            self._audience.settled(allowed=None, now=now, out=out)

    def _expect(self, item_id: str, now: float) -> Utterance | None:
        """Return the utterance if it is not judged yet; from here on it is expected."""
        if item_id in self._verdicts:
            return None
        utterance = self._unjudged.setdefault(item_id, Utterance(now + self._timeout))
        if not utterance.judgement:
            utterance.deadline = now + self._timeout
        return utterance

    def _transcribed(self, frame: Frame, now: float, out: Outbox) -> bool:
        item_id = frame.event.get("item_id")
        if not isinstance(item_id, str):  # nobody could tell what becomes of it
            return True
        utterance = self._expect(item_id, now)
        if frame.type == f"{TRANSCRIPTION}failed":
            self._audience.tell(frame, out)
            if utterance is not None:
                self._judged(item_id, False, now, out)  # noqa: FBT003 - the verdict, as everywhere
            return True
        if utterance is None:
            return not self._verdicts[item_id]
        utterance.held.append(frame)
        if frame.type == f"{TRANSCRIPTION}completed" and not utterance.judgement:
            self._ask(item_id, utterance, frame.event.get("transcript"), now, out)
        return True

    def _ask(self, item_id: str, utterance: Utterance, transcript: Any, now: float, out: Outbox) -> None:
        said = transcript if isinstance(transcript, str) else ""
        then = partial(self._judged, item_id)
        if said.strip():
            utterance.deadline = None
            utterance.judgement = self._judgements.ask("user_speech", said, then, now, out)
        else:
            then(True, now, out)  # noqa: FBT003 - the verdict, as everywhere

    def _judged(self, item_id: str, allowed: bool, now: float, out: Outbox) -> None:  # noqa: FBT001 - the verdict
        utterance = self._unjudged.pop(item_id)
        self._verdicts[item_id] = allowed
        if allowed:
            for each in utterance.held:
                self._audience.tell(each, out)
        else:
            self._judgements.forget(utterance.judgement, out)
            self._orders.give("conversation.item.delete", out, item_id=item_id)
        self._audience.settled(allowed=allowed, now=now, out=out)

    def _shown(self, frame: Frame, now: float) -> bool:
        """Hold back an item that tells what was said, while that is unjudged or if it is blocked."""
        item = frame.event.get("item")
        if not isinstance(item, dict) or not is_speech(item):
            return False
        item_id = item.get("id")
        if not isinstance(item_id, str):
            return _tells(item)
        utterance = self._expect(item_id, now)
        if not _tells(item):
            return False
        if utterance is None:
            return not self._verdicts[item_id]
        if frame.type != "conversation.item.retrieved":  # which a client may ask for without end
            utterance.held.append(frame)
        return True

    def _deleted(self, item_id: str, now: float, out: Outbox) -> None:
        """Forget an utterance that the client has deleted; nothing of it is shown any more."""
        utterance = self._unjudged.pop(item_id, None)
        if utterance is not None:
            self._verdicts[item_id] = False
            self._judgements.forget(utterance.judgement, out)
            self._audience.settled(allowed=None, now=now, out=out)

    def _refused(self, frame: Frame, now: float, out: Outbox) -> None:
        """Expect nothing any more of a commit that the service refuses."""
        match frame.event.get("error"):
            case {"event_id": str(event_id)}:
                refused = [each for each in self._commits if each[0] == event_id]
            case {"code": str(code)} if code.startswith("input_audio_buffer_commit"):
                refused = list(self._commits)
            case _:
                refused = []
        if refused:
            self._uncommitted(refused[0], now, out)

    def _uncommitted(self, commit: Commit, now: float, out: Outbox) -> None:
        self._commits.remove(commit)
        self._audience.settled(allowed=None, now=now, out=out)


def is_speech(item: Mapping[str, Any]) -> bool:
    """Tell whether an item is the user's and holds audio."""
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return item.get("role") == "user" and any(
        isinstance(part, dict) and part.get("type") == "input_audio" for part in parts
    )


def _tells(item: Mapping[str, Any]) -> bool:
    return any(part.get("transcript") or part.get("audio") for part in item["content"] if isinstance(part, dict))
