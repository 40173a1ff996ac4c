"""What one side of a session last had in force, in GA's words, so that a sparse request can be completed.

What a client asked counts at once, for it may ask again before the service has answered; an error takes back what
was never acknowledged.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["InForce"]

GROUPS = frozenset({"audio", "input", "output"})
"""Objects of which an update changes only the keys that it names, in both generations."""


class InForce:
    """The session as reported, and as asked for since. `session` is None until something is known."""

    def __init__(self) -> None:
        self._reported: dict[str, Any] | None = None
        self.session: dict[str, Any] | None = None

    def asked(self, session: Mapping[str, Any]) -> None:
        """Count what a client's update names."""
        self.session = _overlaid(self.session or {}, session)

    def reported(self, session: Mapping[str, Any]) -> None:
        """Take the service's word."""
        self._reported = self.session = dict(session)

    def refused(self) -> None:
        """Go back to the service's word."""
        self.session = self._reported


def _overlaid(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(old)
    for key, value in new.items():
        inner = old.get(key)
        if key in GROUPS and isinstance(inner, Mapping) and isinstance(value, Mapping):
            out[key] = _overlaid(inner, value)
        else:
            out[key] = value
    return out
