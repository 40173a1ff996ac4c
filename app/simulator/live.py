"""One session on its connection: a task that reads, another that writes, and the faults between.

A client that reads nothing is still heard; it only stops the answers, since the writer takes the steps.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, assert_never

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from app.errors import fitting
from app.simulator.faults import Drop, Faults, Send, Stall, carried_out
from app.simulator.outbox import Close
from app.simulator.session import Session

__all__ = ["LiveSession", "Observe", "say"]

Observe = Callable[[str, bytes], None]
"""Is shown the id of a session and each message that its client sends."""


class LiveSession:
    """A session and the connection that it is held on."""

    def __init__(
        self, connection: ServerConnection, session: Session, faults: Faults, observe: Observe | None
    ) -> None:
        self.connection = connection
        self.session = session
        self.ended = asyncio.Event()
        self._faults = faults
        self._observe = observe
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._waiting = deque(session.begin())
        self._woken = asyncio.Event()

    @property
    def id(self) -> str:
        """The session's own id, `sess_…`."""
        return self.session.id

    async def run(self) -> None:
        """Hold the session until either side ends it."""
        writer = asyncio.create_task(self._write())
        try:
            async for message in self.connection:
                data = message.encode() if isinstance(message, str) else message
                if self._observe is not None:
                    self._observe(self.id, data)
                self._waiting += self.session.receive(data, self._loop.time())
                self._woken.set()
        except ConnectionClosed:
            pass
        finally:
            self._gone.set_result(None)
            self._woken.set()
            await writer

    def drop(self) -> None:
        """Lose the connection without a close frame."""
        self.connection.transport.abort()

    async def close(self, code: int, reason: str) -> None:
        """Close the connection."""
        await self.connection.close(code, fitting(reason))

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while not self._gone.done():
                while self._waiting:
                    await say(self.connection, self._waiting.popleft(), self._faults, self._gone)
                await self._due()
                self._waiting += self.session.tick(self._loop.time())

    async def _due(self) -> None:
        """Wait until the session has something to do, or the client has said something."""
        wake_at = self.session.wake_at
        timer = None if wake_at is None else self._loop.call_at(wake_at, self._woken.set)
        await self._woken.wait()
        self._woken.clear()
        if timer is not None:
            timer.cancel()


async def say(
    connection: ServerConnection, said: dict[str, Any] | Close, faults: Faults, gone: asyncio.Future[None]
) -> None:
    """Say one thing on a connection, with what goes wrong with it; `gone` is done once the client has left."""
    for action in carried_out(said, faults):
        match action:
            case Send(data):
                await connection.send(data, text=True)
            case Stall(seconds):
                await asyncio.wait([gone], timeout=seconds or None)
            case Close(code, reason):
                await connection.close(code, fitting(reason))
            case Drop():
                connection.transport.abort()
            case _:
                assert_never(action)
