"""A memory socket with a real lane before it: what its peer sends is framed, what the lane writes is unframed."""

import asyncio

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, SERVER, Protocol

from app.lane import Lane
from app.wire import Closed, MemorySocket

__all__ = ["LanedSocket"]


class Box(asyncio.Queue[bytes | Closed]):
    """A bounded queue into which a transport may write more than there is room for."""

    def __init__(self, buffer: int) -> None:
        super().__init__(buffer)
        self._overflows = False
        self._emptied = asyncio.Event()

    async def get(self) -> bytes | Closed:
        """Take the next out."""
        got = await super().get()
        self._emptied.set()
        return got

    async def room(self) -> None:
        """Wait for room."""
        while self.full():
            self._emptied.clear()
            await self._emptied.wait()

    def full(self) -> bool:
        """Tell whether who can wait has to."""
        return not self._overflows and super().full()

    def push(self, data: bytes) -> None:
        """Put it in, with room or without."""
        self._overflows = True
        self.put_nowait(data)
        self._overflows = False


class LanedSocket(MemorySocket):
    """A server's end; its `recv` and `send` are the ordinary way, which takes what the lane does not."""

    def __init__(self, inbox: Box, outbox: Box) -> None:
        super().__init__(inbox, outbox)
        self._box = outbox
        self._reads, self._peer_reads = Protocol(SERVER, max_size=None), Protocol(CLIENT, max_size=None)
        self._passed: list[bytes] = []
        self.writes = 0
        self.lane: Lane = Lane(self._reads, self, self._library)
        self.lane.feed(b"GET / HTTP/1.1\r\n\r\n")

    @classmethod
    def pair(cls, buffer: int = 0) -> tuple[MemorySocket, MemorySocket]:
        """Return two ends of one connection, of which the first has a lane."""
        there, back = Box(buffer), Box(buffer)
        near = cls(there, back)
        return near, Peer(near, back, there)

    def arrives(self, *data: bytes) -> list[bytes]:
        """Read messages at once by the lane; returns what of them is for `recv`."""
        self.lane.feed(b"".join(Frame(Opcode.TEXT, each).serialize(mask=True) for each in data))
        passed, self._passed = self._passed, []
        return passed

    def _library(self, data: bytes) -> None:
        if data.startswith(b"GET"):  # the handshake, which is done
            return
        self._reads.receive_data(data)
        self._passed += texts(self._reads)

    def write(self, data: bytes) -> None:
        """Take what the lane writes to its transport."""
        self.writes += 1
        self._peer_reads.receive_data(data)
        for text in texts(self._peer_reads):
            self._box.push(text)
        self.see_room()

    async def send(self, data: bytes) -> None:
        """Write a message the ordinary way."""
        await super().send(data)
        self.see_room()

    def see_room(self) -> None:
        """Tell the lane whether there is room."""
        self.lane.has_room = not self._box.full()


class Peer(MemorySocket):
    """The far end: its messages come to the lane while that is open, and else into the queue."""

    def __init__(self, near: LanedSocket, inbox: Box, outbox: Box) -> None:
        super().__init__(inbox, outbox)
        self._near = near
        self._box = outbox

    async def send(self, data: bytes) -> None:
        """Send a message, and wait while what is not taken finds no room."""
        if self._ended is not None:
            raise self._ended
        await self._box.room()
        self.push(data)

    def push(self, *data: bytes) -> None:
        """Send messages that come in one read; what is not taken is put into the queue."""
        for each in self._near.arrives(*data):
            self._box.push(each)

    async def recv(self) -> bytes:
        """Return the next message; then there is room for another."""
        try:
            return await super().recv()
        finally:
            self._near.see_room()


def texts(reading: Protocol) -> list[bytes]:
    """Return what has come whole."""
    return [bytes(event.data) for event in reading.events_received() if isinstance(event, Frame)]
