"""What a session runs under is the server's: its rules are imposed upwards, and concealed downwards.

Updates are narrowed and never refused for a rule; items are refused, with words. Both hold for `response.create`,
whose own terms stand above the session's. What no rule changes passes as the frame that it was.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.policy.chain import Filter, Outbox
from app.policy.session_fields.concealment import Concealment
from app.policy.session_fields.fields import OMIT, same
from app.policy.session_fields.item_rules import ItemRules
from app.policy.session_fields.narrowing import Narrowing
from app.policy.session_fields.own_values import OwnValues
from app.policy.session_fields.response_narrowing import ResponseNarrowing
from app.policy.session_fields.screening import Screening
from app.policy.session_fields.session_rules import ResponseRules, SessionRules
from app.policy.session_fields.tool_lists import ToolLists
from app.protocol.dialect.envelope import refusals_named
from app.protocol.dialect.passage import invalid
from app.protocol.frame import Frame

__all__ = ["SessionFields"]

Event = dict[str, Any]
Object = Mapping[str, Any]

Taker = Callable[["SessionFields", Event], Event]
"""What changes an event of one type."""

HEADS = frozenset({"type", "event_id"})

SHOWING = {
    "session.created": "session",
    "session.updated": "session",
    "response.created": "response",
    "response.done": "response",
    "conversation.item.added": "item",
    "conversation.item.created": "item",
    "conversation.item.done": "item",
    "conversation.item.retrieved": "item",
    "conversation.item.input_audio_transcription.failed": "error",
    "error": "error",
}
"""Where in which of the upstream's events there may be something to conceal."""


class SessionFields(Filter):
    """Holds a client's session to the rules.

    `server_tools` are definitions: they are always on offer, and the client never sees them. `screened`: the
    user's speech is judged before it is answered. `preview_upstream`: the upstream has a temperature.
    `transcription`: the session only writes down.
    """

    client_types = ("session.update", "response.create", "conversation.item.create")
    upstream_types = tuple(SHOWING)

    def __init__(  # noqa: PLR0913 - each is one thing that a profile or a handshake decides
        self,
        rules: SessionRules,
        response: ResponseRules,
        items: ItemRules,
        *,
        server_tools: Sequence[Mapping[str, Any]] = (),
        screened: bool = False,
        preview_upstream: bool = False,
        transcription: bool = False,
    ) -> None:
        own, free = OwnValues(), rules.other == "free"
        listed = rules.tools.servers
        tools = ToolLists(server_tools, () if listed is OMIT else listed, foreign=free)
        self._screening = Screening(responds=not transcription) if screened else None
        self._narrowing = Narrowing(
            rules, tools, own, self._screening, temperature=preview_upstream, transcription=transcription
        )
        self._responses = ResponseNarrowing(rules, response, items, self._narrowing, tools)
        self._concealment = Concealment(rules, tools, own)
        self._items = items
        self._other_free = free
        alone = rules.all_free and not server_tools
        self._takers: dict[str, Taker] = {}
        if not alone or screened:
            self._takers["session.update"] = SessionFields._update
        if not (alone and response.all_free and items.none):
            self._takers["response.create"] = SessionFields._create_response
        if not items.none:
            self._takers["conversation.item.create"] = SessionFields._create_item
        self._conceals = self._concealment.needed or screened

    @property
    def needed(self) -> bool:
        """Whether any frame may have to be changed: without that this filter does not belong in the chain."""
        return bool(self._takers) or self._conceals

    @property
    def auto_answer(self) -> bool:
        """Whether the client expects an answer to each turn, and the service was told not to give it by itself."""
        return self._screening is not None and self._screening.auto_answer

    def beginning(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the session to put in force before the client is let in, None for nothing.

        `asked` is what the client's ticket was made for; it counts as what the client itself has set.
        """
        return self._narrowing.beginning(asked)

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - rules know no time
        """Let pass what the rules let pass. Raises `Refused` for items, and for what cannot be read."""
        take = self._takers.get(frame.type)
        out.to_upstream(frame if take is None else self._changed(frame, take))

    def _changed(self, frame: Frame, take: Taker) -> Frame:
        with refusals_named(frame.event):
            event = take(self, frame.event)
        return frame if same(event, frame.event) else Frame.of(event)

    def _update(self, event: Event) -> Event:
        session = event.get("session")
        if not isinstance(session, dict):
            raise invalid("session")
        return {**self._head(event), "session": self._narrowing.update(session)}

    def _create_response(self, event: Event) -> Event:
        response = event.get("response")
        if response is None:
            return {**self._head(event), **({"response": None} if "response" in event else {})}
        if not isinstance(response, dict):
            raise invalid("response")
        return {**self._head(event), "response": self._responses.create(response)}

    def _create_item(self, event: Event) -> Event:
        self._items.check(event.get("item"), "item")
        return event

    def _head(self, event: Event) -> Event:
        """Return what an event has around its object; where not everything else is free, only what is known."""
        return {key: value for key, value in event.items() if self._other_free or key in HEADS}

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - rules know no time
        """Show the client what it may see; only events that may hold more are looked into."""
        key = SHOWING.get(frame.type) if self._conceals else None
        out.to_client(frame if key is None else self._shown(frame, key))

    def _shown(self, frame: Frame, key: str) -> Frame:
        event = dict(self._concealment.beside(frame.event, key))
        if isinstance(event.get(key), dict):
            event[key] = self._object_shown(key, event[key])
        return frame if same(event, frame.event) else Frame.of(event)

    def _object_shown(self, key: str, given: Object) -> Object:
        conceal = self._concealment
        match key:
            case "session":
                return conceal.session(given if self._screening is None else self._screening.reported(given))
            case "response":
                return conceal.response(given)
            case "item":
                return conceal.item(given)
            case _:
                return conceal.error(given)
