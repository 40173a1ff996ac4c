"""The three audio formats of the protocol, and G.711 as tables (ITU-T G.711; Python has no audioop since 3.13).

Samples are signed 16-bit; bytes are what stands in a session's format: PCM16 little-endian at 24 kHz, or one byte
a sample at 8 kHz.
"""

import struct
from collections.abc import Sequence

__all__ = ["BYTES_PER_MS", "RATES", "decoded", "encoded", "milliseconds"]

RATES = {"pcm16": 24000, "g711_ulaw": 8000, "g711_alaw": 8000}
"""Samples a second."""

BYTES_PER_MS = {"pcm16": 48, "g711_ulaw": 8, "g711_alaw": 8}


def milliseconds(audio: bytes | bytearray, format_name: str) -> float:
    """Return how long audio lasts."""
    return len(audio) / BYTES_PER_MS[format_name]


def decoded(audio: bytes | bytearray, format_name: str) -> Sequence[int]:
    """Return the samples of audio."""
    if format_name == "pcm16":
        return struct.unpack(f"<{len(audio) // 2}h", audio)
    table = _LINEAR[format_name]
    return [table[each] for each in audio]


def encoded(samples: Sequence[int], format_name: str) -> bytes:
    """Write samples, already at the format's own rate."""
    if format_name == "pcm16":
        return struct.pack(f"<{len(samples)}h", *samples)
    table = _COMPANDED[format_name]
    return bytes([table[(each >> 3) + 4096] for each in samples])


def _ulaw(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -magnitude if code & 0x80 else magnitude


def _alaw(code: int) -> int:
    code ^= 0x55
    exponent = code >> 4 & 7
    magnitude = ((code & 0x0F) << 4) + 8
    if exponent:
        magnitude = magnitude + 0x100 << exponent - 1
    return magnitude if code & 0x80 else -magnitude


def _nearest(linear: Sequence[int]) -> bytes:
    """Return the code whose sample is nearest to each of 8192 levels, from the lowest level up."""
    ordered = sorted(range(256), key=lambda code: linear[code])
    codes, at = bytearray(), 0
    for level in range(-32768, 32768, 8):
        while at + 1 < len(ordered) and abs(linear[ordered[at + 1]] - level) <= abs(linear[ordered[at]] - level):
            at += 1
        codes.append(ordered[at])
    return bytes(codes)


_LINEAR = {"g711_ulaw": [_ulaw(code) for code in range(256)], "g711_alaw": [_alaw(code) for code in range(256)]}
_COMPANDED = {name: _nearest(linear) for name, linear in _LINEAR.items()}
