"""SIGHUP: the operator asks for what is in files to be read anew."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from app.telemetry import log_fault

__all__ = ["on_hangup"]


@contextmanager
def on_hangup(reload: Callable[[], Coroutine[Any, Any, None]]) -> Iterator[None]:
    """Reload at each SIGHUP while this lasts. Off the main thread there are no signals, and nothing happens."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    def begin() -> None:
        task = loop.create_task(_guarded(reload))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    loop.add_signal_handler(signal.SIGHUP, begin)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        for task in tasks:
            task.cancel()


async def _guarded(reload: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        await reload()
    except Exception as error:  # noqa: BLE001 - what is in force stays, and the next SIGHUP may do better
        log_fault(error)
