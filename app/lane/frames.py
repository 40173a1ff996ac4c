"""The frames of RFC 6455, section 5.2, as far as a lane knows them: where one ends, and how a text begins."""

import os
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct, unpack

__all__ = ["CONTROL", "MASKED", "TEXT", "TWO_BYTES", "bounds", "head", "is_utf8", "masking_keys", "usual_head"]

TEXT = 0x81
"""The first byte of a text in one frame: FIN, no extension's bit, and the opcode."""

CONTROL = 0x08
"""The bit of an opcode that tells a control frame."""

MASKED = 0x80
"""The bit of the second byte that tells of a masking key."""

usual_head = Struct("!HH").unpack_from
"""Reads the head of a frame whose length has two bytes, but for a masking key: what it begins with, the length."""

_with_two_bytes = Struct("!BBH").pack
_with_eight_bytes = Struct("!BBQ").pack

SHORT, TWO_BYTES, EIGHT_BYTES = 125, 126, 127
"""Up to the first, the second byte is the length; the others announce a longer one."""


def bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the payload of the frame that begins here begins and ends.

    Where that cannot be told yet, the payload begins where the frame does, and ends behind what is there.
    """
    begin = at + 2
    if begin > len(data):
        return at, len(data) + 1
    size = data[at + 1] & 0x7F
    if size > SHORT:
        begin += 2 if size == TWO_BYTES else 8
        if begin > len(data):
            return at, len(data) + 1
        size = int.from_bytes(data[at + 2 : begin], "big")
    if data[at + 1] & MASKED:
        begin += 4
    return begin, begin + size


@lru_cache(maxsize=256)
def head(size: int, mask: int) -> bytes:
    """Return the head of a text in one frame, but for the masking key. Audio comes in few sizes."""
    if size <= SHORT:
        return bytes((TEXT, mask | size))
    if size < 2**16:
        return _with_two_bytes(TEXT, mask | TWO_BYTES, size)
    return _with_eight_bytes(TEXT, mask | EIGHT_BYTES, size)


masking_keys = chain.from_iterable(unpack(1024 * "4s", os.urandom(4096)) for _ in repeat(None))
"""Keys that nobody can foresee (RFC 6455, section 10.3); to ask the system for each is dear."""


def is_utf8(text: bytes) -> bool:
    """Tell whether it is what a text must be."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
