"""What this relay promises, beside what a run has measured: ratios of the same rounds, and memory."""
# ruff: noqa: RUF001 - a page for people

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.figures import Rounds, added, median_of, ratio_of
from bench.variants import BASE, DIRECT, FASTAPI, LITELLM_NAME, LOCKED_OURS, OURS, RTMT, TRANSLATING

__all__ = ["promised"]

Measured = Callable[[Rounds], float | None]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is to hold: `of` must not be more than `limit`. None is measured where a relay was left out."""

    words: str
    of: Measured
    limit: float
    unit: str = "×"

    def line(self, rounds: Rounds) -> str | None:
        """Write it as a row of the table, if it was measured."""
        value = self.of(rounds)
        if value is None:
            return None
        verdict = "yes" if value <= self.limit else "**no**"
        return f"| {self.words} | {self.limit:g} {self.unit} | {value:.2f} | {verdict} |"


def _ratio(name: str, other: str, relay: str = LOCKED_OURS) -> Measured:
    return lambda rounds: ratio_of(rounds, relay, other, name)


def _figure(name: str, scale: float) -> Measured:
    def measured(rounds: Rounds) -> float | None:
        value = median_of(rounds, LOCKED_OURS, name)
        return None if value is None else value * scale

    return measured


def _added_ratio(name: str) -> Measured:
    def measured(rounds: Rounds) -> float | None:
        ours, theirs = (added(rounds, relay, DIRECT.name, name) for relay in (LOCKED_OURS, RTMT))
        return ours / theirs if ours is not None and theirs else None

    return measured


def _growth(few: int, many: int) -> Measured:
    """Compare the cost of an event at many sessions with that at few, round by round."""

    def measured(rounds: Rounds) -> float | None:
        low, high = f"cpu_{few}", f"cpu_{many}"
        ratios = [each[high] / each[low] for each in rounds.get(LOCKED_OURS, ()) if each.get(low) and high in each]
        return median(ratios) if ratios else None

    return measured


PROMISES = (
    Promise(f"CPU of an event at 20 sessions, to {BASE}", _ratio("cpu_20", BASE), 3.1),
    Promise(f"CPU of an event at 100 sessions, to {BASE}", _ratio("cpu_100", BASE), 2.8),
    Promise(f"CPU of an event at 100 sessions, to {RTMT}", _ratio("cpu_100", RTMT), 0.85),
    Promise(f"CPU of an event at 100 sessions, to {LITELLM_NAME}", _ratio("cpu_100", LITELLM_NAME), 0.45),
    Promise(f"p50 added upwards at 100 sessions, to {RTMT}", _added_ratio("up_100_0.5"), 1),
    Promise(f"p99 added upwards at 100 sessions, to {RTMT}", _added_ratio("up_100_0.99"), 1),
    Promise(f"p50 added downwards at 100 sessions, to {RTMT}", _added_ratio("down_100_0.5"), 1),
    Promise(f"p99 added downwards at 100 sessions, to {RTMT}", _added_ratio("down_100_0.99"), 1),
    Promise("memory at the start", _figure("memory_base", 1e-6), 80, "MB"),
    Promise("memory of an idle session", _figure("memory_idle", 1e-3), 60, "kB"),
    Promise("growth by a client that does not read", _figure("memory_stuck", 2**-20), 1, "MiB"),
    Promise("… and in the kernel", _figure("kernel_stuck", 2**-20), 2, "MiB"),
    Promise(f"CPU to open a session, to {FASTAPI}", _ratio("open", FASTAPI), 1.4),
    Promise("of 200 that come at once, not let in", _figure("burst_failed", 1), 0, "at most"),
    Promise(f"CPU of an event, {TRANSLATING}, to {OURS}", _ratio("cpu_100", OURS, TRANSLATING), 1.25),
)


def promised(rounds: Rounds, levels: Sequence[int]) -> str:
    """Write the table; all is of the relay under `locked`, where nothing else is said."""
    flat = Promise(
        f"CPU of an event at {levels[-1]} sessions, to that at {levels[0]}", _growth(levels[0], levels[-1]), 1
    )
    lines = [line for each in (*PROMISES, flat) if (line := each.line(rounds))]
    return "\n".join(["| | limit | measured | held |", "| --- | ---: | ---: | --- |", *lines])
