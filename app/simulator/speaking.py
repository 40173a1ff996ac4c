"""One response, from `response.created` to `response.done`, step by step.

Every response that begins, ends: whoever cuts it short gets the events that close what is open. A step is what is
sent at once; between two steps there is a pause, in which anything else may happen.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from app.simulator.answering import Call, Say
from app.simulator.conversation import Conversation
from app.simulator.faults import Faults
from app.simulator.items import Entry
from app.simulator.outbox import Outbox
from app.simulator.session_object import Terms
from app.simulator.usage import Tally, spoken_tokens, text_tokens
from app.simulator.voice import say

__all__ = ["Manner", "Order", "Speaking"]

ARGUMENT_PIECE = 12
"""Characters of one delta of arguments."""
OBFUSCATED = 16
"""Deltas of GA are padded to a multiple of so many characters, so that their size tells less."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How fast an answer comes: seconds between deltas of text, times real time for audio; and what goes wrong."""

    text_interval: float
    pace: float
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be answered, and how. `told` is the response's own part of its object (modalities, voice, …)."""

    outputs: list[Say | Call]
    terms: Terms
    tally: Tally
    told: Mapping[str, Any]
    in_conversation: bool


class Speaking:
    """A response in progress. `due` is when its next step is to be taken, in seconds of the session's clock."""

    def __init__(
        self, order: Order, conversation: Conversation, outbox: Outbox, manner: Manner, now: float
    ) -> None:
        self.id = outbox.new_id("resp")
        self.order = order
        self.began = now
        self.due = now
        self.over = False
        self.audio_ms = 0.0
        self._ga = conversation.generation == "ga"
        self._output = "response.output_" if self._ga else "response."
        self._conversation = conversation
        self._outbox = outbox
        self._manner = manner
        self._cut: tuple[str, str] | None = None
        self._items: list[Entry] = []
        self._steps = self._all_steps()

    def step(self, now: float) -> None:
        """Take the next step and say when the one after it is due."""
        pause = next(self._steps, None)
        self.over = pause is None
        self.due = now if pause is None or self._manner.faults.burst else max(self.due, now) + pause

    def cancel(self, reason: str) -> None:
        """End now; `reason` is `turn_detected` or `client_cancelled`."""
        self._cut = ("cancelled", reason)
        next(self._steps, None)
        self.over = True

    def _all_steps(self) -> Iterator[float]:
        """Send, step by step; yields the pause after each, in seconds."""
        self._outbox.send("response.created", response=self._told("in_progress"))
        yield self._manner.text_interval
        for index, output in enumerate(self.order.outputs):
            if self._cut is None:
                yield from self._call(index, output) if isinstance(output, Call) else self._say(index, output)
        status = self._cut[0] if self._cut else "completed"
        self._outbox.send("response.done", response=self._told(status))

    def _told(self, status: str) -> dict[str, Any]:
        over = status != "in_progress"
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": {"type": self._cut[0], "reason": self._cut[1]} if over and self._cut else None,
            "output": [deepcopy(entry.item) for entry in self._items],
            "conversation_id": self._conversation.id if self.order.in_conversation else None,
            **self.order.told,
            "usage": self.order.tally.told(images=self._ga) if over else None,
        }

    def _say(self, index: int, output: Say) -> Iterator[float]:
        audible = self.order.terms.speaks
        entry = self._begin_item(index, {"type": "message", "role": "assistant", "content": []})
        where = {"output_index": index, "item_id": entry.id, "content_index": 0}
        kind, word = ("audio", "transcript") if audible else ("text", "text")
        self._send("response.content_part.added", **where, part={"type": kind, word: ""})
        said = ""
        for piece in self._pieces(output.text):
            audio = self._voiced(piece)
            if not self._affordable(piece, audio):
                break
            said += piece
            yield self._piece(entry, where, piece, audio)
            if self._cut:
                break
        if audible:
            self._send(f"{self._output}audio.done", **where)
            self._send(f"{self._output}audio_transcript.done", **where, transcript=said)
        else:
            self._send(f"{self._output}text.done", **where, text=said)
        self._send("response.content_part.done", **where, part={"type": kind, word: said})
        entry.item["content"] = [{"type": f"output_{kind}" if self._ga else kind, word: said}]
        self._end_item(index, entry)

    def _piece(self, entry: Entry, where: Mapping[str, Any], piece: str, audio: bytes) -> float:
        """Send one word; returns the pause after it."""
        if not self.order.terms.speaks:
            self._delta(f"{self._output}text.delta", piece, **where)
            return self._manner.text_interval
        entry.audio += audio
        length = entry.audio_ms - self.audio_ms
        self.audio_ms = entry.audio_ms
        self._delta(f"{self._output}audio_transcript.delta", piece, **where)
        self._delta(f"{self._output}audio.delta", base64.b64encode(audio).decode(), **where)
        return length / 1000 / self._manner.pace

    def _call(self, index: int, output: Call) -> Iterator[float]:
        call_id = self._outbox.new_id("call")
        item = {"type": "function_call", "name": output.name, "call_id": call_id, "arguments": ""}
        entry = self._begin_item(index, item)
        where = {"output_index": index, "item_id": entry.id, "call_id": call_id}
        for piece in re.findall(f".{{1,{ARGUMENT_PIECE}}}", output.arguments, re.DOTALL):
            if not self._affordable(piece, b""):
                break
            entry.item["arguments"] += piece
            self._delta("response.function_call_arguments.delta", piece, **where)
            yield self._manner.text_interval
            if self._cut:
                break
        named = {"name": output.name} if self._ga else {}
        self._send("response.function_call_arguments.done", **where, arguments=entry.item["arguments"], **named)
        self._end_item(index, entry)

    def _begin_item(self, index: int, item: Mapping[str, Any]) -> Entry:
        item_id = self._outbox.new_id("item")
        whole = {"id": item_id, "object": "realtime.item", "status": "in_progress", **item}
        entry = Entry(whole, bytearray(), self.order.terms.output_format)
        self._items.append(entry)
        self._send("response.output_item.added", output_index=index, item=deepcopy(entry.item))
        if self.order.in_conversation:
            self._conversation.add(entry)
        return entry

    def _end_item(self, index: int, entry: Entry) -> None:
        entry.item["status"] = "incomplete" if self._cut else "completed"
        self._conversation.done(entry)
        self._send("response.output_item.done", output_index=index, item=deepcopy(entry.item))

    def _send(self, kind: str, **fields: Any) -> None:
        self._outbox.send(kind, response_id=self.id, **fields)

    def _delta(self, kind: str, delta: str, **fields: Any) -> None:
        padding = {"obfuscation": "x" * (OBFUSCATED - len(delta) % OBFUSCATED)} if self._ga else {}
        self._send(kind, **fields, delta=delta, **padding)

    def _pieces(self, text: str) -> list[str]:
        """Cut a text into words; a fault may ask for more of them, or for all in one that is bigger."""
        faults = self._manner.faults
        if faults.large and not self.order.terms.speaks:
            return [text.ljust(faults.large, ".")]
        words = re.findall(r"\s*\S+", text)
        return words * max(1, -(-faults.burst // len(words)))

    def _voiced(self, piece: str) -> bytes:
        terms = self.order.terms
        if not terms.speaks:
            return b""
        audio = say(piece, terms.voice, terms.output_format, terms.speed)
        large = self._manner.faults.large if not self.audio_ms else 0
        return audio * max(1, -(-large // len(audio)))

    def _affordable(self, piece: str, audio: bytes) -> bool:
        """Count a piece, unless it passes the limit of tokens: then the response is cut."""
        tally = self.order.tally
        milliseconds = Entry({}, audio, self.order.terms.output_format).audio_ms
        text, spoken = text_tokens(piece), spoken_tokens(milliseconds)
        if tally.out + text + spoken > self.order.terms.max_tokens:
            self._cut = ("incomplete", "max_output_tokens")
            return False
        tally.text_out += text
        tally.audio_out += spoken
        return True
