"""Requests with a body on a server of WebSockets, which knows none: the body is kept beside, the rest goes on.

A request whose body is too large, or in pieces, goes on as it came, and is refused there.
"""

import asyncio
import re

from websockets.asyncio.server import ServerConnection

__all__ = ["Gathering", "WithBody"]

MAX_BODY = 2**20
MAX_HEAD = 2**16
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*(?=\r\n|$)", re.IGNORECASE)
BLANK_LINE = b"\r\n\r\n"


class Gathering:
    """Takes the bytes of a connection as they come, and lets them go once its first request is whole.

    `body` is what came with that, and is not among them.
    """

    def __init__(self) -> None:
        self.body = b""
        self._came: bytes | None = b""

    def take(self, data: bytes) -> bytes:
        """Return what is to go on; nothing as long as the request is not whole."""
        if self._came is None:
            return data
        self._came += data
        head, blank, rest = self._came.partition(BLANK_LINE)
        if not blank and len(self._came) <= MAX_HEAD:
            return b""
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        if found is None or length > MAX_BODY:
            return self._let_go(head + blank + rest)
        if len(rest) < length:
            return b""
        self.body = rest[:length]
        return self._let_go(head.replace(found[0], b"") + blank + rest[length:])

    def _let_go(self, everything: bytes) -> bytes:
        self._came = None
        return everything


class WithBody(ServerConnection):
    """A connection whose request may have a body."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing."""
        self._gathering = Gathering()
        super().connection_made(transport)

    @property
    def body(self) -> bytes:
        """What came with the request."""
        return self._gathering.body

    def data_received(self, data: bytes) -> None:
        """Pass on what is to be passed, if only nothing."""
        super().data_received(self._gathering.take(data))
