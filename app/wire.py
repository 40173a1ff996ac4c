"""What a socket is to the relay: text messages as UTF-8 bytes, in and out, and a close with code and reason.

`Session` knows sockets by this protocol only; the client's leg (ASGI), the upstream's leg (websockets) and the
`MemorySocket` of the tests all keep the same contract.
"""

import asyncio
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple, Protocol

from app.errors import RelayError
from app.lane import Lane

__all__ = ["ABNORMAL", "Closed", "Heard", "MemorySocket", "Side", "Socket", "Tap", "Traffic"]

Side = Literal["client", "upstream"]

ABNORMAL = 1006
"""The code that stands for "no close frame came" (RFC 6455, section 7.1.5); never sent."""


@dataclass(slots=True)
class Closed(RelayError):
    """The peer closed, or the connection is lost: then `code` is 1006."""

    code: int = ABNORMAL
    reason: str = ""


class Socket(Protocol):
    """One leg of a session."""

    @property
    def lane(self) -> Lane | None:
        """The shortcut past `recv` and `send`, where there is one; what it does not take comes by `recv`."""

    async def recv(self) -> bytes:
        """Return the next text message.

        Raises `Closed` at the end, and `Refused` for a message that is none of text's (the socket lives on).
        Safe to cancel: no message is lost.
        """

    async def send(self, data: bytes) -> None:
        """Write one text message and wait until the write buffer has room. Raises `Closed`."""

    async def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake and wait for its end. Never raises `Closed`; may take a while."""

    def abort(self) -> None:
        """Drop the connection at once, whatever is still unsent."""


class Traffic:
    """How many messages have come one way, and their bytes; `at` is when the last did, on a clock in seconds."""

    __slots__ = ("at", "bytes", "frames")

    def __init__(self) -> None:
        self.at = -inf
        self.frames = 0
        self.bytes = 0


class Heard(NamedTuple):
    """What has come in a session, by the side that it came from."""

    client: Traffic
    upstream: Traffic


class Tap(Protocol):
    """Sees what passes and never changes it."""

    def refused(self, code: str) -> None:
        """Note that a frame from the client was refused with this error code."""

    def unknown(self, event_type: str) -> None:
        """Note that the upstream sent an event whose type the catalogue lacks."""

    def lost(self, words: str) -> None:
        """Note that a translation could not say something; the words hold nothing of what was said."""

    def delayed(self, side: Side, seconds: float) -> None:
        """Note what a sampled frame from `side` waited in the relay before it was written."""


class MemorySocket:
    """A socket without a network: what one end sends, the other receives. `buffer` bounds messages in flight."""

    lane: Lane | None = None

    def __init__(self, inbox: asyncio.Queue[bytes | Closed], outbox: asyncio.Queue[bytes | Closed]) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._ended: Closed | None = None
        self.aborted = False

    @classmethod
    def pair(cls, buffer: int = 0) -> tuple["MemorySocket", "MemorySocket"]:
        """Return two ends of one connection; `buffer` is in messages, 0 for no bound."""
        there: asyncio.Queue[bytes | Closed] = asyncio.Queue(buffer)
        back: asyncio.Queue[bytes | Closed] = asyncio.Queue(buffer)
        return cls(there, back), cls(back, there)

    async def recv(self) -> bytes:
        """Return the next message, or raise `Closed` as the other end said it."""
        if self._ended is None:
            match await self._inbox.get():
                case Closed() as closed:
                    self._ended = closed
                case data:
                    return data
        raise self._ended

    async def send(self, data: bytes) -> None:
        """Hand a message to the other end; waits while its buffer is full."""
        if self._ended is not None:
            raise self._ended
        await self._outbox.put(data)

    async def close(self, code: int, reason: str) -> None:
        """Tell the other end; waits behind what it has not read."""
        if self._ended is None:
            self._ended = Closed(code, reason)
            await self._outbox.put(Closed(code, reason))

    def abort(self) -> None:
        """Break the connection: the other end sees 1006 behind what it has not read, or instead of it."""
        self.aborted = True
        self._ended = Closed()
        if self._outbox.full():
            self._outbox.get_nowait()
        self._outbox.put_nowait(Closed())
