"""Sounds for the tests: what a microphone would send, as base64 PCM16 at 24 kHz, 100 ms each."""

import base64
import math
from array import array

RATE = 24_000
CHUNK = RATE // 10


def speech(loudness: int = 8000) -> str:
    """Return 100 ms of a voice-like tone."""
    samples = array("h", (int(loudness * math.sin(2 * math.pi * 180 * n / RATE)) for n in range(CHUNK)))
    return base64.b64encode(samples.tobytes()).decode()


def silence() -> str:
    """Return 100 ms of nothing."""
    return base64.b64encode(bytes(2 * CHUNK)).decode()
