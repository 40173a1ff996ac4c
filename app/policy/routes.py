"""The ways of frames through a chain: from each place to the next filter that rules their type."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

from app.protocol.catalogue import GA

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


class Route(dict[str, int | None]):
    """Where a frame goes next by its type: to a place in the chain, or out of it (None); `other` if unknown."""

    __slots__ = ("_other",)

    def __init__(self, known: dict[str, int | None], other: int | None) -> None:
        super().__init__(known)
        self._other = other

    def __missing__(self, _: str) -> int | None:
        """Return where a type goes that nobody knows."""
        return self._other


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
            tuple(_route(down, [*reversed(places[:place])], GA.server) for place in (*places, len(up))),
            tuple(_route(up, places[place + 1 :], GA.client) for place in (*places, -1)),
        )


def _route(ruled: Sequence[Ruled], ahead: Sequence[int], known: Collection[str]) -> Route:
    """Find where each type goes, of those that are known or that one of those ahead names."""

    def first(kind: str | None) -> int | None:
        return next((place for place in ahead if kind in ruled[place]), None)

    kinds = {kind for place in ahead for kind in _named(ruled[place])}.union(known)
    return Route({kind: first(kind) for kind in kinds}, first(None))


def _named(ruled: Ruled) -> Collection[str]:
    return ruled.types if isinstance(ruled, AllBut) else ruled
