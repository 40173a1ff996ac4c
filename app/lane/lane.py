"""Both ways of one connection: frames are found, offered or passed by, and written."""

import sys
from collections.abc import Callable, Iterable
from typing import Protocol

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # chosen there: in C, if it can be had
from websockets.protocol import OPEN, SERVER
from websockets.protocol import Protocol as WebSocket

from app.lane.frames import CONTROL, MASKED, TEXT, TWO_BYTES, bounds, head, is_utf8, masking_keys, usual_head

__all__ = ["BLOCK", "Lane", "Writing"]

BLOCK = 16 * 1024
"""Bytes that are gathered for one write."""

LARGEST_USUAL, NEVER = 2**16 - 1, -1
"""What a length of two bytes can say; and what no frame begins with, where less than that may come."""

USUAL_HEAD, NO_HEAD = 4, (0, 0)

BLANK_LINE = b"\r\n\r\n"

Take = Callable[[bytes, bool], bool]
"""Deals with a text, or leaves it to the library."""


class Writing(Protocol):
    """What a lane writes to: an asyncio transport."""

    def write(self, data: bytes, /) -> None:
        """Send it, or keep it for sending."""


class Lane:
    """Both ways of one connection, of which `websocket` is the library's state and `library` its `data_received`.

    `feed` takes what was read: first the handshake's part in it, and later what finds the frames.
    `has_room` tells whether the transport's write buffer is below its limit: whoever makes the lane sees to that.
    """

    __slots__ = (
        "_at_frame",
        "_begin",
        "_held",
        "_largest",
        "_library",
        "_line",
        "_mask",
        "_out",
        "_rest",
        "_seen",
        "_size",
        "_take",
        "_transport",
        "_usual",
        "_wanted",
        "_websocket",
        "feed",
        "has_room",
        "is_open",
    )

    def __init__(self, websocket: WebSocket, transport: Writing, library: Callable[[bytes], None]) -> None:
        self._websocket = websocket
        self._transport = transport
        self._library = library
        self._mask = MASKED if websocket.side is SERVER else 0
        self._largest = sys.maxsize if websocket.max_message_size is None else websocket.max_message_size
        self._usual = TEXT << 8 | self._mask | TWO_BYTES if self._largest >= LARGEST_USUAL else NEVER
        self._begin = 8 if self._mask else 4
        self._seen = b""
        self._held = bytearray()
        self._wanted = self._rest = 0
        self._at_frame = False
        self._out: list[bytes] = []
        self._size = 0
        self._line: list[Lane] = []
        self._take: Take = _leave
        self.feed: Callable[[bytes], None] = self._shake_hands
        self.has_room = True
        self.is_open = False

    # Reading

    def offer(self, take: Take, line: list["Lane"]) -> None:
        """Offer texts to `take` from now on, while the lane is open.

        `take` says whether it has dealt with the text; it is told whether that is the last of what was read. All
        lanes to which it may write have the same `line`: there stand those that it has written to before the last,
        until they are flushed, behind the texts that came in one read and before anything else happens on this
        connection.
        """
        self._take, self._line = take, line

    def _shake_hands(self, data: bytes) -> None:
        """Leave all to the library up to the blank line that ends the handshake, both ways and always."""
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
        if not self._at_frame:
            data = self._caught_up(data)
        at, size, websocket, take = 0, len(data), self._websocket, self._take
        while at < size:
            first, length = usual_head(data, at) if size - at >= USUAL_HEAD else NO_HEAD
            if first == self._usual:
                begin = at + self._begin
                end, is_text = begin + length, True
            else:
                begin, end, is_text = self._bounds(data, at)
            # The library may wait for the next fragment of another message, or for the peer's close frame.
            offered = is_text and self.is_open and websocket.current_size is None and websocket.close_sent is None
            if offered and end <= size:
                text, is_valid = data[begin:end], True
                if self._mask:
                    text = apply_mask(text, data[begin - 4 : begin])
                    is_valid = text.isascii() or is_utf8(text)
                if is_valid and take(text, end == size):
                    at = end
                    continue
            at = self._aside(data, at, end, whole=offered or begin == at)
        while self._line:
            self._line.pop().flush()

    def _bounds(self, data: bytes, at: int) -> tuple[int, int, bool]:
        """Return where the payload of any frame begins and ends, and whether it is a text that may be offered."""
        begin, end = bounds(data, at)
        is_text = begin > at and data[at] == TEXT and data[at + 1] & MASKED == self._mask
        return begin, end, is_text and end - begin <= self._largest

    def _aside(self, data: bytes, at: int, end: int, *, whole: bool) -> int:
        """Wait for all of a frame, or give the library what of it is there; returns where the next begins."""
        size = len(data)
        if whole and end > size:
            self._held += data[at:]
            self._wanted, self._at_frame = end - at, False
            return size
        while self._line:
            self._line.pop().flush()
        if not data[at] & CONTROL:
            self.is_open = False
        self._rest, self._at_frame = max(end - size, 0), end <= size
        self._library(data[at:end])
        if self._websocket.state is OPEN:
            return end
        self._lose_track(data[end:])
        return size

    def _caught_up(self, data: bytes) -> bytes:
        """Return what of this begins with a frame, once all before it is settled."""
        if self._rest:
            return self._behind_rest(data)
        if self._held:
            self._held += data
            if len(self._held) < self._wanted:
                return b""
            data, self._held = bytes(self._held), bytearray()  # cleared, it would keep a block, wherever that lies
        elif self._websocket.state is not OPEN:  # behind the handshake, whose answer is another or still to come
            self._lose_track(data)
            return b""
        self._at_frame = True
        return data

    def _behind_rest(self, data: bytes) -> bytes:
        """Give the library what is still to come of its frame; returns what comes behind it.

        The reader may have opened the lane since the frame began, and what it gets comes before all behind it.
        """
        self.is_open = False
        rest, behind = data[: self._rest], data[self._rest :]
        self._rest -= len(rest)
        self._library(rest)
        if self._websocket.state is not OPEN:
            self._lose_track(behind)
            return b""
        self._at_frame = not self._rest
        return behind

    def _lose_track(self, behind: bytes) -> None:
        """Leave all to the library, like the rest of a frame that never ends.

        No frame counts before a connection is open, and none behind its end.
        """
        self.is_open = self._at_frame = False
        self._rest = sys.maxsize
        if behind:
            self._library(behind)

    def close(self) -> None:
        """Let go of all others: nothing comes any more, and nothing can be written.

        What is left is held by nobody that it holds, and gone at once: it need not wait to be collected.
        """
        self.has_room = self.is_open = False
        self._take, self._line = _leave, []
        self.feed = self._library = _ignore
        self._websocket.parser.close()

    # Writing

    def write(self, text: bytes, is_last: bool) -> None:  # noqa: FBT001 - as the taker was told, for each frame
        """Write a text, UTF-8; one that is not the last, or finds others in line, waits there for `flush`."""
        size = len(text)
        if self._mask:
            frame: tuple[bytes, ...] = head(size, 0), text
        else:
            key = next(masking_keys)
            frame = head(size, MASKED), key, apply_mask(text, key)
        if not self._out:
            if is_last:
                self._send(frame)
                return
            self._line.append(self)
        self._out += frame
        self._size += size
        if self._size > BLOCK:  # the first words of a burst do not wait for its last
            self.flush()

    def flush(self) -> None:
        """Write what is in line, all at once."""
        if self._out:
            out, self._out, self._size = self._out, [], 0
            self._send(out)

    def _send(self, parts: Iterable[bytes]) -> None:
        """Write them at once; behind a close frame nothing may be said any more."""
        if self._websocket.close_sent is None:
            self._transport.write(b"".join(parts))


def _leave(_: bytes, __: bool) -> bool:  # noqa: FBT001 - a taker's arguments
    """Take no text."""
    return False


def _ignore(_: bytes) -> None:
    """Do nothing with what was read."""
