"""What the tests of the simulator share: a session on a clock of its own, whose every word is checked.

Each event is held to two authorities: the official SDK's models (required fields, types), and the catalogue (no
key that it does not list).
"""

import base64
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
from openai.types.beta.realtime.realtime_server_event import RealtimeServerEvent as PreviewEvent
from openai.types.realtime.realtime_server_event import RealtimeServerEvent as GaEvent
from pydantic import BaseModel, TypeAdapter, ValidationError

from app.protocol.catalogue import GENERATIONS, Generation
from app.simulator import Faults, SimulatorConfig
from app.simulator.outbox import Close
from app.simulator.session import Session
from app.simulator.session_object import Opening
from app.simulator.sound import BYTES_PER_MS
from app.simulator.voice import SILENCE, say

__all__ = [
    "GA",
    "GA_TRANSCRIPTION",
    "PREVIEW",
    "PREVIEW_TRANSCRIPTION",
    "Play",
    "audio",
    "check_sent",
    "silence",
    "speech",
]

GA = Opening("ga", "realtime", "gpt-realtime")
PREVIEW = Opening("preview", "realtime", "gpt-4o-realtime-preview")
GA_TRANSCRIPTION = Opening("ga", "transcription", "")
PREVIEW_TRANSCRIPTION = Opening("preview", "transcription", "")

BORN = 1_700_000_000.0
WORDS = "what time is it over there now"

Event = dict[str, Any]


def speech(format_name: str = "pcm16", words: str = WORDS) -> bytes:
    """Return audio of somebody who speaks, in the given format."""
    return b"".join(say(word, "echo", format_name) for word in words.split())


def silence(milliseconds: int, format_name: str = "pcm16") -> bytes:
    """Return audio of nothing."""
    quiet = SILENCE[format_name]
    return quiet * (milliseconds * BYTES_PER_MS[format_name] // len(quiet))


def audio(data: bytes) -> str:
    """Write audio as events carry it."""
    return base64.b64encode(data).decode()


class Play:
    """A session, played by hand: `now` is its clock, `said` all that the service has said."""

    def __init__(self, opening: Opening = GA, faults: Faults | None = None, **config: Any) -> None:
        counter = itertools.count()
        self.now = 0.0
        self.generation = GENERATIONS[opening.generation]
        self.session = Session(
            opening,
            SimulatorConfig(**config),
            faults or Faults(),
            lambda prefix: f"{prefix}_{next(counter)}",
            born=BORN,
            now=self.now,
        )
        self.said: list[Event] = []
        self.closed: Close | None = None
        self._keep(self.session.begin())

    def send(self, kind: str, **fields: Any) -> list[Event]:
        """Send an event; returns what is said at once."""
        return self.send_raw(msgspec.json.encode({"type": kind, **fields}))

    def send_raw(self, data: bytes | str) -> list[Event]:
        """Send a message; returns what is said at once."""
        return self._keep(self.session.receive(data, self.now))

    def refused(self, kind: str, **fields: Any) -> tuple[str, str | None]:
        """Send an event that is refused, and nothing else; returns code and `param` of the error."""
        events = self.send(kind, **fields)
        assert [event["type"] for event in events] == ["error"]
        return events[0]["error"]["code"], events[0]["error"]["param"]

    def let_pass(self, seconds: float) -> list[Event]:
        """Let time pass, and the session wake whenever it wants to; returns what is said meanwhile."""
        end, before = self.now + seconds, len(self.said)
        while (wake_at := self.session.wake_at) is not None and wake_at <= end:
            self.now = max(self.now, wake_at)
            self._keep(self.session.tick(self.now))
        self.now = end
        return self.said[before:]

    def hear(self, *pieces: bytes) -> list[Event]:
        """Send audio, 100 ms of PCM16 at a time; returns what is said to it at once."""
        data, size = b"".join(pieces), 100 * BYTES_PER_MS["pcm16"]
        before = len(self.said)
        for at in range(0, len(data), size):
            self.send("input_audio_buffer.append", audio=audio(data[at : at + size]))
        return self.said[before:]

    def write(self, text: str) -> list[Event]:
        """Add a text message of the user."""
        content = [{"type": "input_text", "text": text}]
        return self.send("conversation.item.create", item={"type": "message", "role": "user", "content": content})

    def ask(self, text: str, **response: Any) -> list[Event]:
        """Write a text message and let it be answered to the end."""
        self.write(text)
        return [*self.send("response.create", response=response), *self.let_pass(60)]

    def update(self, **session: Any) -> list[Event]:
        """Send a `session.update`, of the session's own type where its generation has types."""
        given = {"type": self.session.opening.kind, **session} if self.generation.name == "ga" else session
        return self.send("session.update", session=given)

    def _keep(self, said: Sequence[Event | Close]) -> list[Event]:
        events = []
        for each in said:
            assert self.closed is None
            if isinstance(each, Close):
                self.closed = each
            else:
                check_sent(self.generation, each)
                events.append(each)
        # What was said stays as it was, whatever becomes of the session's own objects.
        kept: list[Event] = msgspec.json.decode(msgspec.json.encode(events))
        self.said += kept
        return kept


def check_sent(generation: Generation, event: Mapping[str, Any]) -> None:
    """Hold an event of the service to the SDK's model and to the catalogue."""
    model = MODELS[generation.name].get(event["type"])
    if model is not None:
        assert [error for error in sdk_errors(model, event) if not beyond_the_sdk(error)] == []
    field = {"fields": [*generation.server[event["type"]]["fields"], {"name": "type", "type": "string"}]}
    assert unlisted(generation, field["fields"], event) == []


def unlisted(generation: Generation, fields: Sequence[Mapping[str, Any]], value: Mapping[str, Any]) -> list[str]:
    """Name the keys of an object that the catalogue does not list, and the required ones that it lacks."""
    known = {field["name"]: field for field in whole(generation, fields)}
    wrong = [name for name in value if name not in known]
    wrong += [f"no {name}" for name, field in known.items() if field.get("required") and name not in value]
    for name, each in value.items():
        if name in known and each is not None:
            wrong += [f"{name}.{inner}" for inner in unlisted_within(generation, known[name], each)]
    return wrong


def unlisted_within(generation: Generation, field: Mapping[str, Any], value: Any) -> list[str]:
    """Look into a field's value; of several alternatives the one that fits best counts."""
    if isinstance(value, list) and "items" in field:
        return [wrong for each in value for wrong in unlisted_within(generation, field["items"], each)]
    refs = [each["ref"] for each in field.get("any_of", [field]) if "ref" in each]
    if not isinstance(value, dict) or not refs:
        return []
    return min((unlisted(generation, fields_of(generation, ref), value) for ref in refs), key=len)


def whole(generation: Generation, fields: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Replace the pseudo field that extends a type by the fields of that type."""
    extended = [field for field in fields if "extends" in field]
    own = [field for field in fields if "extends" not in field]
    return [*own, *(inner for field in extended for inner in fields_of(generation, field["extends"]))]


def fields_of(generation: Generation, name: str) -> list[Mapping[str, Any]]:
    """Return the fields of a nested type."""
    described = generation.types[name]
    return list(described["fields"] if isinstance(described, dict) else described)


def sdk_errors(model: TypeAdapter[BaseModel], event: Mapping[str, Any]) -> Sequence[Any]:
    """Return what the SDK finds wrong with an event."""
    try:
        model.validate_json(msgspec.json.encode(event), strict=True)
    except ValidationError as invalid:
        return invalid.errors()
    return []


def beyond_the_sdk(error: Mapping[str, Any]) -> bool:
    """Tell the two values that the catalogue lists and the SDK's preview models lack.

    A transcription session's secret is null on the wire; a forced function is repeated as an object.
    """
    secret = error["loc"] == ("session", "client_secret") and error["input"] is None
    return secret or (error["loc"] == ("session", "tool_choice") and isinstance(error["input"], dict))


def models(union: Any) -> dict[str, TypeAdapter[BaseModel]]:
    """Map the types of a union of the SDK's events to their models."""
    members = get_args(get_args(union)[0])
    return {get_args(member.model_fields["type"].annotation)[0]: TypeAdapter(member) for member in members}


MODELS = {"ga": models(GaEvent), "preview": models(PreviewEvent)}
