"""How much audio an event carries: of a client's base64, which is decoded to prove it, and of the service's.

The service's is told by the length of its text as it stands, so that a second of audio costs microseconds.
"""

from typing import Any, NamedTuple

import msgspec
from pybase64 import b64decode

from app.protocol.frame import Append, Frame

__all__ = ["AudioDelta", "appended", "decoded_size"]

QUOTE, ESCAPE, PAD = b'"\\='


_string, _integer = msgspec.json.Decoder(str), msgspec.json.Decoder(int)


class AudioDelta(NamedTuple):
    """What a `response.output_audio.delta` tells of its audio; `size` is in bytes of it."""

    item_id: str
    content_index: int
    size: int

    @classmethod
    def of(cls, frame: Frame) -> "AudioDelta | None":
        """Measure the audio, which nobody decodes for it; None where the event is not what it should be.

        The string is measured as it is spelt, with its quotes and without a copy; one with escapes is decoded.
        """
        source = frame if frame.origin is None else frame.origin
        head = source.head
        if head is None:
            return cls._in_event(frame.event)
        try:
            item_id, index = _string.decode(head.item_id), _integer.decode(head.content_index)
            if ESCAPE in source.text:
                return cls(item_id, index, _size_of(_string.decode(head.delta).encode()))
        except msgspec.DecodeError:
            return None
        spelt = memoryview(head.delta)
        letters = len(spelt) - 2
        if letters < 0 or spelt[0] != QUOTE:
            return None
        padding = (spelt[-2] == PAD) + (spelt[-3] == PAD) if letters else 0
        return cls(item_id, index, letters * 3 // 4 - padding)

    @classmethod
    def _in_event(cls, event: dict[str, Any]) -> "AudioDelta | None":
        match event:
            case {"item_id": str(item_id), "content_index": int(index), "delta": str(delta)}:
                return cls(item_id, index, _size_of(delta.encode("utf-8", "replace")))
        return None


def appended(frame: Frame) -> int | None:
    """Return how many bytes of audio an `input_audio_buffer.append` carries; None where its audio is no base64."""
    return frame.sound if isinstance(frame, Append) else decoded_size(frame.event.get("audio"))


def decoded_size(base64: object) -> int | None:
    """Return how many bytes standard base64, with its padding, stands for; None where it is none."""
    try:
        return len(b64decode(base64, None, True)) if isinstance(base64, str) else None  # noqa: FBT003 - `validate`
    except ValueError:
        return None


def _size_of(base64: bytes) -> int:
    """Return what base64 of the service's stands for, as far as its length tells."""
    return len(base64) * 3 // 4 - base64.count(b"=", -2)
