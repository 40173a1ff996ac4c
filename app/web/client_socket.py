"""The client's leg: an ASGI WebSocket as an `app.wire.Socket`.

ASGI has no way to drop a connection whose peer neither reads nor answers, and a graceful close of such a one waits
forever. So the transport below is taken along where the server lets it be found, and dropped when time is up; and
likewise the lane of `app.web.protocol`.
"""

import asyncio
import contextlib
from dataclasses import replace
from typing import Protocol

from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.errors import Refused
from app.lane import Lane, Laned
from app.wire import Closed

__all__ = ["ClientSocket", "with_transport"]

TRANSPORT, LANE = "relay.transport", "relay.lane"


class _Droppable(Protocol):
    def abort(self) -> None: ...
    def get_protocol(self) -> object: ...


def with_transport(scope: Scope, receive: Receive, send: Send) -> WebSocket:
    """Return a connection, with its transport noted in its scope, and its lane.

    uvicorn's protocols hand out `receive` as a bound method of their own, and each has a `transport`; ours has a
    `lane`, too. Where that should change, nothing is noted: messages go the ordinary way, and a stalled connection
    lives as long as its peer keeps it.
    """
    protocol = getattr(receive, "__self__", None)
    scope[TRANSPORT] = getattr(protocol, "transport", None)
    scope[LANE] = getattr(protocol, "lane", None)
    return WebSocket(scope, receive, send)


class ClientSocket:
    """An accepted WebSocket. `close_timeout` is what a peer has, in seconds, to answer our close."""

    def __init__(self, websocket: WebSocket, close_timeout: float) -> None:
        self._websocket = websocket
        self._close_timeout = close_timeout
        self._transport: _Droppable | None = websocket.scope.get(TRANSPORT)
        self.lane: Lane | None = websocket.scope.get(LANE)
        self._closed: Closed | None = None

    async def recv(self) -> bytes:
        """Return the next text message as UTF-8. Raises `Closed`, and `Refused` for a binary one."""
        if self._closed is not None:
            raise replace(self._closed)
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            self._closed = _closed(message)
            raise replace(self._closed)  # which keeps what raises it
        text: str | None = message.get("text")
        if text is None:
            raise Refused("invalid_event", "The message is binary; events are JSON in text messages.")
        return text.encode()

    async def send(self, data: bytes) -> None:
        """Write one text message; waits while the peer does not read. Raises `Closed`."""
        if self._closed is not None:
            raise replace(self._closed)
        try:
            await self._websocket.send({"type": "websocket.send", "text": data.decode()})
        except (WebSocketDisconnect, RuntimeError):
            raise Closed from None

    async def close(self, code: int, reason: str) -> None:
        """Send the close frame, and drop the connection if the peer does not answer it."""
        if self._closed is not None:
            return
        self._closed = Closed(code, reason)
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(code, reason)
        self._drop_later()

    def _drop_later(self) -> None:
        """Drop the connection in a while, if it does not end by itself."""
        protocol = None if self._transport is None else self._transport.get_protocol()
        if isinstance(protocol, Laned):
            protocol.drop_after(self._close_timeout)
        elif protocol is not None:  # else it is lost by now
            asyncio.get_running_loop().call_later(self._close_timeout, self.abort)

    def abort(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()


def _closed(message: Message) -> Closed:
    return Closed(message.get("code") or 1005, message.get("reason") or "")
