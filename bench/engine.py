"""The generator's loop: one epoll, and pacers that act when they are due.

No asyncio: a tenth of its cost per event is still to be had, and what the generator costs blurs what it measures.
"""

import select
import time
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["IN", "OUT", "Engine", "Pacer"]

IN, OUT = select.EPOLLIN, select.EPOLLOUT
LONGEST_WAIT = 0.05


class Pacer:
    """Calls each of its actions once in `every` seconds, evenly spread over that time."""

    def __init__(self, every: float, actions: Sequence[Callable[[int], None]], now: int) -> None:
        self._actions = actions
        self._step = every * 1e9 / len(actions)
        self._began = now
        self._next = 0

    @property
    def due(self) -> int:
        """When the next action is due, in nanoseconds of the monotonic clock."""
        return self._began + int(self._next * self._step)

    def act(self, now: int) -> None:
        """Do all that is due; what is late is not left out."""
        while self.due <= now:
            self._actions[self._next % len(self._actions)](now)
            self._next += 1


class Engine:
    """Runs what it watches. A watched thing is called with the flags of epoll."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, Callable[[int], None]] = {}
        self.pacers: list[Pacer] = []

    def watch(self, descriptor: int, flags: int, ready: Callable[[int], None]) -> None:
        """Call `ready` whenever one of these flags is up."""
        self._watched[descriptor] = ready
        self._epoll.register(descriptor, flags)

    def change(self, descriptor: int, flags: int) -> None:
        """Wait for other flags."""
        self._epoll.modify(descriptor, flags)

    def forget(self, descriptor: int) -> None:
        """Watch it no more; to be called before it is closed."""
        if self._watched.pop(descriptor, None) is not None:
            self._epoll.unregister(descriptor)

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> bool:
        """Run for so long, or until something holds; returns whether it does."""
        end = time.monotonic_ns() + int(seconds * 1e9)
        while until is None or not until():
            now = time.monotonic_ns()
            if now >= end:
                return until is None
            self._turn(now, end)
        return True

    def need(self, what: str, seconds: float, until: Callable[[], bool]) -> None:
        """Run until something holds. Raises `TimeoutError`, which says what was waited for."""
        if not self.run(seconds, until):
            raise TimeoutError(f"waited {seconds} s for {what}")

    def close(self) -> None:
        """Give the epoll back."""
        self._epoll.close()

    def _turn(self, now: int, end: int) -> None:
        due = end
        for pacer in self.pacers:
            pacer.act(now)
            due = min(due, pacer.due)
        events = self._epoll.poll(0) or self._wait(due)
        watched = self._watched
        for descriptor, flags in events:
            ready = watched.get(descriptor)
            if ready is not None:  # else it was closed in this very turn
                ready(flags)

    def _wait(self, due: int) -> list[tuple[int, int]]:
        """Wait for an event, but no longer than until `due`. epoll itself knows no part of a millisecond."""
        seconds = (due - time.monotonic_ns()) / 1e9
        if seconds <= 0:
            return []
        readable: list[Any] = select.select([self._epoll], [], [], min(seconds, LONGEST_WAIT))[0]
        return self._epoll.poll(0) if readable else []
