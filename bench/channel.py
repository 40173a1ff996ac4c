"""One end of one WebSocket: handshake, frames counted as they come, frames sent that were built before.

Sockets are raw and never block. What arrives is counted from its headers; the n-th message that one end sends is
the n-th that arrives at the other, so that a queue of send times is all that it takes to know each delay.
"""

import contextlib
import socket
import time
from collections import deque
from collections.abc import Callable

from bench.engine import IN, OUT, Engine
from bench.wire import CLOSE, PING, PONG, Walker, frame

__all__ = ["Channel"]

_buffer = bytearray(256 * 1024)
_view = memoryview(_buffer)
END_OF_HEAD = b"\r\n\r\n"
NORMAL = (1000).to_bytes(2, "big")


class Channel:
    """An end. `masked` is the client's.

    `head` is the peer's half of the handshake once it is complete; `messages` counts text messages that came
    since the count was set to 0. `stamps` are the times at which those on their way to this end were sent, and
    `delays` what each took (both in nanoseconds), as long as it is a list.
    """

    def __init__(self, engine: Engine, connection: socket.socket, *, masked: bool) -> None:
        connection.settimeout(0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connection
        self.masked = masked
        self.head = b""
        self.walker = Walker(keeps_all=True)
        self.messages = 0
        self.stamps: deque[int] = deque()
        self.delays: list[int] | None = None
        self.closed = False
        self.on_head: Callable[[], None] = _nothing
        self.on_text: Callable[[bytes], None] = _ignore
        self._engine = engine
        self._descriptor = connection.fileno()
        self._unsent = b""
        self._flood: memoryview | None = None
        self._offset = 0
        self._flags = IN
        self.flooded = 0
        engine.watch(self._descriptor, IN, self._ready)

    # Reading

    def _ready(self, flags: int) -> None:
        if flags & ~OUT:
            self._read()
        if flags & OUT and not self.closed:
            self._write()

    def _read(self) -> None:
        try:
            size = self.socket.recv_into(_buffer)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size == 0:
            self.drop()
        elif self.on_head is not _nothing:
            self._take_head(bytes(_view[:size]))
        else:
            self._take(_view[:size])

    def _take_head(self, data: bytes) -> None:
        self.head += data
        if END_OF_HEAD in self.head:
            self.head, _, rest = self.head.partition(END_OF_HEAD)
            on_head, self.on_head = self.on_head, _nothing
            on_head()
            if not self.closed:  # else it is the body of a refusal
                self._take(memoryview(rest))

    def _take(self, data: memoryview) -> None:
        came = self.walker.feed(data)
        self.messages += came
        if self.delays is not None:
            now = time.monotonic_ns()
            self.delays += [now - self.stamps.popleft() for _ in range(min(came, len(self.stamps)))]
        if self.walker.kept:
            self._answer()

    def _answer(self) -> None:
        """Deal with what was kept: control frames, and the texts of the beginning."""
        kept, self.walker.kept = self.walker.kept, []
        for opcode, payload in kept:
            if opcode == PING:
                self.send(frame(payload, opcode=PONG, masked=self.masked))
            elif opcode == CLOSE:
                self.close()
                self.drop()
            elif opcode != PONG:
                self.on_text(payload)

    # Writing

    def send(self, data: bytes) -> None:
        """Send it now, or as soon as there is room."""
        if self.closed:
            return
        sent = 0 if self._unsent else self._send(data)
        if sent < len(data):
            self._unsent += data[sent:]
            self._await_room()

    def flood(self, block: bytes) -> None:
        """Send this block over and over, as fast as the peer takes it; `flooded` are the bytes sent."""
        self._flood, self._offset = memoryview(block), 0
        self._await_room()

    def calm(self, size: int) -> None:
        """Flood no more, but end the frame that was begun; `size` is that of each."""
        if self._flood is not None:
            rest = bytes(self._flood[self._offset : self._offset + -self._offset % size])
            self._flood = None
            self.send(rest)

    def _write(self) -> None:
        if self._unsent:
            self._unsent = self._unsent[self._send(memoryview(self._unsent)) :]
        elif self._flood is not None:
            sent = self._send(self._flood[self._offset :])
            self._offset = (self._offset + sent) % len(self._flood)
            self.flooded += sent
        self._await_room()

    def _send(self, data: bytes | memoryview) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            self.drop()
            return len(data)

    def _await_room(self) -> None:
        waits = bool(self._unsent) or self._flood is not None
        self._set_flags(self._flags & IN | (OUT if waits else 0))

    def _set_flags(self, flags: int) -> None:
        if flags != self._flags and not self.closed:
            self._flags = flags
            self._engine.change(self._descriptor, flags)

    # The end

    def deaf(self) -> None:
        """Read nothing more."""
        self._set_flags(self._flags & OUT)

    def close(self) -> None:
        """Send a close frame; the peer is to answer it and to drop the connection."""
        self._set_flags(self._flags | IN)
        self.send(frame(NORMAL, opcode=CLOSE, masked=self.masked))

    def drop(self) -> None:
        """Be done with the connection."""
        if not self.closed:
            self._engine.forget(self._descriptor)
            self.closed = True
            with contextlib.suppress(OSError):
                self.socket.close()


def _nothing() -> None:
    """Stand where nobody waits for a head."""


def _ignore(text: bytes) -> None:
    """Stand where nobody listens."""
