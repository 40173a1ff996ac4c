"""The soak: whether the memory grows of a relay whose sessions talk, come and go for minutes.

The slope is that of a straight line through the means of equal stretches of time, by least squares. Neighbouring
stretches depend on each other, since a page that was touched stays: how sure the slope is allows for that. What
the relay takes to warm up is left out.
"""

import time
from collections.abc import Iterator
from statistics import fmean

from bench.figures import slope
from bench.measures import sessions
from bench.running import Running, running
from bench.talk import Pair, Talk
from bench.traffic import traffic
from bench.variants import Variant

__all__ = ["soak"]

TALKING, COMING = 20, 10
"""Sessions that talk all the time, and how many come and go between two samples."""

WARM_UP = 600.0
"""Seconds until the heap has the size that this traffic needs, after some thousand sessions; they do not count."""

STRETCHES = 24
EVERY = 1.0
"""Seconds of talk between two samples."""


def soak(talk: Talk, variant: Variant, minutes: float) -> str:
    """Return in words how fast the memory of a relay grows, over so many minutes behind its warming up."""
    talk.said = traffic(variant.generation)
    with running(variant, talk.port) as relay, sessions(talk, relay.way, TALKING) as pairs:
        samples = list(_samples(talk, relay, pairs, minutes * 60))
    return told(variant.name, samples)


def _samples(talk: Talk, relay: Running, pairs: list[Pair], seconds: float) -> Iterator[tuple[float, float]]:
    """Yield seconds and bytes; the traffic pauses while others come and go, for sessions open in their order."""
    began = time.monotonic()
    while (now := time.monotonic() - began) < WARM_UP + seconds:
        talk.pace(pairs)
        talk.engine.run(EVERY)
        talk.hush(pairs)
        with sessions(talk, relay.way, COMING):
            talk.engine.run(0.0)
        if now >= WARM_UP:
            yield now, float(relay.memory())


def told(name: str, samples: list[tuple[float, float]]) -> str:
    """Say the slope and how sure it is. Raises `ValueError` for fewer samples than it takes."""
    size = len(samples) // STRETCHES
    if size == 0:
        raise ValueError(f"a soak takes longer: there are {len(samples)} samples, and {STRETCHES} are needed")
    means = [_mean(samples[start : start + size]) for start in range(0, size * STRETCHES, size)]
    per_second, error = slope(means)
    growth, sure = (value * 60 / 1024 for value in (per_second, error))
    verdict = "cannot be told from none" if abs(growth) <= sure else "is there"
    return (
        f"{name}: {growth:+.1f} KiB a minute, ± {sure:.1f} (95 %), over {samples[-1][0] - samples[0][0]:.0f} s"
        f" from {samples[0][1] / 2**20:.1f} MiB to {samples[-1][1] / 2**20:.1f} MiB: growth {verdict}"
    )


def _mean(samples: list[tuple[float, float]]) -> tuple[float, float]:
    return fmean(at for at, _ in samples), fmean(size for _, size in samples)
