"""What a preview client says, as GA.

GA discards a whole update for one key that it does not know, so such a key is refused here, in the client's words.
"""

from collections.abc import Mapping
from typing import Any

from app.protocol.catalogue import GA
from app.protocol.dialect.client_state import ClientState
from app.protocol.dialect.envelope import object_in, refusals_named
from app.protocol.dialect.items import item_to_ga, items_to_ga
from app.protocol.dialect.known import known_part
from app.protocol.dialect.objects import RESPONSE_CREATE, SESSION, TRANSCRIPTION_SESSION
from app.protocol.dialect.params import param_to_preview
from app.protocol.dialect.passage import Fallbacks, Passage, Warn, invalid, unknown
from app.protocol.frame import event_id_of

__all__ = ["FromPreview"]

Event = dict[str, Any]


class FromPreview:
    """Turns a preview client's events into GA's."""

    def __init__(self, state: ClientState, warn: Warn, fallbacks: Fallbacks) -> None:
        self._state = state
        self._warn = warn
        self._fallbacks = fallbacks
        self._takers = {
            "session.update": self._update,
            "transcription_session.update": self._update,
            "conversation.item.create": self._item,
            "conversation.item.retrieve": self._retrieve,
            "response.create": self._response,
        }

    def read(self, event: Event) -> list[Event]:
        """Return the GA events that stand for a preview event. Raises `Refused`."""
        with refusals_named(event):
            take = self._takers.get(event["type"])
            return take(event) if take else [self._checked(event)]

    def _checked(self, event: Event) -> Event:
        described = GA.client.get(event["type"])
        if described and not self._state.keep:
            _, beyond = known_part(GA, described["fields"], event)
            if beyond:
                raise unknown(param_to_preview(beyond[0]))
        return event

    def _passage(self, path: str) -> Passage:
        in_force = self._state.in_force.session if path == "session" else None
        return Passage(
            asked=True,
            path=path,
            warn=self._warn,
            keep=self._state.keep,
            in_force=in_force,
            fallbacks=self._fallbacks,
        )

    def _update(self, event: Event) -> list[Event]:
        update = {**event, "type": "session.update"}
        session = object_in(event, "session")
        if session is None:
            return [self._checked(update)]
        transcription = self._state.transcription or event["type"] == "transcription_session.update"
        shape = TRANSCRIPTION_SESSION if transcription else SESSION
        temperature = _temperature(session, "session")
        update["session"] = shape.to_ga(session, self._passage("session"))
        self._checked(update)
        self._state.in_force.asked(update["session"])
        self._state.remember(temperature)
        return [update]

    def _item(self, event: Event) -> list[Event]:
        item = object_in(event, "item")
        if item is None:
            return [self._checked(event)]
        return [self._checked({**event, "item": item_to_ga(item, self._passage("item"))})]

    def _retrieve(self, event: Event) -> list[Event]:
        self._checked(event)
        if isinstance(event.get("item_id"), str):
            self._state.asked_item(event["item_id"], event_id_of(event))
        return [event]

    def _response(self, event: Event) -> list[Event]:
        response = object_in(event, "response")
        if response is None:
            return [self._checked({key: value for key, value in event.items() if key != "response"})]
        temperature = _temperature(response, "response")
        ga = RESPONSE_CREATE.to_ga(response, self._passage("response"))
        create = self._checked({**event, "response": ga})
        first = [] if self._state.keep else self._drafted(response, event)
        self._state.asked_response(temperature)
        return [*first, create]

    def _drafted(self, response: Mapping[str, Any], event: Event) -> list[Event]:
        """Return the events that stand for what only the draft of 2024-10-01 could ask of a response."""
        events: list[Event] = []
        if _flag(response, "cancel_previous") and self._state.responses:
            events.append({"type": "response.cancel"})
        if _flag(response, "commit"):
            events.append({"type": "input_audio_buffer.commit"})
        where = self._passage("response").at("append_input_items")
        items = items_to_ga(response.get("append_input_items", []), where)
        events += [self._checked({"type": "conversation.item.create", "item": item}) for item in items]
        # What goes wrong with them goes wrong with the event that they stand for.
        own = {"event_id": event["event_id"]} if "event_id" in event else {}
        return [{**each, **own} for each in events]


def _temperature(given: Mapping[str, Any], path: str) -> float | None:
    temperature = given.get("temperature")
    if temperature is None or (isinstance(temperature, int | float) and not isinstance(temperature, bool)):
        return temperature
    raise invalid(f"{path}.temperature")


def _flag(response: Mapping[str, Any], key: str) -> bool:
    value = response.get(key, False)
    if isinstance(value, bool):
        return value
    raise invalid(f"response.{key}")
