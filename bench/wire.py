"""WebSocket frames as bytes (RFC 6455): built beforehand, and counted by their headers alone.

The generator must cost much less than what it measures: nothing is unmasked or decoded that need not be.
"""

import base64
import hashlib

__all__ = ["CLOSE", "PING", "PONG", "TEXT", "Walker", "accept_key", "frame"]

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIN, MASKED = 0x80, 0x80
MAX_SHORT = 125
TWO_BYTES, EIGHT_BYTES = 126, 127
"""What stands for the length where it does not fit: it follows, in so many bytes."""

MASK = b"\x1d\x9c\x46\xe3"
"""One for all frames: whoever unmasks has the same work with it as with a random one."""

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key: bytes) -> bytes:
    """Return what the server answers to the client's `Sec-WebSocket-Key`."""
    return base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())


def frame(payload: bytes, *, opcode: int = TEXT, masked: bool) -> bytes:
    """Build one whole frame; a client's is masked."""
    mask_bit = MASKED if masked else 0
    size = len(payload)
    if size <= MAX_SHORT:
        head = bytes((FIN | opcode, mask_bit | size))
    elif size < 1 << 16:
        head = bytes((FIN | opcode, mask_bit | TWO_BYTES)) + size.to_bytes(2, "big")
    else:
        head = bytes((FIN | opcode, mask_bit | EIGHT_BYTES)) + size.to_bytes(8, "big")
    return head + MASK + xor(payload, MASK) if masked else head + payload


def xor(data: bytes, mask: bytes) -> bytes:
    """Mask, or unmask."""
    size = len(data)
    pad = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


class Walker:
    """Walks over a stream from header to header, and counts the text messages.

    Control frames are kept, as (opcode, payload), until somebody takes them; with `keeps_all` the text ones are
    too. A message in fragments is an error: nobody here has a reason to fragment.
    """

    __slots__ = ("_rest", "_skip", "keeps_all", "kept")

    def __init__(self, *, keeps_all: bool = False) -> None:
        self.keeps_all = keeps_all
        self.kept: list[tuple[int, bytes]] = []
        self._skip = 0
        self._rest = b""

    def feed(self, data: bytes | memoryview) -> int:
        """Take what came, and return how many text messages have come to their end with it."""
        if self._rest:
            data = self._rest + bytes(data)
            self._rest = b""
        size, at = len(data), self._skip
        messages = 1 if 0 < at <= size else 0
        while at < size:
            end, head = _end_of(data, at, size)
            if end < 0 or (end > size and (data[at] != FIN | TEXT or self.keeps_all)):
                self._rest = bytes(data[at:])
                at = size
                break
            if data[at] != FIN | TEXT or self.keeps_all:
                self._keep(data[at], bytes(data[head - 4 : head]), bytes(data[head:end]), data[at + 1])
            if data[at] == FIN | TEXT and end <= size:
                messages += 1
            at = end
        self._skip = at - size
        return messages

    def _keep(self, first: int, mask: bytes, payload: bytes, second: int) -> None:
        opcode = first & 0xF
        if not first & FIN or opcode not in {TEXT, CLOSE, PING, PONG}:
            raise ValueError(f"a frame that begins with {first:#x} is none that is expected here")
        self.kept.append((opcode, xor(payload, mask) if second & MASKED else payload))


def _end_of(data: bytes | memoryview, at: int, size: int) -> tuple[int, int]:
    """Return where the frame at `at` ends and where its payload begins; -1 where its header is not all there."""
    if size - at < 2:  # noqa: PLR2004 - the shortest header
        return -1, 0
    second = data[at + 1]
    length = second & 0x7F
    head = at + 2
    if length == TWO_BYTES:
        head += 2
    elif length == EIGHT_BYTES:
        head += 8
    if second & MASKED:
        head += 4
    if head > size:
        return -1, 0
    if length == TWO_BYTES:
        length = data[at + 2] << 8 | data[at + 3]
    elif length == EIGHT_BYTES:
        length = int.from_bytes(data[at + 2 : at + 10], "big")
    return head + length, head
