"""An answer of the relay's own, in the events that a service would send for it.

Its response and its item have ids of their own. Where there is no recording, or the client plays another format
than PCM, an answer in audio is its transcript alone: a voice client stays silent and shows the text.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.policy.teller import Teller
from app.protocol.frame import Frame

__all__ = ["Context", "Manner", "Place", "Wording", "answer", "assistant_item", "deltas", "manner_of"]

PIECE = 4800
"""Bytes of one audio delta: 100 ms of PCM16 at 24 kHz."""

PCM = "audio/pcm"

NO_USAGE = {
    "total_tokens": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 0, "audio_tokens": 0},
}

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said: the text, and its recording (24 kHz mono PCM16) where there is one."""

    text: str
    recorded: bytes | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How a response answers: in audio or text, and whether the audio is PCM. `told` is how it tells that."""

    spoken: bool = True
    pcm: bool = True
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the content stands: the ids of response and item, and the indices."""

    response_id: str
    item_id: str
    output_index: int = 0
    content_index: int = 0

    @property
    def fields(self) -> Event:
        """The fields that every event of the content has."""
        return {
            "response_id": self.response_id,
            "item_id": self.item_id,
            "output_index": self.output_index,
            "content_index": self.content_index,
        }


def manner_of(*layers: object) -> Manner:
    """Read how is answered from a session, and from the response's own parameters, which go before it."""
    told: dict[str, Any] = {"output_modalities": ["audio"], "max_output_tokens": "inf"}
    shown: dict[str, Any] = {}
    for layer in layers:
        match layer:
            case {"output_modalities": list(modalities)}:
                told["output_modalities"] = modalities
        match layer:
            case {"audio": {"output": dict(output)}}:
                shown |= {key: output[key] for key in ("format", "voice") if key in output}
    sound = shown.get("format")
    kind = sound.get("type", PCM) if isinstance(sound, dict) else PCM
    told |= {"audio": {"output": shown}} if shown else {}
    return Manner("audio" in told["output_modalities"], kind == PCM, told)


def assistant_item(item_id: str, status: str, content: Sequence[Event]) -> Event:
    """Return an item of the assistant's."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": list(content),
    }


def deltas(place: Place, wording: Wording, manner: Manner, teller: Teller) -> Iterator[Frame]:
    """Say the words, piece by piece."""
    if not manner.spoken:
        yield teller.event("response.output_text.delta", **place.fields, delta=wording.text)
        return
    yield teller.event("response.output_audio_transcript.delta", **place.fields, delta=wording.text)
    recorded = wording.recorded or b"" if manner.pcm else b""
    for at in range(0, len(recorded), PIECE):
        piece = base64.b64encode(recorded[at : at + PIECE]).decode()
        yield teller.event("response.output_audio.delta", **place.fields, delta=piece)


@dataclass(frozen=True, slots=True)
class Context:
    """Where an answer stands: the item before it, and the id of the conversation; None where it is not known."""

    after: str | None = None
    conversation: str | None = None


def answer(place: Place, wording: Wording, manner: Manner, context: Context, teller: Teller) -> Iterator[Frame]:
    """Say a whole response."""
    kind, word = ("audio", "transcript") if manner.spoken else ("text", "text")
    begun = assistant_item(place.item_id, "in_progress", [])
    whole = assistant_item(place.item_id, "completed", [{"type": f"output_{kind}", word: wording.text}])
    output = {"response_id": place.response_id, "output_index": place.output_index}
    response = {
        "object": "realtime.response",
        "id": place.response_id,
        "status_details": None,
        "conversation_id": context.conversation,
        "metadata": None,
        **manner.told,
    }
    yield teller.event(
        "response.created", response={**response, "status": "in_progress", "output": [], "usage": None}
    )
    yield teller.event("response.output_item.added", **output, item=begun)
    yield teller.event("conversation.item.added", previous_item_id=context.after, item=begun)
    yield teller.event("response.content_part.added", **place.fields, part={"type": kind, word: ""})
    yield from deltas(place, wording, manner, teller)
    yield from _ends(place, wording, manner, teller)
    yield teller.event("conversation.item.done", previous_item_id=context.after, item=whole)
    yield teller.event("response.output_item.done", **output, item=whole)
    done = {**response, "status": "completed", "output": [whole], "usage": NO_USAGE}
    yield teller.event("response.done", response=done)


def _ends(place: Place, wording: Wording, manner: Manner, teller: Teller) -> Iterator[Frame]:
    """End the content."""
    if manner.spoken:
        yield teller.event("response.output_audio.done", **place.fields)
        yield teller.event("response.output_audio_transcript.done", **place.fields, transcript=wording.text)
        part = {"type": "audio", "transcript": wording.text}
    else:
        yield teller.event("response.output_text.done", **place.fields, text=wording.text)
        part = {"type": "text", "text": wording.text}
    yield teller.event("response.content_part.done", **place.fields, part=part)
