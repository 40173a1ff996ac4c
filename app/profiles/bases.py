"""The two built-in profiles, `open` and `locked`: what stands in a profile where its author said nothing.

Under `open` the client configures its session, and refused is only what nobody knows. Under `locked` it talks,
writes and asks for answers, and everything else is the server's.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from app.policy.gate import AUDIO_AND_TEXT, KNOWN
from app.policy.limits import LimitRules
from app.policy.session_fields import ItemRules, ResponseRules, SessionRules
from app.policy.turns import TurnRules
from app.profiles.head import BaseName

__all__ = ["BASES", "LOCKED", "OPEN", "merged"]

OPEN: BaseName = "open"
LOCKED: BaseName = "locked"

Tables = Mapping[str, Mapping[str, Any]]


def _table(rules: BaseModel) -> Mapping[str, Any]:
    """Return rules as the table that they could be read from."""
    return {name: getattr(rules, name) for name in type(rules).model_fields}


BASES: Mapping[BaseName, Tables] = {
    OPEN: {
        "session": _table(SessionRules.open()),
        "response": _table(ResponseRules.open()),
        "items": _table(ItemRules.open()),
        "limits": _table(LimitRules.open()),
        "turns": _table(TurnRules.open()),
    },
    LOCKED: {
        "session": _table(SessionRules.locked()),
        "response": _table(ResponseRules.locked()),
        "items": _table(ItemRules.locked()),
        "gate": {"client": AUDIO_AND_TEXT, "server": KNOWN},
        "limits": _table(LimitRules.locked()),
        "turns": _table(TurnRules.locked()),
    },
}
"""The sections of the built-in profiles, as far as they are more than each section's defaults."""


def merged(base: BaseName, section: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a section with what the base has for the keys that are not given; a key is replaced whole."""
    return {**BASES[base].get(section, {}), **given}
