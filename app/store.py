"""What outlives a connection: who has how many sessions open, and who has dialled how often.

A store answers for all replicas that share it; `MemoryStore` for this process alone.
"""

from collections import Counter, deque
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from app.errors import Ended, Ending

__all__ = ["LimitsConfig", "MemoryStore", "Store"]

MINUTE = 60.0


class LimitsConfig(BaseModel):
    """How many sessions may be open at once, in all and of one user, and how many dials a user has in a minute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sessions: PositiveInt = Field(default=200, description="Sessions open at once, in all.")
    sessions_per_user: PositiveInt = Field(default=5, description="Sessions that one user has open at once.")
    dials_per_user_per_minute: PositiveInt = Field(default=20, description="Connections of one user in a minute.")


class Store(Protocol):
    """Counts sessions and dials. A user of None counts towards the sessions in all only."""

    async def open_session(self, user: str | None, now: float) -> None:
        """Take a place for one session of `user`, at `now` in seconds.

        Raises `Ended` (over quota) where there is none; then nothing was taken.
        """

    async def close_session(self, user: str | None) -> None:
        """Give the place back."""


class MemoryStore:
    """The store of a single replica."""

    def __init__(self, limits: LimitsConfig) -> None:
        self._limits = limits
        self._open: Counter[str | None] = Counter()
        self._dials: dict[str, deque[float]] = {}

    async def open_session(self, user: str | None, now: float) -> None:
        """Take a place, or say which limit is reached and when to come again."""
        if self._open.total() >= self._limits.sessions:
            raise Ended(Ending.OVER_QUOTA, "This relay has all its sessions in use.", retry_after=10)
        if user is not None:
            self._admit(user, now)
        self._open[user] += 1

    async def close_session(self, user: str | None) -> None:
        """Give the place back."""
        self._open[user] -= 1
        if not self._open[user]:
            del self._open[user]

    def _admit(self, user: str, now: float) -> None:
        if self._open[user] >= self._limits.sessions_per_user:
            limit = self._limits.sessions_per_user
            raise Ended(Ending.OVER_QUOTA, f"You have {limit} sessions open, the most allowed.", retry_after=10)
        self._forget_dials(now)
        dials = self._dials.setdefault(user, deque())
        if len(dials) >= self._limits.dials_per_user_per_minute:
            wait = int(dials[0] + MINUTE - now) + 1
            raise Ended(Ending.OVER_QUOTA, "You connect too often.", retry_after=wait)
        dials.append(now)

    def _forget_dials(self, now: float) -> None:
        """Drop what is older than a minute, of every user: the store must not grow with those who left."""
        for user, dials in list(self._dials.items()):
            while dials and dials[0] <= now - MINUTE:
                dials.popleft()
            if not dials:
                del self._dials[user]
