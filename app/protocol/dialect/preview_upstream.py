"""An upstream that speaks preview, behind an inside that is GA.

What a GA client asks and preview cannot do is refused where it matters, else dropped with one warning. What the
upstream says is passed on as far as it can be, with the events and fields that GA has beyond it.
"""

from collections.abc import Iterator
from typing import Any

from app.protocol.catalogue import GA, PREVIEW, Generation
from app.protocol.dialect.envelope import Ids, object_in, refusals_named
from app.protocol.dialect.in_force import InForce
from app.protocol.dialect.items import item_to_ga, item_to_preview
from app.protocol.dialect.known import known_part
from app.protocol.dialect.objects import RESPONSE, RESPONSE_CREATE, SESSION, TRANSCRIPTION_SESSION
from app.protocol.dialect.open_items import OpenItems
from app.protocol.dialect.params import error_to_ga
from app.protocol.dialect.passage import Fallbacks, Once, Passage, Warn, ignore, unknown
from app.protocol.dialect.tables import LATE_KEYS, LATE_SINCE, RENAMED_TO_GA

__all__ = ["PreviewUpstream"]

Event = dict[str, Any]

TEMPERATURE = "temperature"
"""What preview has beyond GA, and a profile may set: inside it stands in GA's events, under this name."""

NO_USAGE = {"type": "duration", "seconds": 0}
"""What a transcription cost, where an old server does not tell and GA's models demand it."""


class PreviewUpstream:
    """Translates one session's events for a preview upstream.

    `transcription`: the socket was opened with `intent=transcription`. `warn` is called once a session for each
    thing that is lost, with words that hold no content. `keep`: the client speaks preview too, so what GA lacks
    stays where it stands. `api_version` is the date of the upstream's, where it has one: an old one is not sent
    what only later ones know. `fallbacks` stand in for what preview does not have. `limit_key` is the name of the
    token limit in `response.create`: the OpenAPI description says `max_output_tokens`, the SDK
    `max_response_output_tokens`.
    """

    def __init__(  # noqa: PLR0913 - each is one thing in which preview upstreams differ
        self,
        *,
        transcription: bool = False,
        warn: Warn = ignore,
        keep: bool = False,
        api_version: str | None = None,
        fallbacks: Fallbacks | None = None,
        limit_key: str = "max_output_tokens",
    ) -> None:
        self._transcription = transcription
        self._warn = Once(warn)
        self._keep = keep
        self._late = () if (api_version or LATE_SINCE)[:10] >= LATE_SINCE else tuple(LATE_KEYS)
        self._fallbacks = fallbacks or Fallbacks()
        self._limit_key = limit_key
        self._in_force = InForce()
        self._items = OpenItems()
        self._ids = Ids()
        self._takers = {
            "session.update": self._update,
            "conversation.item.create": self._item_create,
            "response.create": self._response_create,
        }
        self._givers = {
            "session.created": self._session,
            "session.updated": self._session,
            "transcription_session.created": self._session,
            "transcription_session.updated": self._session,
            "conversation.item.created": self._item_added,
            "conversation.item.deleted": self._item_deleted,
            "conversation.item.retrieved": self._item,
            "conversation.item.input_audio_transcription.completed": self._transcribed,
            "response.output_item.added": self._output_added,
            "response.output_item.done": self._output_done,
            "response.function_call_arguments.done": self._arguments,
            "response.created": self._response,
            "response.done": self._response_done,
            "error": self._error,
        }

    def write(self, event: Event) -> list[Event]:
        """Return the preview client event that stands for a GA one.

        Raises `Refused`, `invalid_value` with GA's `param`, for what a preview upstream cannot do and a client
        must not believe done: images, MCP, other sample rates, voices without a fallback. A key that GA itself
        lacks is refused as GA's service would: `unknown_parameter`; but for the temperature of a session that
        answers, and of a response, which the upstream does know.
        """
        with refusals_named(event):
            take = self._takers.get(event["type"])
            _, beyond = self._split(GA, event)
            strange = [path for path in beyond if path not in self._carried(event)]
            if strange:
                raise unknown(strange[0])
            told = take(event) if take else event
            known, beyond = self._split(PREVIEW, told)
            if beyond:
                self._warn(f"a key in '{event['type']}' was dropped: the upstream's protocol lacks it")
            return [known]

    def _split(self, generation: Generation, event: Event) -> tuple[Event, list[str]]:
        """Return what a generation knows of an event, and the paths of what it does not."""
        described = generation.client.get(event["type"])
        if described is None or self._keep:
            return event, []
        return known_part(generation, described["fields"], event)

    def _carried(self, event: Event) -> tuple[str, ...]:
        """Return the paths that GA lacks and preview is told all the same."""
        session = event.get("session")
        if isinstance(session, dict) and self._is_transcription(session):
            return ()
        return f"session.{TEMPERATURE}", f"response.{TEMPERATURE}"

    def _is_transcription(self, session: Event) -> bool:
        usual = "transcription" if self._transcription else "realtime"
        return bool(session.get("type", usual) == "transcription")

    def _asked(self, path: str) -> Passage:
        return Passage(
            asked=True,
            path=path,
            warn=self._warn,
            keep=self._keep,
            in_force=self._in_force.session if path == "session" else None,
            fallbacks=self._fallbacks,
        )

    def _update(self, event: Event) -> Event:
        session = object_in(event, "session")
        if session is None:
            return event
        transcription = self._is_transcription(session)
        shape = TRANSCRIPTION_SESSION if transcription else SESSION
        flat = self._timely(
            _with_temperature(shape.to_preview(session, self._asked("session")), session), "session"
        )
        self._in_force.asked(session)
        kind = "transcription_session.update" if transcription else "session.update"
        return {**event, "type": kind, "session": flat}

    def _timely(self, given: Event, path: str) -> Event:
        """Leave out what an old upstream does not know."""
        for key in self._late:
            if given.get(key) is not None:
                self._asked(path).dropped(key)
        return {key: value for key, value in given.items() if key not in self._late}

    def _item_create(self, event: Event) -> Event:
        item = object_in(event, "item")
        return event if item is None else {**event, "item": item_to_preview(item, self._asked("item"))}

    def _response_create(self, event: Event) -> Event:
        response = object_in(event, "response")
        if response is None:
            return {key: value for key, value in event.items() if key != "response"}
        flat = _with_temperature(RESPONSE_CREATE.to_preview(response, self._asked("response")), response)
        flat = self._timely(flat, "response")
        if "max_output_tokens" in flat:
            flat[self._limit_key] = flat.pop("max_output_tokens")
        return {**event, "response": flat}

    def read(self, event: Event) -> list[Event]:
        """Return the GA server events that stand for a preview one, in order; never raises.

        `conversation.item.done` comes from `OpenItems`.
        """
        give = self._givers.get(event["type"], _renamed)
        return [self._ids.on(each) for each in give(event)]

    def _reported(self) -> Passage:
        return Passage(asked=False, keep=self._keep)

    def _session(self, event: Event) -> Iterator[Event]:
        transcription = event["type"].startswith("transcription_") or self._transcription
        kind = event["type"].removeprefix("transcription_")
        session = event.get("session")
        if isinstance(session, dict):
            shape = TRANSCRIPTION_SESSION if transcription else SESSION
            event = {**event, "session": shape.to_ga(session, self._reported())}
            self._in_force.reported(event["session"])
        yield {**event, "type": kind}

    def _item(self, event: Event) -> Iterator[Event]:
        if "item" in event:
            event = {**event, "item": item_to_ga(event["item"], self._reported())}
        yield event

    def _item_added(self, event: Event) -> Iterator[Event]:
        for added in self._item({**event, "type": "conversation.item.added"}):
            yield added
            yield from self._items.added(added)

    def _item_deleted(self, event: Event) -> Iterator[Event]:
        self._items.deleted(event.get("item_id"))
        yield event

    def _output_added(self, event: Event) -> Iterator[Event]:
        self._items.begun(event)
        yield from self._item(event)

    def _output_done(self, event: Event) -> Iterator[Event]:
        for done in self._item(event):
            yield from self._items.finished(done)
            yield done

    def _arguments(self, event: Event) -> Iterator[Event]:
        yield {"name": self._items.name(event.get("item_id")), **event}

    def _transcribed(self, event: Event) -> Iterator[Event]:
        yield {"usage": dict(NO_USAGE), **event}

    def _response(self, event: Event) -> Iterator[Event]:
        response = event.get("response")
        if isinstance(response, dict):
            event = {**event, "response": RESPONSE.to_ga(response, self._reported())}
        yield event

    def _response_done(self, event: Event) -> Iterator[Event]:
        for done in self._response(event):
            yield from self._items.closed(done.get("response"))
            yield done

    def _error(self, event: Event) -> Iterator[Event]:
        self._in_force.refused()
        yield error_to_ga(event)


def _with_temperature(flat: Event, given: Event) -> Event:
    return {**flat, TEMPERATURE: given[TEMPERATURE]} if TEMPERATURE in given else flat


def _renamed(event: Event) -> Iterator[Event]:
    yield {**event, "type": RENAMED_TO_GA.get(event["type"], event["type"])}
