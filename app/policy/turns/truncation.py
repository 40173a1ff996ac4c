"""How much of each item was said, so that a client cuts off none of what never was.

A client that counts what it has played can run ahead of what it got, and the service refuses a cut beyond the end.
Frames of audio are measured and not decoded.
"""

from app.policy.sound import PCM, bytes_per_second
from app.protocol.audio import AudioDelta
from app.protocol.frame import Frame

__all__ = ["Said"]

MAX_ITEMS = 32
"""Contents of items whose length is remembered, the last ones."""


class Said:
    """The audio of the last items, as the service sent it."""

    def __init__(self) -> None:
        self._bytes: dict[tuple[str, int], int] = {}
        self._bytes_per_second = PCM

    def hear(self, frame: Frame) -> None:
        """Count a `response.output_audio.delta`; learn the format from `session.created` or `session.updated`."""
        if frame.type != "response.output_audio.delta":
            self._bytes_per_second = bytes_per_second(frame, "output", self._bytes_per_second)
            return
        delta = AudioDelta.of(frame)
        if delta is not None:
            item = (delta.item_id, delta.content_index)
            self._bytes[item] = self._bytes.get(item, 0) + delta.size
            if len(self._bytes) > MAX_ITEMS:
                del self._bytes[next(iter(self._bytes))]

    def clamped(self, frame: Frame) -> Frame:
        """Return a `conversation.item.truncate` that cuts where there is something to cut."""
        match frame.event:
            case {"item_id": str(item_id), "content_index": int(index), "audio_end_ms": int(end)}:
                size = self._bytes.get((item_id, index))
                if size is not None and end > (said := size * 1000 // self._bytes_per_second):
                    return Frame.of({**frame.event, "audio_end_ms": said})
        return frame
