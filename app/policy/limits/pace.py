"""How fast something may come: a rate for the long run, and a burst above it, on the caller's clock.

What passes is charged in full, also where it is more than there was room for: then nothing is free until it is
paid back. Hence in any span of time no more passes than rate times span, the burst, and one last piece.
"""

from math import inf

__all__ = ["Pace"]


class Pace:
    """A rate per second with a burst, in the same unit; without arguments it knows no bound.

    `free_at` is when the next may pass, on the clock of `take`; a time in the past where it may pass now.
    """

    __slots__ = ("_rate", "_slack", "free_at")

    def __init__(self, rate: float = inf, burst: float = 0.0) -> None:
        self._rate = rate
        self._slack = burst / rate
        self.free_at = -inf

    def take(self, amount: float, now: float) -> None:
        """Charge what passes."""
        free_at, earliest = self.free_at, now - self._slack
        since = free_at if free_at > earliest else earliest  # noqa: FURB136 - max() takes as long as all the rest
        self.free_at = since + amount / self._rate
