"""What GA's service says, as a preview client expects it.

Old clients are strict: every event has an id, every session all of its fields, and what their version of the
protocol lacks is not sent.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from app.errors import Refused, error_event
from app.protocol.catalogue import PREVIEW
from app.protocol.dialect.client_state import ClientState
from app.protocol.dialect.envelope import Ids
from app.protocol.dialect.items import is_foreign, item_to_preview
from app.protocol.dialect.known import known_part
from app.protocol.dialect.objects import RESPONSE, SESSION, TRANSCRIPTION_SESSION
from app.protocol.dialect.params import error_to_preview
from app.protocol.dialect.passage import Passage
from app.protocol.dialect.tables import DEFAULTS, SERVER_BY_GA, SERVER_EVENTS_OF

__all__ = ["ToPreview"]

Event = dict[str, Any]
Giver = Callable[[Event], Event | None]


class ToPreview:
    """Turns GA's server events into preview's; `swallowed` counts what was not sent, by GA's type."""

    def __init__(self, state: ClientState, api_version: str | None) -> None:
        self.swallowed: Counter[str] = Counter()
        self._state = state
        self._known = SERVER_EVENTS_OF.get((api_version or "")[:10])
        self._ids = Ids()
        self._shown: dict[str, Event] = {}
        self._added: set[str] = set()
        self._givers: dict[str, Giver] = {
            "session.created": self._session,
            "session.updated": self._session,
            "conversation.item.added": self._item_added,
            "conversation.item.created": self._item_added,
            "conversation.item.retrieved": self._item_retrieved,
            "response.output_item.added": self._item,
            "response.output_item.done": self._item,
            "response.created": self._response_created,
            "response.done": self._response_done,
            "input_audio_buffer.committed": _with_previous,
            "error": self._error,
        }

    def write(self, event: Event) -> list[Event]:
        """Return the preview event that stands for a GA event, or none."""
        out = self._givers.get(event["type"], self._plain)(event)
        if out is None or (self._known is not None and out["type"] not in self._known):
            self.swallowed[event["type"]] += 1
            return []
        return [self._ids.on(out)]

    def _plain(self, event: Event) -> Event | None:
        """Rename, swallow or pass; what no row names passes, for the service may learn new words."""
        row = SERVER_BY_GA.get(event["type"])
        if row is None:
            return event
        if row.to_preview == "swallow":
            return event if self._state.keep and row.preview else None
        return event if row.preview is None else {**event, "type": row.preview}

    def _passage(self, temperature: float | None = None) -> Passage:
        remembered = {} if temperature is None else {"temperature": temperature}
        return Passage(asked=False, keep=self._state.keep, remembered=remembered)

    def _pruned(self, event: Event) -> Event:
        """Leave out, at any depth, what the description of a preview event lacks."""
        if self._state.keep:
            return event
        return known_part(PREVIEW, PREVIEW.server[event["type"]]["fields"], event)[0]

    def _session(self, event: Event) -> Event:
        session = event.get("session")
        if not isinstance(session, dict):
            return event
        usual = "transcription" if self._state.transcription else "realtime"
        self._state.transcription = session.get("type", usual) == "transcription"
        self._state.in_force.reported(session)
        name = "transcription_session" if self._state.transcription else "session"
        shape = TRANSCRIPTION_SESSION if self._state.transcription else SESSION
        flat = shape.to_preview(session, self._passage(self._state.temperature))
        kind = f"{name}{event['type'].removeprefix('session')}"
        out = self._pruned({**event, "type": kind, "session": flat})
        self._shown[name] = {**DEFAULTS[name], **self._shown.get(name, {}), **out["session"]}
        return {**out, "session": self._shown[name]}

    def _item_added(self, event: Event) -> Event | None:
        """Return `conversation.item.created`; an item that came by both of GA's names is told once."""
        item = event.get("item")
        item_id = str(item.get("id")) if isinstance(item, dict) else ""
        if event["type"] == "conversation.item.created" and item_id in self._added:
            return None
        self._added.add(item_id)
        out = self._item({**event, "type": "conversation.item.created"})
        return out and _with_previous(out)

    def _item(self, event: Event) -> Event | None:
        item = event.get("item")
        if is_foreign(item) and not self._state.keep:
            return None
        if "item" in event:
            event = {**event, "item": item_to_preview(item, self._passage())}
        return self._pruned(event)

    def _item_retrieved(self, event: Event) -> Event | None:
        """Return the item, or an error where it is of a kind that preview does not have."""
        item = event.get("item")
        asked = self._state.told_item(item.get("id")) if isinstance(item, dict) else None
        told = self._item(event)
        if told is not None:
            return told
        words = "The item is of a kind that this version of the protocol does not have."
        refused = Refused("invalid_value", words, param="item_id", event_id=asked)
        return error_event(refused, self._ids.on(event)["event_id"])

    def _response_created(self, event: Event) -> Event:
        return self._response(event, self._state.begun)

    def _response_done(self, event: Event) -> Event:
        return self._response(event, self._state.ended)

    def _response(self, event: Event, temperature: Callable[[Any], float | None]) -> Event:
        response = event.get("response")
        if not isinstance(response, dict):
            return event
        response_id = response.get("id")
        asked = temperature(response_id if isinstance(response_id, str) else None)
        return self._pruned({**event, "response": RESPONSE.to_preview(response, self._passage(asked))})

    def _error(self, event: Event) -> Event:
        self._state.refused()
        return error_to_preview(event)


def _with_previous(event: Event) -> Event:
    """Tell the item before, null if none: the oldest Python client demands the key."""
    return {"previous_item_id": None, **event}
