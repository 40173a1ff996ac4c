"""The sessions that run in this process, and how they all end when it is to stop."""

import asyncio
import contextlib

from app.errors import Ended, Ending
from app.session.conversation import Session

__all__ = ["Sessions"]


class Sessions:
    """Knows the running sessions. While it drains, nobody new is let in: whoever admits asks `draining` first."""

    def __init__(self) -> None:
        self._running: set[Session] = set()
        self._changed = asyncio.Event()
        self._begun = asyncio.Event()
        self._seconds = 0.0
        self.draining = False

    def __len__(self) -> int:
        return len(self._running)

    async def run(self, session: Session, created: bytes) -> Ended:
        """Run one session to its end, and know of it meanwhile."""
        self._running.add(session)
        try:
            return await session.run(created)
        finally:
            self._running.discard(session)
            self._changed.set()

    async def drain(self, seconds: float) -> None:
        """Let the running sessions finish, and end those that are left when the time is over."""
        self.draining = True
        self._seconds = seconds
        self._begun.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._none_left()
        for session in self._running:
            session.end(Ended(Ending.DRAINING))
        await self._none_left()

    async def drain_begun(self) -> float:
        """Wait until a drain begins, and return the seconds that running sessions have then."""
        await self._begun.wait()
        return self._seconds

    async def _none_left(self) -> None:
        while self._running:
            self._changed.clear()
            await self._changed.wait()
