"""uvicorn's WebSocket protocol, with an answer where it has none.

A request that `websockets` cannot take (a header line or their number beyond its limits) leaves uvicorn's protocol
waiting for ever. Here it is answered with 431 and the connection ends.
"""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = ["RelayProtocol"]

TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: 41\r\n\r\nThe request's header fields are too big.\n"
)


class RelayProtocol(WebSocketsSansIOProtocol):
    """What `serve` runs."""

    def data_received(self, data: bytes) -> None:
        """Take what came, and refuse a handshake that cannot be read."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(TOO_LARGE)
            self.transport.close()
