"""The tasks of one session: they fail in one place, and end with it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from typing import Any

__all__ = ["Tasks"]


class Tasks:
    """Runs what a session does beside waiting.

    All run in the context in which this was made: also one that a socket's callback begins logs for its session.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        self._running: dict[asyncio.Task[None], Coroutine[Any, Any, None]] = {}

    def spawn(self, work: Coroutine[Any, Any, None], fail: Callable[[Exception], None]) -> asyncio.Task[None]:
        """Begin a task; `fail` is told what it raises."""
        task = self._loop.create_task(_guarded(work, fail), context=self._context.copy())
        self._running[task] = work
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task).close()  # one that was cancelled before it began

    async def stop(self, timeout: float) -> None:  # noqa: ASYNC109 - after it nobody waits, and tasks may go on
        """Cancel all, and wait `timeout` seconds for them: an operator's tool may not heed its cancellation."""
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=timeout)


async def _guarded(work: Coroutine[Any, Any, None], fail: Callable[[Exception], None]) -> None:
    try:
        await work
    except Exception as error:  # noqa: BLE001 - whatever broke, the session must hear of it
        fail(error)
