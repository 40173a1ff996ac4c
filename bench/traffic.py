"""What is said in a session: the events of a voice conversation, as frames that are built once.

Up, 50 times a second, 20 ms of audio. Down, bursts of 8 audio deltas (200 ms each) and 8 of the transcript: the
service speaks faster than the ear, and then pauses.
"""

import base64
import json
import random
from dataclasses import dataclass

from app.protocol.catalogue import GenerationName
from bench.wire import frame

__all__ = ["BURST", "BURST_EVERY", "UP_EVERY", "Traffic", "append", "spoken", "traffic"]

UP_EVERY = 0.020
"""Seconds between two audio frames of a client's."""

BURST = 16
"""Events in a burst of the service's."""

BURST_EVERY = 8 / 5.3
"""Seconds between two bursts: 5.3 audio deltas a second, as a model of the Realtime API sends them."""

UP_BYTES, DOWN_BYTES = 960, 9600
"""PCM16 at 24 kHz: 20 ms, and 200 ms."""

NAMES: dict[GenerationName, tuple[str, str]] = {
    "ga": ("response.output_audio.delta", "response.output_audio_transcript.delta"),
    "preview": ("response.audio.delta", "response.audio_transcript.delta"),
}
SESSIONS: dict[GenerationName, dict[str, object]] = {
    "ga": {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_bench",
        "model": "gpt-realtime",
        "output_modalities": ["audio"],
        "audio": {"output": {"voice": "alloy"}},
    },
    "preview": {
        "object": "realtime.session",
        "id": "sess_bench",
        "model": "gpt-4o-realtime-preview",
        "modalities": ["audio", "text"],
        "voice": "alloy",
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
    },
}

UPDATE = {
    "type": "session.update",
    "session": {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}},
}
"""What clients begin with. It tells the relay, too, that they speak GA."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Frames, ready to be sent: `update` and `up` by a client, all others by the service."""

    update: bytes
    up: bytes
    down: bytes
    burst: bytes
    created: bytes
    updated: bytes


def traffic(generation: GenerationName) -> Traffic:
    """Build what is said where the service speaks this generation."""
    audio = frame(spoken(generation), masked=False)
    transcript = frame(_delta(NAMES[generation][1], " and then"), masked=False)
    return Traffic(
        update=frame(_json(UPDATE), masked=True),
        up=frame(append(), masked=True),
        down=audio,
        burst=(audio + transcript) * (BURST // 2),
        created=_told(generation, "session.created"),
        updated=_told(generation, "session.updated"),
    )


def append() -> bytes:
    """Return a client's audio event, spelt as browsers spell it."""
    return b'{"type":"input_audio_buffer.append","audio":"%s"}' % _audio(UP_BYTES).encode()


def spoken(generation: GenerationName) -> bytes:
    """Return an audio event of the service's."""
    return _delta(NAMES[generation][0], _audio(DOWN_BYTES))


def _audio(size: int) -> str:
    """Make sound that cannot be compressed, and is the same each time."""
    return base64.b64encode(random.Random(size).randbytes(size)).decode()  # noqa: S311 - no secret


def _delta(name: str, text: str) -> bytes:
    event = {
        "type": name,
        "event_id": "event_DAk3b1cVvVyVgA1oQk2Tu",
        "response_id": "resp_DAk3aN6RL5oGnhQk5VwFp",
        "item_id": "item_DAk3aXk2xgYkhUO8EV4zB",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
    }
    return _json(event)


def _told(generation: GenerationName, name: str) -> bytes:
    event = {"type": name, "event_id": f"event_{name}", "session": SESSIONS[generation]}
    return frame(_json(event), masked=False)


def _json(event: object) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
