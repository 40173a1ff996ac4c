"""What a session may use in total, and what is said before and when it is used up."""

from dataclasses import dataclass
from math import inf

from app.errors import Ended, Ending

__all__ = ["Budget"]

WARN_AT = 0.8
"""The part of a budget at which its end is announced."""

ROUNDING = 1e-6
"""What adding up fractions may err by."""


@dataclass(slots=True)
class Budget:
    """A total, and what of it is spent. `about` names it in a warning, `words` in the sentence at its end."""

    about: str
    words: str
    code: str
    limit: float = inf
    spent: float = 0
    warned: bool = False

    @property
    def near(self) -> bool:
        """Whether its end is to be announced, which nobody has done."""
        return not self.warned and self.spent >= WARN_AT * self.limit

    @property
    def left(self) -> float:
        """What is left of it, to a tenth."""
        return round(max(0, self.limit - self.spent), 1)

    @property
    def used_up(self) -> bool:
        """Whether nothing is left of it."""
        return self.spent >= self.limit

    def ended(self) -> Ended:
        """Return how a session ends that wants more."""
        message = f"The session has used up its {self.limit:.12g} {self.words}."
        return Ended(Ending.OVER_QUOTA, message, code=self.code)

    def check(self, amount: float) -> None:
        """Raise `Ended` where there is not so much left."""
        if self.spent + amount > self.limit + ROUNDING:
            raise self.ended()
