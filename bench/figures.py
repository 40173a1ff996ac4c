"""The statistics: quantiles of delays, medians over rounds, ratios within a round, and how noisy it all was.

Pure. A round is what was measured within a minute or so: a machine that others use, too, is equally slow for all
in it. So ratios are taken within rounds, and only then their median.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean, median

__all__ = ["QUANTILES", "Figures", "Rounds", "added", "median_of", "quantile", "ratio_of", "slope", "spread_of"]

Figures = Mapping[str, float]
"""What was measured of one relay in one round, by name."""

Rounds = Mapping[str, Sequence[Figures]]
"""The rounds of each relay, by its name. A round in which a relay was not measured holds nothing of it."""

QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of them does not exceed; they are sorted."""
    return values[min(len(values) - 1, int(share * len(values)))]


def median_of(rounds: Rounds, relay: str, name: str) -> float | None:
    """Return the median over the rounds, or None where it was not measured."""
    values = [figures[name] for figures in rounds.get(relay, ()) if name in figures]
    return median(values) if values else None


def ratio_of(rounds: Rounds, relay: str, base: str, name: str) -> float | None:
    """Return the median of the ratios to another relay's figure of the same round."""
    pairs = zip(rounds.get(relay, ()), rounds.get(base, ()), strict=False)
    ratios = [ours[name] / theirs[name] for ours, theirs in pairs if name in ours and theirs.get(name)]
    return median(ratios) if ratios else None


def added(rounds: Rounds, relay: str, direct: str, name: str) -> float | None:
    """Return the median of the differences to what the same takes without a relay, never below 0."""
    pairs = zip(rounds.get(relay, ()), rounds.get(direct, ()), strict=False)
    added = [max(0.0, ours[name] - theirs[name]) for ours, theirs in pairs if name in ours and name in theirs]
    return median(added) if added else None


def spread_of(rounds: Rounds, relay: str, name: str) -> float | None:
    """Return how far the rounds lie apart, as a share of their median."""
    values = [figures[name] for figures in rounds.get(relay, ()) if name in figures]
    middle = median(values) if values else 0.0
    return (max(values) - min(values)) / middle if middle else None


SURE = 2.1
"""Standard errors to either side, in which the truth lies 95 times of 100: Student's t for about 20 points."""


def slope(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the slope of the straight line through the points, and how far it may be off (95 %).

    Neighbours that miss the line alike are no two witnesses: by their correlation there are fewer of them, as for
    an autoregressive process of the first order (Santer et al. 2000, doi:10.1029/1999JD901105).
    """
    across, up = (fmean(each) for each in zip(*points, strict=True))
    spread = sum((x - across) ** 2 for x, _ in points)
    found = sum((x - across) * (y - up) for x, y in points) / spread
    missed = [y - up - found * (x - across) for x, y in points]
    squares = sum(each**2 for each in missed)
    alike = max(0.0, sum(one * other for one, other in pairwise(missed)) / squares) if squares else 0.0
    witnesses = len(points) * (1 - alike) / (1 + alike)
    return found, SURE * sqrt(squares / (len(points) - 2) / spread * len(points) / witnesses)
