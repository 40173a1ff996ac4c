"""The end of the process: the first signal drains, the second ends at once.

uvicorn closes every WebSocket within milliseconds of a SIGTERM, whatever its time-outs say. So its signal handlers
are wrapped while the application starts: ours lets the sessions finish, and only then calls uvicorn's.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from types import FrameType
from typing import Any

__all__ = ["GracefulShutdown"]

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class GracefulShutdown:
    """Wraps the handlers of SIGTERM and SIGINT that it finds. `drain` returns when no session is left."""

    def __init__(self, drain: Callable[[], Awaitable[None]]) -> None:
        self._drain = drain
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()  # a signal comes in that of any session, and would log by its name
        self._saved: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._signalled = False
        self._draining: asyncio.Task[None] | None = None

    def install(self) -> None:
        """Take over. Off the main thread there are no signals, and nothing to do."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            saved = signal.getsignal(number)
            if callable(saved):
                self._saved[number] = saved
                signal.signal(number, self._on_signal)

    def restore(self) -> None:
        """Give the handlers back."""
        for number, saved in self._saved.items():
            signal.signal(number, saved)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._signalled:
            self._saved[number](number, frame)
            return
        self._signalled = True
        self._loop.call_soon_threadsafe(self._begin, number, context=self._context)

    def _begin(self, number: int) -> None:
        self._draining = self._loop.create_task(self._finish(number))

    async def _finish(self, number: int) -> None:
        await self._drain()
        self._saved[number](number, None)
