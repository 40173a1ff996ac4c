"""The input audio buffer: what is appended, when a turn begins and ends in it, and what is committed.

It tells the buffer's own events; what a turn means for the answers is for the session to say.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from app.errors import Refused
from app.simulator.conversation import Conversation
from app.simulator.hearing import Ear, Started, detection_of
from app.simulator.items import Entry, decoded_audio
from app.simulator.outbox import Outbox
from app.simulator.session_object import Terms
from app.simulator.sound import BYTES_PER_MS, milliseconds
from app.simulator.usage import text_tokens

__all__ = ["Listening", "Turn"]

Turn = Literal["began", "ended"]

LEAST_COMMIT_MS = 100


@dataclass(slots=True)
class _Buffer:
    """Audio that is not committed yet, in one format; `origin_ms` is where it begins."""

    audio: bytearray = field(default_factory=bytearray)
    format_name: str = "pcm16"
    origin_ms: float = 0

    @property
    def length_ms(self) -> float:
        return milliseconds(self.audio, self.format_name)

    def take(self, count: int | None = None) -> bytes:
        """Take so many bytes out of the front, or all."""
        taken = bytes(self.audio[:count])
        del self.audio[:count]
        self.origin_ms += milliseconds(taken, self.format_name)
        return taken


class Listening:
    """Hears what the client sends, and makes items of it."""

    def __init__(self, conversation: Conversation, outbox: Outbox) -> None:
        self._conversation = conversation
        self._outbox = outbox
        self._ear = Ear()
        self._buffer = _Buffer()
        self._item_id = ""

    def append(self, event: Mapping[str, Any], terms: Terms) -> Iterator[Turn]:
        """Do `input_audio_buffer.append`; yields the turns that begin and end in it, as they are told."""
        audio = decoded_audio(event["audio"], terms.input_format, "audio")
        if terms.input_format != self._buffer.format_name:
            # What came in another format can't be joined to this.
            self._forget()
            self._ear.skip(0)
            self._buffer.format_name = terms.input_format
        self._buffer.audio += audio
        if terms.turn_detection is None:
            self._ear.skip(milliseconds(audio, terms.input_format))
            return
        detection = detection_of(terms.turn_detection)
        for heard in self._ear.hear(audio, terms.input_format, detection):
            if isinstance(heard, Started):
                self._begin(heard.at_ms)
                yield "began"
            else:
                self._outbox.send(
                    "input_audio_buffer.speech_stopped", audio_end_ms=heard.at_ms, item_id=self._item_id
                )
                self._commit(self._until(heard.at_ms), terms)
                yield "ended"
        if not self._ear.speaking:
            self._until(self._ear.at_ms - detection.padding_ms)

    def commit(self, terms: Terms) -> None:
        """Do `input_audio_buffer.commit`."""
        length = self._buffer.length_ms
        if length < LEAST_COMMIT_MS:
            raise Refused(
                "input_audio_buffer_commit_empty",
                f"Error committing input audio buffer: buffer too small. Expected at least {LEAST_COMMIT_MS}ms of"
                f" audio, but buffer only has {length:.2f}ms of audio.",
            )
        self._commit(self._forget(), terms)

    def clear(self) -> None:
        """Do `input_audio_buffer.clear`."""
        self._forget()
        self._item_id = ""
        self._outbox.send("input_audio_buffer.cleared")

    def time_out(self, terms: Terms, idle_ms: int) -> None:
        """Nobody has spoken for so long that the silence itself is a turn."""
        end = int(self._ear.at_ms)
        self._item_id = self._outbox.new_id("item")
        self._outbox.send(
            "input_audio_buffer.timeout_triggered",
            audio_start_ms=max(0, end - idle_ms),
            audio_end_ms=end,
            item_id=self._item_id,
        )
        self._commit(self._forget(), terms)

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks."""
        return self._ear.speaking

    def _begin(self, at_ms: int) -> None:
        self._until(at_ms)
        self._item_id = self._outbox.new_id("item")
        self._outbox.send("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=self._item_id)

    def _until(self, at_ms: float) -> bytes:
        """Take the audio up to an offset out of the buffer."""
        return self._buffer.take(
            int(max(0, at_ms - self._buffer.origin_ms)) * BYTES_PER_MS[self._buffer.format_name]
        )

    def _forget(self) -> bytes:
        """Empty the buffer, and listen anew; returns what was in it."""
        self._ear.forget()
        return self._buffer.take()

    def _commit(self, audio: bytes, terms: Terms) -> None:
        item_id, self._item_id = self._item_id or self._outbox.new_id("item"), ""
        self._outbox.send(
            "input_audio_buffer.committed", previous_item_id=self._conversation.last_id, item_id=item_id
        )
        item = {
            "id": item_id,
            "object": "realtime.item",
            "type": "message",
            "status": "completed",
            "role": "user",
            "content": [{"type": "input_audio", "transcript": None}],
        }
        entry = Entry(item, audio, self._buffer.format_name)
        self._conversation.add(entry)
        self._conversation.done(entry)
        if terms.transcription is not None:
            self._transcribe(entry, terms)

    def _transcribe(self, entry: Entry, terms: Terms) -> None:
        """Tell a transcript. Nobody here understands words: it says how long the speech was."""
        text = f"(speech of {entry.audio_ms / 1000:.1f} seconds)"
        entry.item["content"][0]["transcript"] = text
        about = {"item_id": entry.id, "content_index": 0}
        logprobs = _logprobs(text) if terms.logprobs else None
        kind = "conversation.item.input_audio_transcription"
        self._outbox.send(f"{kind}.delta", **about, delta=text, logprobs=deepcopy(logprobs))
        usage = {"type": "duration", "seconds": round(entry.audio_ms / 1000, 3)}
        self._outbox.send(f"{kind}.completed", **about, transcript=text, usage=usage, logprobs=logprobs)


def _logprobs(text: str) -> list[dict[str, Any]]:
    size = -(-len(text) // text_tokens(text))
    tokens = [text[at : at + size] for at in range(0, len(text), size)]
    return [{"token": token, "logprob": -0.1, "bytes": list(token.encode())} for token in tokens]
