"""The report: tables and pictures of one run, with what they were measured on."""

import platform
import re
import subprocess
import time
from collections.abc import Sequence
from importlib.metadata import version

from bench import tables
from bench.figures import QUANTILES, Rounds, median_of
from bench.machine import named, wake_cost
from bench.picture import axis_of, curves
from bench.promises import promised
from bench.rounds import Plan
from bench.variants import BASE, DIRECT, Variant

# ruff: noqa: RUF001 - a page for people

__all__ = ["pictures", "report"]

PACKAGES = ("uvicorn", "websockets", "uvloop", "aiohttp", "fastapi", "msgspec")


def report(rounds: Rounds, variants: Sequence[Variant], plan: Plan, capacities: dict[str, list[str]]) -> str:
    """Write all tables."""
    names = [each.name for each in variants]
    relays = [name for name in names if name != DIRECT.name]
    parts = [
        _measured_on(plan),
        "\n".join(f"- **{each.name}**: {each.about}" for each in variants),
        f"CPU of an event, in µs (× {BASE}):\n\n" + tables.cost(rounds, names, plan.levels, BASE),
        "![CPU of an event](performance-cpu.svg)",
        "Delay that is added, in ms:\n\n" + tables.delay(rounds, names, plan.levels[-2:], BASE),
        "![Delay of an event](performance-delay.svg)",
        "Memory:\n\n" + tables.memory(rounds, relays, BASE),
        f"Sessions that come and go, in ms of CPU (× {BASE}); ours with a ticket each:\n\n"
        + tables.setup(rounds, relays, BASE),
        "What is promised, of this relay under `locked`:\n\n" + promised(rounds, plan.levels),
        "How sure this is:\n\n" + tables.noise(rounds, names, plan.levels, BASE),
    ]
    if capacities:
        parts.append("Sessions on one core:\n\n" + _capacities(capacities))
    return "\n\n".join(parts)


def pictures(rounds: Rounds, variants: Sequence[Variant], plan: Plan) -> dict[str, str]:
    """Draw the CPU of an event against the sessions, and the distribution of delays."""
    names = [each.name for each in variants]  # all of them in both, so that each keeps its colour
    most = plan.levels[-1]
    cpu = {name: _line(rounds, name, [(level, f"cpu_{level}", 1e6) for level in plan.levels]) for name in names}
    shares = [(1 / (1 - share), f"up_{most}_{share}", 1e3) for share in QUANTILES]
    delays = {name: _line(rounds, name, shares) for name in names}
    return {
        "cpu": _picture("CPU of an event, µs", cpu, "sessions", tuple(map(float, plan.levels))),
        "delay": _picture(
            f"Delay upwards at {most} sessions, ms",
            delays,
            "one event in so many takes longer",
            (2, 10, 100, 1000),
        ),
    }


def _line(rounds: Rounds, relay: str, points: Sequence[tuple[float, str, float]]) -> list[tuple[float, float]]:
    values = [(x, median_of(rounds, relay, name), scale) for x, name, scale in points]
    return [(x, value * scale) for x, value, scale in values if value]


def _picture(
    title: str, lines: dict[str, list[tuple[float, float]]], across: str, marks: tuple[float, ...]
) -> str:
    points = [point for line in lines.values() for point in line]
    horizontal = axis_of(across, [x for x, _ in points], marks)
    return curves(title, lines, horizontal, axis_of("", [y for _, y in points]))


def _measured_on(plan: Plan) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}: {named()}; Python {platform.python_version()}, {_nginx()},"
        f" {versions}. Relays on one core, generator and upstream on another; medians of {plan.rounds} rounds,"
        f" of what it takes to open and to close of {plan.arrivals}."
        f" To wait for an event and wake up costs {wake_cost() * 1e6:.0f} µs of CPU here, whoever does it:"
        " at the pace of speech nearly every event is waited for."
    )


def _nginx() -> str:
    try:
        told = subprocess.run(["nginx", "-v"], capture_output=True, text=True, timeout=5, check=False).stderr  # noqa: S607 - whichever is found is what was measured
    except OSError:
        return "no nginx"
    found = re.search(r"nginx/[\d.]+", told)
    return found.group().replace("/", " ") if found else "nginx"


def _capacities(capacities: dict[str, list[str]]) -> str:
    lines = ["| | p99 under 10 ms | p99 under 20 ms |", "| --- | ---: | ---: |"]
    return "\n".join(lines + [f"| {name} | {' | '.join(found)} |" for name, found in capacities.items()])
