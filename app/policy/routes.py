"""The ways of frames through a chain: from each place to the next filter that rules their type."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

__all__ = ["ALL", "AllBut", "Route", "Routes", "Ruled"]


@dataclass(frozen=True, slots=True)
class AllBut:
    """All types of events but these, also those that nobody knows."""

    types: frozenset[str] = frozenset()

    def __contains__(self, kind: str | None) -> bool:
        """Tell whether a type is one of all; None stands for any that nobody names."""
        return kind not in self.types


ALL = AllBut()

Ruled = tuple[str, ...] | frozenset[str] | AllBut
"""The types of events that a filter rules in one direction."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a frame goes next, as a place in the chain, None for out of it: by its type, or any `other` type."""

    named: Mapping[str, int | None]
    other: int | None


class Routes(NamedTuple):
    """The ways on from each place; from the last of them the frames begin that come in from outside."""

    client_side: tuple[Route, ...]
    upstream_side: tuple[Route, ...]

    @classmethod
    @lru_cache(maxsize=256)
    def through(cls, up: tuple[Ruled, ...], down: tuple[Ruled, ...]) -> Self:
        """Find them; given is what is ruled at each place in either direction.

        They are the same for all sessions of a profile, and kept.
        """
        places = range(len(up))
        return cls(
            tuple(_route(down, [*reversed(places[:place])]) for place in (*places, len(up))),
            tuple(_route(up, places[place + 1 :]) for place in (*places, -1)),
        )


def _route(ruled: Sequence[Ruled], ahead: Sequence[int]) -> Route:
    """Find where each type goes, of all that one of those ahead names."""

    def first(kind: str | None) -> int | None:
        return next((place for place in ahead if kind in ruled[place]), None)

    named = {kind for place in ahead for kind in _named(ruled[place])}
    return Route({kind: first(kind) for kind in named}, first(None))


def _named(ruled: Ruled) -> Collection[str]:
    return ruled.types if isinstance(ruled, AllBut) else ruled
