"""The upstream's leg: a websockets client connection as the `Socket` that a session knows.

The logger never goes below INFO, whatever the configuration of logging says: at DEBUG, websockets writes out each
header with the key in it, and each message.
"""

import asyncio
import contextlib
import logging

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConcurrencyError, ConnectionClosed, ProtocolError

from app.errors import fitting
from app.lane import Lane, Laned
from app.wire import Closed

__all__ = ["Connection", "Dial", "UpstreamSocket", "quiet"]

log = structlog.get_logger()


class _NeverDebug(logging.LoggerAdapter[logging.Logger]):
    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is logging's
        return level > logging.DEBUG and super().isEnabledFor(level)


quiet = _NeverDebug(logging.getLogger("app.upstream.websocket"), {})


class Dial(connect):
    """A dial that follows no redirect: the key is for the host that the operator named, and no other."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Take a redirect for what it is here, a refusal."""
        return exc


class Connection(Laned, ClientConnection):
    """A connection with a lane, which ends once it is closed.

    After a close frame, websockets waits for the peer to drop the connection, and without a limit while nobody
    sends; here the peer has `close_timeout`.
    """

    state_name = "protocol"

    def read(self, data: bytes) -> None:
        """Have the library take it, and set the limit once a close frame went either way."""
        super().read(data)
        if self.close_timeout is not None and self.protocol.close_expected():
            self.drop_after(self.close_timeout)


class UpstreamSocket:
    """The `Socket` of an upstream connection.

    `Closed` carries the code that the upstream sent. A close that began on our side, be it for a message over the
    limit (1009) or for a missing pong (1011), is none of its: that is 1006, and the log says why.
    """

    __slots__ = ("_closing", "_connection")

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._closing = False

    @property
    def lane(self) -> Lane | None:
        """The connection's lane, if it is one of ours."""
        return getattr(self._connection, "lane", None)

    async def recv(self) -> bytes:
        """Return the next message; a binary one counts as text, for no service sends any."""
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as closed:
            raise self._as_told(closed) from None

    async def send(self, data: bytes) -> None:
        """Send a text message, and wait while the write buffer is over its limit."""
        try:
            await self._connection.send(data, text=True)
        except ConnectionClosed as closed:
            raise self._as_told(closed) from None

    async def close(self, code: int, reason: str) -> None:
        """Close with a code that may be sent; in place of any other (1005, 1006, 1015) goes 1000.

        What still comes is read and dropped: behind it is the peer's own close frame.
        """
        self._closing = True
        dropping = asyncio.ensure_future(self._drop())
        try:
            await self._connection.close(code, fitting(reason))
        except ProtocolError:
            await self._connection.close()
        finally:
            dropping.cancel()
            await asyncio.gather(dropping, return_exceptions=True)

    async def _drop(self) -> None:
        with contextlib.suppress(ConnectionClosed, ConcurrencyError):
            while True:
                await self._connection.recv(decode=False)

    def abort(self) -> None:
        """Drop the connection."""
        self._connection.transport.abort()

    def _as_told(self, closed: ConnectionClosed) -> Closed:
        if closed.rcvd is not None and closed.rcvd_then_sent is not False:
            return Closed(closed.rcvd.code, closed.rcvd.reason)
        if closed.sent is not None and not self._closing:
            log.warning("upstream_broken_off", code=int(closed.sent.code), reason=closed.sent.reason)
        return Closed()
