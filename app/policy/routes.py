"""The ways of frames through a chain: from each place to the next filter that rules their type."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Self

__all__ = ["Route", "Routes"]


class Route(NamedTuple):
    """Where a frame goes next, as a place in the chain, None for out of it: by its type, or any `other` type."""

    named: Mapping[str, int | None]
    other: int | None


class Routes(NamedTuple):
    """The ways on from each place; from the last of them the frames begin that come in from outside."""

    client_side: tuple[Route, ...]
    upstream_side: tuple[Route, ...]

    @classmethod
    def through(cls, up: Sequence[Collection[str] | None], down: Sequence[Collection[str] | None]) -> Self:
        """Find them; given is what is ruled at each place in either direction, None for all types."""
        places = range(len(up))
        return cls(
            tuple(_route(down, [*reversed(places[:place])]) for place in (*places, len(up))),
            tuple(_route(up, places[place + 1 :]) for place in (*places, -1)),
        )


def _route(ruled: Sequence[Collection[str] | None], ahead: Sequence[int]) -> Route:
    """Find where each type goes, of all that one of those ahead names."""

    def first(kind: str | None) -> int | None:
        for place in ahead:
            types = ruled[place]
            if types is None or (kind is not None and kind in types):
                return place
        return None

    named = {kind for place in ahead for kind in ruled[place] or ()}
    return Route({kind: first(kind) for kind in named}, first(None))
