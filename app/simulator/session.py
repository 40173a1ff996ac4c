"""One session of the simulated service: events in, events out, and when it wants to be woken.

Plain and synchronous: messages and the time are arguments, so that a conversation is a test without a socket.
Whatever a client sends, the answer is an event; nothing that it sends raises.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.errors import Refused, error_event
from app.protocol.catalogue import GENERATIONS, Generation
from app.simulator.config import SimulatorConfig
from app.simulator.conversation import Conversation
from app.simulator.faults import Faults
from app.simulator.listening import Listening
from app.simulator.outbox import Close, NewId, Outbox
from app.simulator.responses import Responses, voice_is_fixed
from app.simulator.session_object import Opening, Terms, begun, terms_of, updated
from app.simulator.speaking import Manner
from app.simulator.usage import Quota
from app.simulator.validation import check

__all__ = ["Session"]

GOING_AWAY = 1001
_decoder = msgspec.json.Decoder()


class Session:
    """A session from `session.created` until it expires. `now` is any clock's seconds; `born` is unix time."""

    def __init__(  # noqa: PLR0913 - what a session is made of; the clock's two are told by name
        self, opening: Opening, config: SimulatorConfig, faults: Faults, new_id: NewId, *, born: float, now: float
    ) -> None:
        self.id = new_id("sess")
        self.opening = opening
        self._generation = GENERATIONS[opening.generation]
        self._expires = now + config.session_seconds
        self._lifetime = config.session_seconds
        self._over = False
        self._now = now
        self._outbox = Outbox(new_id)
        self._conversation = Conversation(opening.generation, self._outbox)
        self._listening = Listening(self._conversation, self._outbox)
        manner = Manner(config.text_interval, config.pace, faults)
        quota = Quota(config.tokens_per_minute, at=now)
        self._responses = Responses(self._conversation, self._outbox, manner, quota)
        self._session = begun(opening, self.id, int(born + config.session_seconds))
        self._doing: Mapping[str, Callable[[dict[str, Any]], None]] = {
            "session.update": self._update,
            "transcription_session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": lambda _: self._listening.commit(self._terms),
            "input_audio_buffer.clear": lambda _: self._listening.clear(),
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._conversation.retrieve,
            "conversation.item.truncate": self._conversation.truncate,
            "conversation.item.delete": self._conversation.delete,
            "response.create": self._respond,
            "response.cancel": lambda event: self._responses.cancel(event.get("response_id"), self._now),
        }

    @property
    def _terms(self) -> Terms:
        return terms_of(self._session)

    @property
    def _preview_transcription(self) -> bool:
        return self.opening.kind == "transcription" and self.opening.generation == "preview"

    def begin(self) -> list[dict[str, Any] | Close]:
        """Return the first event: `session.created`, or the preview's `transcription_session.created`."""
        self._tell("created")
        return self._outbox.take()

    def receive(self, data: bytes | str, now: float) -> list[dict[str, Any] | Close]:
        """Take one message of the client; returns what the service says to it at once."""
        self._now = now
        event: Any = None
        try:
            event = _read(data)
            if not self._over:
                check(self._generation, event)
                self._doing[event["type"]](event)
        except Refused as refused:
            told = event.get("event_id") if isinstance(event, dict) else None
            refused.event_id = told if isinstance(told, str) else None
            self._outbox.send("error", error=error_event(refused, "")["error"])
        return self._outbox.take()

    def tick(self, now: float) -> list[dict[str, Any] | Close]:
        """Do what is due; returns what the service says."""
        self._now = now
        if not self._over and now >= self._expires:
            self._expire()
        elif not self._over:
            self._responses.tick(now)
            idle_at = self._idle_at
            if idle_at is not None and now >= idle_at:
                self._time_out()
        return self._outbox.take()

    @property
    def wake_at(self) -> float | None:
        """When `tick` has something to do; None when the session is over."""
        due = [self._expires, self._responses.wake_at, self._idle_at]
        return None if self._over else min(each for each in due if each is not None)

    def _expire(self) -> None:
        self._over = True
        message = f"Your session hit the maximum duration of {self._lifetime / 60:g} minutes."
        error = {"type": "invalid_request_error", "code": "session_expired", "message": message}
        self._outbox.send("error", error={**error, "param": None, "event_id": None})
        self._outbox.close(GOING_AWAY, message)

    def _tell(self, what: str) -> None:
        kind = "transcription_session" if self._preview_transcription else "session"
        self._outbox.send(f"{kind}.{what}", session=self._session)

    def _update(self, event: dict[str, Any]) -> None:
        given = event["session"]
        own_kind = self._preview_transcription == (event["type"] == "transcription_session.update")
        if not own_kind or given.get("type", self.opening.kind) != self.opening.kind:
            kind = "realtime" if self.opening.kind == "transcription" else "transcription"
            message = f"Passing a {kind} session update event to a {self.opening.kind} session is not allowed."
            raise Refused("invalid_value", message, param="session.type" if own_kind else "type")
        if given.get("model", self.opening.model) != self.opening.model:
            raise Refused("invalid_value", "The model of a session cannot be changed.", param="session.model")
        new = updated(self._session, given)
        _check_detection(terms_of(new), self._generation)
        if terms_of(new).voice != self._terms.voice and self._conversation.spoke:
            raise voice_is_fixed()
        self._session = new
        self._tell("updated")

    def _create_item(self, event: dict[str, Any]) -> None:
        self._conversation.create(event, self._terms.input_format)

    def _respond(self, event: dict[str, Any]) -> None:
        if self.opening.kind == "transcription":
            message = "A transcription session gives no responses."
            raise Refused("invalid_value", message, param="type")
        self._responses.create(self._session, event.get("response") or {}, self._now)

    def _append(self, event: dict[str, Any]) -> None:
        terms = self._terms
        for turn in self._listening.append(event, terms):
            detection = terms.turn_detection or {}
            if turn == "began":
                self._responses.somebody_speaks(self._now, interrupt=detection.get("interrupt_response", False))
            elif detection.get("create_response") and self.opening.kind == "realtime":
                self._responses.answer(self._session, self._now)

    @property
    def _idle_at(self) -> float | None:
        """When silence itself becomes a turn: counted from the end of what was said last, as it is played."""
        idle_ms = self._idle_ms
        quiet = self._responses.quiet_since
        if idle_ms is None or quiet is None or self._listening.speaking or self._responses.current:
            return None
        return quiet + idle_ms / 1000

    @property
    def _idle_ms(self) -> int | None:
        # Later preview versions take the key, but have no event for what it does.
        detection = self._terms.turn_detection if self.opening.generation == "ga" else None
        return (detection or {}).get("idle_timeout_ms")

    def _time_out(self) -> None:
        self._listening.time_out(self._terms, self._idle_ms or 0)
        self._responses.quiet_since = None
        self._responses.answer(self._session, self._now)


def _check_detection(terms: Terms, generation: Generation) -> None:
    """Refuse turn detection for the one transcription model that does its own."""
    model = (terms.transcription or {}).get("model")
    if model == "gpt-realtime-whisper" and terms.turn_detection is not None:
        param = f"session.{'audio.input.' if generation.name == 'ga' else ''}turn_detection"
        raise Refused(
            "invalid_value", f"Turn detection is not supported with {model}. Set it to null.", param=param
        )


def _read(data: bytes | str) -> dict[str, Any]:
    """Decode one message; raises `Refused` where it is no event."""
    try:
        event = _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Refused("invalid_json", "The message could not be parsed as JSON.") from None
    if not isinstance(event, dict):
        raise Refused("invalid_event", "An event is a JSON object.")
    if not isinstance(event.get("type"), str):
        raise Refused("missing_required_parameter", "Missing required parameter: 'type'.", param="type")
    return event
