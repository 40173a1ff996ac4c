"""Which judgements of a session are still out, and who waits for them.

Whoever asks goes on, and hears the verdict later. Whatever comes back that is no `Verdict(allowed=True)` blocks:
an exception, nonsense, or nothing within the time that a judge has.
"""

import itertools
from collections.abc import Callable

from app.policy.chain import Outbox
from app.policy.judging import Judge, Judgement, Kind, Verdict

__all__ = ["Judgements", "Then"]

Then = Callable[[bool, float, Outbox], None]
"""Hears whether a text is allowed, at what time, and says what follows."""


class Judgements:
    """The judgements that are under way; `timeout` is in seconds, a backstop behind the judge's own."""

    def __init__(self, judge: Judge, timeout: float) -> None:
        self._judge = judge
        self._timeout = timeout
        self._pending: dict[str, tuple[float, Then]] = {}
        self._numbers = itertools.count(1)

    @property
    def wake_at(self) -> float | None:
        """When the first of them has taken too long."""
        return min((deadline for deadline, _ in self._pending.values()), default=None)

    def ask(self, kind: Kind, text: str, then: Then, now: float, out: Outbox) -> str:
        """Have a text judged; returns the judgement's id."""
        effect = self._judge(Judgement(f"judge_{next(self._numbers)}", kind, text))
        self._pending[effect.id] = now + self._timeout, then
        out.start(effect)
        return effect.id

    def forget(self, judgement: str, out: Outbox) -> None:
        """Want no verdict any more."""
        if self._pending.pop(judgement, None) is not None:
            out.cancel(judgement)

    def done(self, judgement: str, result: object, now: float, out: Outbox) -> None:
        """Take what a judge answered, or what went wrong with it."""
        _, then = self._pending.pop(judgement)
        then(isinstance(result, Verdict) and result.allowed is True, now, out)

    def tick(self, now: float, out: Outbox) -> None:
        """Block whatever has waited for too long."""
        overdue = [each for each, (deadline, _) in self._pending.items() if deadline <= now]
        for each in overdue:
            if each in self._pending:  # what follows from one may make another superfluous
                _, then = self._pending.pop(each)
                out.cancel(each)
                then(False, now, out)  # noqa: FBT003 - the verdict, as everywhere
