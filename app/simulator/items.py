"""Items as clients may write them: what the service demands beyond the shapes, and how it completes them.

The shapes of the preview leave every key of an item optional; the service does not. Neither generation lets a
client write what the assistant said aloud.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.errors import Refused
from app.simulator.sound import milliseconds

__all__ = ["Entry", "completed", "decoded_audio", "text_of"]

MAX_ID = 32
"""Characters of an id that a client chooses."""

MAX_APPEND = 15 * 1024 * 1024
"""Bytes of audio in one piece (Realtime API reference, input_audio_buffer.append)."""

KEYS = {
    "message": ("role", "content"),
    "function_call": ("name", "arguments"),
    "function_call_output": ("call_id", "output"),
}
PARTS: Mapping[str, Mapping[str, str]] = {
    "system": {"input_text": "text"},
    "user": {"input_text": "text", "input_audio": "audio", "input_image": "image_url", "item_reference": "id"},
    "assistant": {"text": "text", "output_text": "text", "audio": "text", "output_audio": "text"},
}
"""For each role the parts that it may hold, and what such a part must carry. Audio of the assistant can't be
written: the service asks for its text."""


@dataclass(slots=True)
class Entry:
    """One item of the conversation with the audio that belongs to it, in `audio_format`."""

    item: dict[str, Any]
    audio: bytes | bytearray = b""
    audio_format: str = "pcm16"

    @property
    def audio_ms(self) -> float:
        """How long the audio lasts."""
        return milliseconds(self.audio, self.audio_format)

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self.item["id"])


def completed(item: Mapping[str, Any], item_id: str, audio_format: str, path: str = "item") -> Entry:
    """Make an entry of an item that a client wrote, whose shape is checked. `item_id` serves where it has none."""
    kind = _demanded(item, "type", path)
    for key in KEYS.get(kind, ()):
        _demanded(item, key, path)
    for key in ("id", "call_id"):
        _check_id(item.get(key), f"{path}.{key}")
    whole = {"object": "realtime.item", "status": "completed", **item, "id": item.get("id") or item_id}
    if kind == "function_call":
        whole["call_id"] = item.get("call_id") or item_id.replace("item", "call")
    audio = b""
    if kind == "message":
        audio = _check_parts(item, audio_format, path)
        whole["content"] = [_shown(part) for part in item["content"]]
    return Entry(whole, audio, audio_format)


def _check_parts(item: Mapping[str, Any], audio_format: str, path: str) -> bytes:
    """Check the parts of a message; returns the audio that they hold."""
    allowed, audio = PARTS[item["role"]], b""
    for index, part in enumerate(item["content"]):
        where = f"{path}.content[{index}]"
        kind = _demanded(part, "type", where)
        if kind not in allowed:
            listed = ", ".join(f"'{each}'" for each in allowed)
            message = f"Invalid value: '{kind}'. Supported values are: {listed}."
            raise Refused("invalid_value", message, param=f"{where}.type")
        content = _demanded(part, allowed[kind], where)
        if kind == "input_audio":
            audio += decoded_audio(content, audio_format, f"{where}.audio")
    return audio


def _shown(part: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a part as events tell it: without its audio, with its transcript."""
    if part["type"] != "input_audio":
        return dict(part)
    return {"type": "input_audio", "transcript": part.get("transcript")}


def _demanded(given: Mapping[str, Any], key: str, path: str) -> str:
    if given.get(key) is None:
        where = f"{path}.{key}"
        raise Refused("missing_required_parameter", f"Missing required parameter: '{where}'.", param=where)
    return given[key]  # type: ignore[no-any-return]  # its shape is checked: a string, or what the caller looks into


def _check_id(given: str | None, path: str) -> None:
    if given is not None and len(given) > MAX_ID:
        message = f"Invalid '{path}': string too long. Expected a string with maximum length {MAX_ID}, but got"
        raise Refused(
            "string_above_max_length", f"{message} a string with length {len(given)} instead.", param=path
        )


def decoded_audio(text: str, audio_format: str, path: str) -> bytes:
    """Decode base64 audio as the service does: strictly, whole samples, something, and not too much of it."""
    expected = f"Invalid '{path}'. Expected base64-encoded audio bytes ({_told(audio_format)})"
    try:
        audio = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("invalid_value", f"{expected} but got an invalid value.", param=path) from None
    if not audio:
        raise Refused("invalid_value", f"{expected} but got empty bytes.", param=path)
    if audio_format == "pcm16" and len(audio) % 2:
        raise Refused("invalid_value", f"{expected} but got an odd number of bytes.", param=path)
    if len(audio) > MAX_APPEND:
        message = f"Invalid '{path}': too long. Expected at most {MAX_APPEND} bytes, but got {len(audio)} instead."
        raise Refused("string_above_max_length", message, param=path)
    return audio


def _told(audio_format: str) -> str:
    return "mono PCM16 at 24kHz" if audio_format == "pcm16" else f"mono {audio_format} at 8kHz"


def text_of(item: Mapping[str, Any]) -> str:
    """Return what an item says in text: its text parts, and what is known of its speech."""
    parts = item.get("content") or ()
    return " ".join(filter(None, (part.get("text") or part.get("transcript") for part in parts)))
