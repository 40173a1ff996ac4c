"""What is asked of a judge, and what it answers.

A judgement is an effect: the filter asks for it and goes on, and the verdict comes back through `done`. Whatever
comes back that is no `Verdict(allowed=True)` blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from app.policy.actions import Effect

__all__ = ["KINDS", "Judge", "Judgement", "Kind", "Verdict"]

Kind = Literal["user_speech", "user_text", "model_output"]
"""What is judged: the transcript of the user's speech, text that a client sends, or what the model says."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One text to judge; `id` is its effect's too, unique within the session."""

    id: str
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's answer."""

    allowed: bool


Judge = Callable[[Judgement], Effect]
"""Makes the effect that carries a judgement out."""
