"""What the translation of one value has to know beside the value: who speaks, from where, and what is in force.

Only what a client asks for is refused: a server's report is translated as far as it can be, and never raises.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.errors import Refused

__all__ = ["OMIT", "Fallbacks", "Once", "Passage", "Warn", "ignore", "invalid", "unknown"]

Warn = Callable[[str], None]

OMIT: Any = object()
"""Stands for "leave the key out"."""
MAX_QUOTED = 64
"""Characters of a client's key that an error repeats."""


def ignore(words: str) -> None:
    """Warn nobody."""


@dataclass(frozen=True, slots=True)
class Fallbacks:
    """What stands in for a value that a preview upstream does not have; None refuses it.

    `deployments`: the upstream's transcription models are names of deployments (Azure), so that any may be one.
    """

    voice: str | None = None
    transcription_model: str | None = None
    deployments: bool = True


@dataclass(frozen=True, slots=True)
class Passage:
    """The circumstances of one translation.

    `path` is where the value stands, in the words of its sender. `in_force` is what the session last had there, as
    GA tells it, or None. `remembered` holds values that GA lacks. With `keep` both sides speak preview, and what
    has no shape in GA stays as it is.
    """

    asked: bool
    path: str = ""
    warn: Warn = ignore
    keep: bool = False
    in_force: Any = None
    remembered: Mapping[str, Any] = field(default_factory=dict)
    fallbacks: Fallbacks = field(default_factory=Fallbacks)

    @property
    def strict(self) -> bool:
        """Whether what cannot be translated is refused."""
        return self.asked and not self.keep

    def at(self, path: str, in_force: Any = None) -> "Passage":
        """Return the same for a value within this one; a `path` that begins with "[" is an index."""
        return replace(self, path=f"{self.path}{'' if path.startswith('[') else '.'}{path}", in_force=in_force)

    def tolerated(self, value: Any, known: Sequence[str] = ()) -> Any:
        """Return a value that has no translation as it is, or refuse it."""
        if self.strict:
            raise invalid(self.path, known)
        return value

    def dropped(self, key: str) -> None:
        """Tell the operator that something asked for has no equal on the other side."""
        if self.asked:
            self.warn(f"'{self.path}.{key}' was dropped: the upstream's generation of the protocol lacks it")


class Once:
    """Passes each warning on the first time only."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._said: set[str] = set()

    def __call__(self, words: str) -> None:
        """Warn, unless these words were said before."""
        if words not in self._said:
            self._said.add(words)
            self._warn(words)


def invalid(path: str, known: Sequence[str] = ()) -> Refused:
    """Return the service's refusal of a value; the value itself is not repeated."""
    listed = ", ".join(f"'{each}'" for each in known)
    supported = f" Supported values are: {listed}." if known else ""
    return Refused("invalid_value", f"Invalid value for '{path}'.{supported}", param=path)


def unknown(path: str) -> Refused:
    """Return the service's refusal of a key."""
    shown = path[:MAX_QUOTED]
    return Refused("unknown_parameter", f"Unknown parameter: '{shown}'.", param=shown)
