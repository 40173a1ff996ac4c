"""What the client sees of the model's output: words in place of what was blocked, and the rest as it came.

A delta is looked into only while a part that was blocked is not closed in the client's view.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.policy.chain import Outbox
from app.policy.guardrails.answers import Answers
from app.policy.guardrails.spoken_answer import Place, deltas
from app.policy.guardrails.unsaid import DELTAS, Key, is_text, keys_of, replaced
from app.protocol.frame import Frame

__all__ = ["PART_ADDED", "PART_DONE", "RESPONSE_DONE", "Part", "Showing"]

PART_ADDED = "response.content_part.added"
PART_DONE = "response.content_part.done"
RESPONSE_DONE = "response.done"


@dataclass(slots=True)
class Part:
    """One part of an item that a response makes. It is open until its whole text is known."""

    key: Key
    response_id: str
    state: Literal["open", "asked", "allowed", "blocked"] = "open"
    judgement: str = ""


class Showing:
    """Shows the client of one session what the model says."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._words: dict[Key, str] = {}
        self._passing: dict[Key, Part] = {}
        self._muted: dict[Key, Part] = {}
        self._owners: dict[Key, str] = {}
        self._unended: set[str] = set()

    @property
    def passing(self) -> bool:
        """Whether the client hears a part, whose deltas may still come, that is allowed."""
        return bool(self._passing)

    def begun(self, response_id: str) -> None:
        """Note a response whose end the client has not seen."""
        self._unended.add(response_id)

    def allow(self, part: Part) -> None:
        """Let a part pass as it is."""
        if part.response_id in self._unended:
            self._passing[part.key] = part

    def mute(self, part: Part, words: str) -> None:
        """Let nothing of a part pass but these words."""
        self._words[part.key] = words
        self._owners[part.key] = part.response_id
        if part.response_id in self._unended:
            self._muted[part.key] = part

    def tell(self, frame: Frame, out: Outbox) -> None:
        """Show the client what it may see of a frame."""
        for each in self._cleared(frame):
            self._answers.tell(each, out)
        if frame.type == PART_DONE:
            for key in keys_of(frame.event):
                self._passing.pop(key, None)
                self._muted.pop(key, None)
        elif frame.type == RESPONSE_DONE:
            self._end(frame.event.get("response"))

    def _end(self, response: Any) -> None:
        ended = str(response.get("id")) if isinstance(response, dict) else ""
        self._unended.discard(ended)
        for parts in (self._passing, self._muted):
            for key in [key for key, part in parts.items() if part.response_id == ended]:
                del parts[key]

    def _cleared(self, frame: Frame) -> Iterator[Frame]:
        if not (self._muted if frame.type in DELTAS else self._words):
            yield frame
            return
        cleared = replaced(frame, self._words)
        if cleared is not None:
            yield cleared
        if frame.type == PART_ADDED:
            yield from self._instead(frame.event)

    def _instead(self, event: dict[str, Any]) -> Iterator[Frame]:
        """Say the words that stand in place of a part, at its beginning."""
        for key in keys_of(event):
            if self._words.get(key):
                owner, index = self._owners[key], event.get("output_index", 0)
                place = Place(owner, key[0], index, key[1])
                manner = replace(self._answers.manner(owner), spoken=not is_text(event.get("part")))
                yield from deltas(place, self._answers.wording, manner, self._answers.teller)
