"""How much a client may send, and use."""

from app.policy.limits.filter import Limits, Meter
from app.policy.limits.rules import LimitRules

__all__ = ["LimitRules", "Limits", "Meter"]
