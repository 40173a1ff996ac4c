"""How fast something may come: a rate for the long run, and a burst above it, on the caller's clock.

What passes is charged in full, also where it is more than there was room for: then nothing is free until it is
paid back. Hence in any span of time no more passes than rate times span, the burst, and one last piece.
"""

from math import inf
from typing import NamedTuple

__all__ = ["Pace", "Rate"]


class Rate(NamedTuple):
    """So much a second in the long run, and a `burst` above it, in the same unit; as it stands it is no bound."""

    a_second: float = inf
    burst: float = 0.0


class Pace:
    """The rates of events, and of the seconds of audio in them: both are charged in one go, for each frame.

    `events_free_at` and `audio_free_at` are when the next may pass, on the clock of `take`; a time in the past
    where it may pass now.
    """

    __slots__ = ("_audio_slack", "_event", "_events_slack", "_second", "audio_free_at", "events_free_at")

    def __init__(self, events: Rate, audio: Rate) -> None:
        self._event, self._events_slack = 1 / events.a_second, events.burst / events.a_second
        self._second, self._audio_slack = 1 / audio.a_second, audio.burst / audio.a_second
        self.events_free_at = self.audio_free_at = -inf

    def take(self, seconds: float, now: float) -> bool:
        """Charge an event with so many seconds of audio; returns whether anything is to be paid back now."""
        since, earliest = self.events_free_at, now - self._events_slack
        if since < earliest:  # noqa: PLR1730 - max() takes as long as all the rest
            since = earliest
        self.events_free_at = events_free_at = since + self._event
        since = self.audio_free_at
        if seconds:
            earliest = now - self._audio_slack
            if since < earliest:  # noqa: PLR1730 - likewise
                since = earliest
            self.audio_free_at = since = since + seconds * self._second
        return events_free_at > now or since > now
