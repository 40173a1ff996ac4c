"""One response at a time."""

from app.policy.turns.filter import TurnGuard
from app.policy.turns.rules import TurnRules

__all__ = ["TurnGuard", "TurnRules"]
