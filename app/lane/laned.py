"""A library's asyncio protocol with a lane before it. Where the library is not as it should be, there is none."""

import asyncio
from typing import ClassVar, cast

from websockets.protocol import Protocol as WebSocket

from app.lane.lane import Lane

__all__ = ["Laned"]


AT_ONCE = 1
"""Bytes that a transport may keep. Above it uvloop writes at once, and below it at the end of its round, behind
all else that is ready by then. What the kernel has no room for is kept all the same: `has_room` tells of that.
"""


class Laned(asyncio.Protocol):
    """Goes before the library's class among the bases. `state_name` is that of the library's state in that."""

    state_name: ClassVar[str]
    lane: Lane | None = None
    _transport: asyncio.WriteTransport
    _drop: asyncio.TimerHandle | None = None
    _has_ended: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        self._transport = cast(asyncio.WriteTransport, transport)
        websocket = getattr(self, self.state_name, None)
        if isinstance(websocket, WebSocket):
            self._transport.set_write_buffer_limits(AT_ONCE)
            self.lane = Lane(websocket, self._transport, self.read)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; nothing more can be written."""
        super().connection_lost(exc)
        if self._drop is not None:
            self._drop.cancel()
        if self.lane is not None:
            self.lane.close()
            vars(self).pop("data_received", None)

    def eof_received(self) -> None:
        """Take note that the peer has ended; so may the library then, by `write_eof`: the lane writes no more."""
        self._has_ended = True
        self._has_room(room=False)
        super().eof_received()

    def drop_after(self, seconds: float) -> None:
        """Drop the connection then, if it has not ended by itself; the first who asks says when."""
        if self._drop is None:
            self._drop = asyncio.get_running_loop().call_later(seconds, self._transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take what came, until it is frames: these go to the lane without a step between."""
        if self.lane is None:
            self.read(data)
            return
        feed = self.lane.feed
        feed(data)
        if self.lane.feed is not feed:
            self.data_received = self.lane.feed  # type: ignore[assignment, method-assign]
            self._transport.set_protocol(self)  # it keeps whom to call

    def read(self, data: bytes) -> None:
        """Have the library take it."""
        super().data_received(data)

    def pause_writing(self) -> None:
        """Note that the write buffer is over its limit."""
        super().pause_writing()
        self._has_room(room=False)

    def resume_writing(self) -> None:
        """Note that it has room again."""
        super().resume_writing()
        self._has_room(room=True)

    def _has_room(self, *, room: bool) -> None:
        if self.lane is not None:
            self.lane.has_room = room and not self._has_ended
