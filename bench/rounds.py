"""The order of the measurements: all relays run beside each other, and are asked in turns, round after round.

So whatever else the machine does meanwhile falls on all of them. Each round begins with another relay.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from bench import arrivals, measures
from bench.figures import Rounds
from bench.running import Running, running
from bench.talk import Talk
from bench.traffic import traffic
from bench.variants import DIRECT, Variant

__all__ = ["FULL", "QUICK", "SWEEP", "Plan", "capacities", "measure"]

MOST_SESSIONS = 2048
BUSY = 0.85
"""The share of its core over which the generator, and not the relay, may be what is slow."""

FEW = 32
PROBE = 2.0
TRIALS = 3
"""How often something else on the machine may be at fault."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `levels` are the numbers of paced sessions; times in seconds.

    To open a session is over in a millisecond, and differs more from one time to the next than all else: it has
    `arrivals` rounds of its own, each of so many `connections`.
    """

    rounds: int
    levels: tuple[int, ...]
    paced: float
    saturated: float
    arrivals: int
    connections: int


FULL = Plan(rounds=5, levels=(20, 100), paced=2.0, saturated=1.0, arrivals=31, connections=40)
QUICK = Plan(rounds=3, levels=(20, 100), paced=0.8, saturated=0.4, arrivals=9, connections=40)
SWEEP = (10, 30, 100, 300)
"""Sessions, to see how the cost of an event goes with their number."""

Step = Callable[[Running], dict[str, float]]


def measure(talk: Talk, variants: Sequence[Variant], plan: Plan) -> Rounds:
    """Measure all of them."""
    results: dict[str, list[dict[str, float]]] = {each.name: [] for each in variants}
    with ExitStack() as stack:
        relays = [stack.enter_context(running(each, talk.port)) for each in variants]
        for number in range(plan.rounds):
            _round(talk, results, _turned(relays, number), _steps(talk, plan, first=number == 0))
            _note(f"round {number + 1} of {plan.rounds}")
        for number in range(plan.arrivals):
            _round(talk, results, _turned(relays, number), [_arrivals(talk, plan)])
        _note(f"{plan.arrivals} rounds of arrivals")
    return results


def _round(
    talk: Talk, results: dict[str, list[dict[str, float]]], relays: Sequence[Running], steps: Iterable[Step]
) -> None:
    for rounds in results.values():
        rounds.append({})
    for step in steps:
        for relay in relays:
            talk.said = traffic(relay.variant.generation)
            results[relay.variant.name][-1] |= _told(step, relay)


def _told(step: Step, relay: Running) -> dict[str, float]:
    """Take a step; where it fails, say whose it was."""
    try:
        return step(relay)
    except (OSError, RuntimeError) as error:
        error.add_note(f"It was the turn of {relay.variant.name}.")
        raise


def _steps(talk: Talk, plan: Plan, *, first: bool) -> Iterator[Step]:
    """List what is done in a round; memory is measured while the processes are fresh."""
    if first:
        yield lambda relay: {} if relay.pid is None else measures.memory(talk, relay)
    for count in plan.levels:
        yield lambda relay, count=count: measures.paced(talk, relay, count, plan.paced)  # type: ignore[misc]
    yield lambda relay: measures.saturated(talk, relay, "up", plan.saturated)
    yield lambda relay: measures.saturated(talk, relay, "down", plan.saturated)
    yield lambda relay: {} if relay.pid is None else arrivals.burst(talk, relay)


def _arrivals(talk: Talk, plan: Plan) -> Step:
    return lambda relay: {} if relay.pid is None else arrivals.one_by_one(talk, relay, plan.connections)


def _turned(relays: list[Running], number: int) -> list[Running]:
    first = number % len(relays)
    return relays[first:] + relays[:first]


def capacities(talk: Talk, variants: Sequence[Variant], limits: Sequence[float]) -> dict[str, list[str]]:
    """Say for each relay how many paced sessions one core holds, with 99 % of the delays under each limit."""
    found = {}
    for variant in variants:
        if variant is DIRECT:
            continue
        talk.said = traffic(variant.generation)
        with running(variant, talk.port) as relay:
            found[variant.name] = [_capacity(talk, relay, limit) for limit in limits]
        _note(f"capacity of {variant.name}")
    return found


def _capacity(talk: Talk, relay: Running, limit: float) -> str:
    """Double until it is too much, then halve the gap."""
    good, bad, busy, count = 0, 0, False, FEW
    while count <= MOST_SESSIONS and (not bad or bad - good > good // 8):
        holds, slow = _holds(talk, relay, count, limit)
        good, bad, busy = (count, bad, busy) if holds else (good, count, slow)
        count = (good + bad) // 2 if bad else good * 2
    return f"{good}{' or more' if busy or not bad else ''}"


def _holds(talk: Talk, relay: Running, count: int, limit: float) -> tuple[bool, bool]:
    """Tell whether it holds so many, in one of a few trials, and whether the generator was what is slow."""
    busy = False
    for _ in range(TRIALS):
        figures = measures.paced(talk, relay, count, PROBE)
        if max(figures.get(f"{way}_{count}_0.99", limit * 2) for way in ("up", "down")) <= limit:
            return True, False
        busy = busy or figures[f"generator_load_{count}"] > BUSY
    return False, busy


def _note(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)  # noqa: T201 - tells that it lives
