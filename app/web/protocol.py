"""uvicorn's WebSocket protocol, with a lane before it, and with a bound where it has none.

A request that `websockets` cannot take (a header line or their number beyond its limits) leaves uvicorn's protocol
waiting for ever: here it is answered with 431. Pings are answered even to a peer that reads nothing, and the
fragments of a message are kept one by one: both would let one connection fill the memory. A connection is closed
upon what its peer is still sending, which resets it, close frame and all. And the server's shutdown breaks off at
one whose peer has closed first.
"""

import asyncio
import logging

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import OPEN

from app.lane import Laned

__all__ = ["RelayProtocol"]

MAX_FRAGMENTS = 4096
"""Of one message. No client is known to send a message in more than a few."""

UNREAD = 64 * 1024
"""Bytes in the write buffer beyond which no more answers to pings are put there."""

LINGER = 2.0
"""Seconds for which a peer may go on sending what nobody takes, so that it comes to read why."""

TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: 41\r\n\r\nThe request's header fields are too big.\n"
)


QUIET = logging.getLogger("uvicorn.error.connections")
"""For what uvicorn and `websockets` tell of each connection: our own line tells more, and costs less."""

QUIET.setLevel(logging.WARNING)


class RelayProtocol(Laned, WebSocketsSansIOProtocol):
    """What `serve` runs."""

    state_name = "conn"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, and let the protocol before this one end."""
        self.logger = self.conn.logger = QUIET
        # The protocol before this one and its parser hold each other, and the transport: nobody needs that parser.
        vars(transport.get_protocol()).pop("parser", None)
        super().connection_made(transport)

    def read(self, data: bytes) -> None:
        """Have the library take it, and refuse a handshake that cannot be read."""
        super().read(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def start_keepalive(self) -> None:
        """Begin, now that the connection is accepted, and let go of what was said in the handshake."""
        super().start_keepalive()
        for each in (self.request, self.response):
            each.headers.clear()

    def handle_ping(self) -> None:
        """Answer a ping, but not to a peer that has left much unread of what it was sent already."""
        if self.transport.get_write_buffer_size() < UNREAD:
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_cont(self, event: Frame) -> None:
        """Take one more fragment, or end with 1009 where they are too many."""
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.conn.send_close(1009, "too many fragments")
            self.handle_parser_exception()

    def handle_parser_exception(self) -> None:
        """End for what cannot be taken: say why, and read on for a while, so that the peer gets to see it."""
        why = self.conn.close_sent
        if self.close_sent or why is None:
            return
        self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": why.code, "reason": why.reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER, self.transport.close)

    def keepalive_timeout(self) -> None:
        """Close for want of a pong, by force if need be: whoever does not answer may not read either."""
        super().keepalive_timeout()
        self.loop.call_later(LINGER, self.transport.abort)

    def shutdown(self) -> None:
        """Close because the server ends; a peer that has closed is told nothing more."""
        if self.handshake_complete and not self.close_sent and self.conn.state is not OPEN:
            self.stop_keepalive()
            self.transport.close()
        else:
            super().shutdown()
