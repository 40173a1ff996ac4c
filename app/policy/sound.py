"""How many seconds the audio of a session is: from its length, and the formats that the service has in force."""

from collections.abc import Iterator
from typing import Any, Literal

from app.protocol.audio import appended, decoded_size
from app.protocol.frame import Frame

__all__ = ["PCM", "bytes_per_second", "heard_in"]

PCM = 48_000
"""Bytes a second of PCM16 at 24 kHz, mono: the format of a session that says nothing."""

G711 = 8_000
"""Bytes a second of G.711."""


def bytes_per_second(report: Frame, direction: Literal["input", "output"], known: int) -> int:
    """Read a format from `session.created` or `session.updated`; `known` where it tells none that we know."""
    match report.event:
        case {"session": {"audio": {**audio}}}:
            return _rate_of(audio.get(direction), known)
        case _:
            return known


def _rate_of(side: Any, known: int) -> int:
    match side:
        case {"format": {"type": "audio/pcm", "rate": int(rate)}} if rate > 0:
            return 2 * rate
        case {"format": {"type": "audio/pcm"}}:
            return PCM
        case {"format": {"type": "audio/pcmu" | "audio/pcma"}}:
            return G711
        case _:
            return known


def heard_in(frame: Frame) -> int | None:
    """Return how many bytes of audio a client's frame gives to the model; None where its audio is no base64."""
    match frame.type:
        case "input_audio_buffer.append":
            return appended(frame)
        case "conversation.item.create":
            return _total([frame.event.get("item")])
        case "response.create":
            response = frame.event.get("response")
            return _total(response.get("input") if isinstance(response, dict) else None)
        case _:
            return 0


def _total(items: Any) -> int | None:
    sizes = [decoded_size(audio) for audio in _audio_of(items)]
    known = [size for size in sizes if size is not None]
    return sum(known) if len(known) == len(sizes) else None


def _audio_of(items: Any) -> Iterator[str]:
    """Yield the audio in the contents of items; what is not shaped as one is the service's to refuse."""
    for item in items if isinstance(items, list) else []:
        content = item.get("content") if isinstance(item, dict) else None
        for part in content if isinstance(content, list) else []:
            if isinstance(part, dict) and isinstance(part.get("audio"), str):
                yield part["audio"]
