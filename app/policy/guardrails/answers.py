"""When the relay answers itself: never into a response that the client still hears.

Every frame that goes to the client passes here, so that its view is known: the session, and which responses have
begun and not ended. An answer that is due waits for the last of them, and is given once.
"""

import itertools
from collections.abc import Mapping
from typing import Any

from app.policy.chain import Outbox
from app.policy.guardrails.own_items import OwnItems
from app.policy.guardrails.spoken_answer import Context, Manner, Place, Wording, answer, assistant_item, manner_of
from app.policy.teller import Teller
from app.protocol.frame import Frame

__all__ = ["Answers"]

LOOKED_AT = frozenset({"session.created", "session.updated", "response.created", "response.done"})


class Answers:
    """Speaks with one client, and for the assistant where that may not."""

    def __init__(self, wording: Wording, teller: Teller, items: OwnItems) -> None:
        self.wording = wording
        self.teller = teller
        self._items = items
        self._session: object = None
        self._conversation: str | None = None
        self._open: dict[str, Manner] = {}
        self._due: list[Mapping[str, Any]] = []
        self._numbers = itertools.count(1)

    def tell(self, frame: Frame, out: Outbox) -> None:
        """Tell the client something, and after it what was due."""
        if frame.type in LOOKED_AT:
            self._look_at(frame.event)
        out.to_client(frame)
        if self._due and not self._open:
            given = self._due.pop()
            self._due.clear()
            self._speak(given, out)

    def say(self, given: Mapping[str, Any], out: Outbox) -> None:
        """Answer with the replacement, as soon as nobody else speaks; `given` is what the client asked for."""
        if self._open:
            self._due.append(given)
        else:
            self._speak(given, out)

    def manner(self, response_id: str) -> Manner:
        """Return how a response that the client hears is spoken."""
        return self._open.get(response_id) or manner_of(self._session)

    def _look_at(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"session": dict(session)}:
                self._session = session
            case {"type": "response.created", "response": {"id": str(response_id)} as response}:
                self._open[response_id] = manner_of(self._session, response)
                conversation = response.get("conversation_id")
                self._conversation = conversation if isinstance(conversation, str) else self._conversation
            case {"response": {"id": str(response_id)}}:
                self._open.pop(response_id, None)

    def _speak(self, given: Mapping[str, Any], out: Outbox) -> None:
        number, manner = next(self._numbers), manner_of(self._session, given)
        place = Place(f"resp_relay_{number}", f"item_relay_{number}")
        context = Context(self._items.last, self._conversation)
        for each in answer(place, self.wording, manner, context, self.teller):
            out.to_client(each)
        said = {"type": "output_text", "text": self.wording.text}
        if manner.spoken:
            said = {"type": "output_audio", "transcript": self.wording.text}
        self._items.claim(assistant_item(place.item_id, "completed", [said]), place.response_id)
