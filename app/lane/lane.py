"""Both ways of one connection: frames are found, offered or passed by, and written."""

import os
import sys
from collections.abc import Callable
from itertools import chain, repeat
from struct import iter_unpack
from typing import Protocol

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # chosen there: in C, if it can be had
from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as WebSocket

from app.lane.frames import CONTROL, MASKED, TEXT, TWO_BYTES, bounds, head

__all__ = ["BLOCK", "Lane", "Writing"]

BLOCK = 16 * 1024
"""Bytes that are gathered for one write."""

BLANK_LINE = b"\r\n\r\n"


class Writing(Protocol):
    """What a lane writes to: an asyncio transport."""

    def write(self, data: bytes, /) -> None:
        """Send it, or keep it for sending."""


class Lane:
    """Both ways of one connection, of which `websocket` is the library's state and `library` its `data_received`.

    `has_room` tells whether the transport's write buffer is below its limit: whoever makes the lane sees to that.
    """

    __slots__ = (
        "_begin",
        "_held",
        "_largest",
        "_library",
        "_mask",
        "_out",
        "_rest",
        "_seen",
        "_settle",
        "_take",
        "_taken",
        "_transport",
        "_usual",
        "_wanted",
        "_websocket",
        "due",
        "feed",
        "has_room",
        "is_open",
    )

    def __init__(self, websocket: WebSocket, transport: Writing, library: Callable[[bytes], None]) -> None:
        self._websocket = websocket
        self._transport = transport
        self._library = library
        self._mask = MASKED if websocket.side is SERVER else 0
        self._usual, self._begin = self._mask | TWO_BYTES, 8 if self._mask else 4
        self._largest = sys.maxsize if websocket.max_message_size is None else websocket.max_message_size
        self._seen = b""
        self._held = bytearray()
        self._wanted = self._rest = 0
        self._out: list[bytes] = []
        self.due = 0
        self._take: Callable[[bytes], bool] = _leave
        self._settle: Callable[[], None] = _nothing
        self._taken = False
        self.feed: Callable[[bytes], None] = self._shake_hands
        self.has_room = True
        self.is_open = False

    # Reading

    def offer(self, take: Callable[[bytes], bool], settle: Callable[[], None]) -> None:
        """Offer texts to `take` from now on, while the lane is open.

        `take` says whether it has dealt with the text. `settle` is called behind those that came in one read,
        before anything else happens on this connection.
        """
        self._take, self._settle = take, settle

    def _shake_hands(self, data: bytes) -> None:
        """Follow the frames from behind the blank line that ends the handshake, both ways and always."""
        seen = self._seen + data
        end = seen.find(BLANK_LINE)
        if end < 0:
            self._seen = seen[1 - len(BLANK_LINE) :]
            self._library(data)
            return
        begin = end + len(BLANK_LINE) - len(self._seen)
        self._seen, self.feed = b"", self._follow
        self._library(data[:begin])
        if begin < len(data):
            self._follow(data[begin:])

    def _follow(self, data: bytes) -> None:
        """Find the frames in what was read, and give each to whom it belongs."""
        if self._websocket.state is not OPEN:
            self._lose_track(data)
            return
        if self._held:
            self._held += data
            if len(self._held) < self._wanted:
                return
            data = bytes(self._held)
            self._held.clear()
        self._walk(data, self._pass_rest(data) if self._rest else 0)
        if self._taken:
            self._taken = False
            self._settle()

    def _lose_track(self, data: bytes) -> None:
        """Leave all to the library: no frame counts before a connection is open, and none behind its end."""
        self.feed = self._library
        self._library(bytes(self._held) + data)
        self._held.clear()

    def _walk(self, data: bytes, at: int) -> None:
        size = len(data)
        while at < size:
            if size - at >= 4 and data[at + 1] == self._usual:  # noqa: PLR2004 - flags, and a length of two bytes
                begin = at + self._begin
                end = begin + (data[at + 2] << 8 | data[at + 3])
            elif (found := bounds(data, at)) is None:
                self._hold(data[at:], size - at + 1)
                return
            else:
                begin, end = found
            offered = (
                self.is_open
                and data[at] == TEXT
                and data[at + 1] & MASKED == self._mask
                and end - begin <= self._largest
                and self._websocket.current_size is None  # else the library waits for the next fragment
            )
            if offered and end > size:
                self._hold(data[at:], end - at)
                return
            if offered and self._takes(data, begin, end):
                self._taken = True
            else:
                self._pass(data, at, end)
            at = end

    def _takes(self, data: bytes, begin: int, end: int) -> bool:
        text = data[begin:end]
        if self._mask:
            text = apply_mask(text, data[begin - 4 : begin])
            if not (text.isascii() or _is_utf8(text)):  # a server's peer gets 1007 from the library
                return False
        return self._take(text)

    def _hold(self, piece: bytes, wanted: int) -> None:
        self._held += piece
        self._wanted = wanted

    def _pass(self, data: bytes, at: int, end: int) -> None:
        """Give a frame to the library, as far as it is there."""
        if self._taken:
            self._taken = False
            self._settle()
        if not data[at] & CONTROL:
            self.is_open = False
        self._rest = max(end - len(data), 0)
        self._give(data[at:end])

    def _pass_rest(self, data: bytes) -> int:
        """Give the library what is still to come of its frame; returns where the next begins.

        The reader may have opened the lane since the frame began, and what it gets comes before all behind it.
        """
        self.is_open = False
        rest = min(self._rest, len(data))
        self._rest -= rest
        self._give(data[:rest])
        return rest

    def _give(self, piece: bytes) -> None:
        self._library(piece)
        if self._websocket.state is not OPEN:  # it was the last that counts
            self.is_open = False

    # Writing

    def write(self, text: bytes) -> None:
        """Put a text, UTF-8, in line for `flush`, which follows before the callback ends."""
        size = len(text)
        if self._mask:
            self._out += (head(size, 0), text)
        else:
            (key,) = _masking_key()
            self._out += (head(size, MASKED), key, apply_mask(text, key))
        self.due += size + 2  # at least: also an empty one is due
        if self.due > BLOCK:  # the first words of a burst do not wait for its last
            self.flush()

    def flush(self) -> None:
        """Write what is in line, all at once; behind a close frame nothing may be said any more."""
        if self._out:
            data = b"".join(self._out)
            self._out.clear()
            self.due = 0
            if self._websocket.state is OPEN:
                self._transport.write(data)


def _leave(_: bytes) -> bool:
    """Take no text."""
    return False


def _nothing() -> None:
    """Do nothing."""


_masking_key = chain.from_iterable(iter_unpack("4s", os.urandom(4096)) for _ in repeat(None)).__next__
"""Returns a key that nobody can foresee (RFC 6455, section 10.3); to ask the system for each is dear."""


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
