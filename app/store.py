"""What outlives a connection: sessions and dials of each user, tickets that work once, and failed attempts.

A store answers for all replicas that share it; `MemoryStore` for this process alone. Nothing in it is a secret:
tickets are kept by their hash. `now` is unix time in seconds.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from app.errors import Ended, Ending

__all__ = ["LimitsConfig", "MemoryStore", "Store", "Ticket"]

MINUTE = 60.0
SWEEP_EVERY = 1.0
"""Seconds between two looks for tickets that have expired."""


class LimitsConfig(BaseModel):
    """How many sessions may be open at once, in all and of one user, and how many dials a user has in a minute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sessions: PositiveInt = Field(default=200, description="Sessions open at once, in all.")
    sessions_per_user: PositiveInt = Field(default=5, description="Sessions that one user has open at once.")
    dials_per_user_per_minute: PositiveInt = Field(default=20, description="Connections of one user in a minute.")
    tickets_per_user: PositiveInt = Field(default=1000, description="Tickets of one user that are good at once.")
    failures_per_address_per_minute: PositiveInt = Field(
        default=20, description="Failed attempts of one address in a minute, after which it hears 429 only."
    )


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a ticket stands for: whose it is, what it may be used for, and when it ends (unix seconds).

    `ends_user_at` is when the credential ends with which it was got; `profiles`, `origin` and `model` are None
    where it is bound to none. `session` is the session to begin with, in GA shape, as JSON: it may hold a prompt.
    """

    user: str
    expires_at: float
    ends_user_at: float | None = None
    profiles: tuple[str, ...] | None = None
    origin: str | None = None
    model: str | None = None
    session: bytes | None = field(default=None, repr=False)


class Store(Protocol):
    """Counts sessions, dials and failures, and keeps tickets. A user of None counts towards all sessions only."""

    async def open_session(self, user: str | None, now: float) -> None:
        """Take a place for one session of `user`.

        Raises `Ended` (over quota) where there is none; then nothing was taken.
        """

    async def close_session(self, user: str | None) -> None:
        """Give the place back."""

    async def put_ticket(self, hashed: str, ticket: Ticket, now: float) -> None:
        """Keep a ticket until it expires or is used. Raises `Ended` (over quota) if its user has too many."""

    async def find_ticket(self, hashed: str, now: float) -> Ticket | None:
        """Return a ticket that is neither expired nor used nor reserved."""

    async def reserve_ticket(self, hashed: str, now: float) -> bool:
        """Take a ticket for one connection; of several that try, one gets it."""

    async def release_ticket(self, hashed: str) -> None:
        """Give a reserved ticket back, for another try."""

    async def consume_ticket(self, hashed: str) -> None:
        """Forget a ticket: it has been used."""

    async def count_failure(self, address: str, now: float) -> bool:
        """Note a failed attempt; return whether the address has had too many."""


class Window:
    """Counts what happened in the last minute, by key. Keys that have gone quiet are swept out each minute."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._times: dict[str, deque[float]] = {}
        self._swept_at = 0.0

    def count(self, key: str, now: float) -> int | None:
        """Count one more; return None, or the seconds to wait where it is one too many."""
        if now - self._swept_at >= MINUTE:
            self._sweep(now)
        times = self._times.setdefault(key, deque())
        while times and times[0] <= now - MINUTE:
            times.popleft()
        if len(times) >= self.most:
            return int(times[0] + MINUTE - now) + 1
        times.append(now)
        return None

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        self._times = {key: times for key, times in self._times.items() if times[-1] > now - MINUTE}


class MemoryStore:
    """The store of a single replica."""

    def __init__(self, limits: LimitsConfig) -> None:
        self._limits = limits
        self._open: Counter[str | None] = Counter()
        self._dials: Window = Window(limits.dials_per_user_per_minute)
        self._failures: Window = Window(limits.failures_per_address_per_minute)
        self._tickets: dict[str, Ticket] = {}
        self._reserved: set[str] = set()
        self._of_user: Counter[str] = Counter()
        self._sweep_at = 0.0

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
        wait = self._dials.count(user, now)
        if wait is not None:
            raise Ended(Ending.OVER_QUOTA, "You connect too often.", retry_after=wait)

    async def put_ticket(self, hashed: str, ticket: Ticket, now: float) -> None:
        """Keep a ticket, unless its user has too many; those that have expired are forgotten now and then."""
        if now >= self._sweep_at:
            self._forget_expired(now)
        if self._of_user[ticket.user] >= self._limits.tickets_per_user:
            raise Ended(Ending.OVER_QUOTA, "You have too many tickets that are still good.", retry_after=10)
        self._tickets[hashed] = ticket
        self._of_user[ticket.user] += 1

    def _forget_expired(self, now: float) -> None:
        self._sweep_at = now + SWEEP_EVERY
        for hashed, kept in list(self._tickets.items()):
            if kept.expires_at <= now and hashed not in self._reserved:
                self._forget(hashed)

    def _forget(self, hashed: str) -> None:
        ticket = self._tickets.pop(hashed, None)
        if ticket is not None:
            self._of_user[ticket.user] -= 1
            self._of_user += Counter()  # which leaves out those that have none

    async def find_ticket(self, hashed: str, now: float) -> Ticket | None:
        """Return a ticket that can be used."""
        ticket = self._tickets.get(hashed)
        return ticket if ticket and ticket.expires_at > now and hashed not in self._reserved else None

    async def reserve_ticket(self, hashed: str, now: float) -> bool:
        """Take a ticket for one connection."""
        if await self.find_ticket(hashed, now) is None:
            return False
        self._reserved.add(hashed)
        return True

    async def release_ticket(self, hashed: str) -> None:
        """Give it back."""
        self._reserved.discard(hashed)

    async def consume_ticket(self, hashed: str) -> None:
        """Forget it."""
        self._forget(hashed)
        self._reserved.discard(hashed)

    async def count_failure(self, address: str, now: float) -> bool:
        """Note a failed attempt; return whether the address has had too many."""
        return self._failures.count(address, now) is not None
