"""`python -m bench`: measures this relay beside others, and prints the tables; `--write` puts them into the docs.

The relays run on one core, the generator on another. It ends by itself, and ends what it began.
"""
# ruff: noqa: T201 - a command prints

import argparse
import gc
import sys
from collections.abc import Sequence
from dataclasses import replace

from bench import page
from bench.report import pictures, report
from bench.rounds import FULL, QUICK, SWEEP, capacities, measure
from bench.running import on_generators_core
from bench.soak import soak
from bench.talk import Talk
from bench.variants import HERE, LOCKED_OURS, chosen, named

__all__ = ["main"]

LIMITS = (0.010, 0.020)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; returns the exit status."""
    options = _options(arguments)
    plan = QUICK if options.quick else FULL
    plan = replace(plan, levels=SWEEP) if options.sweep else plan
    variants, missing = chosen(set(options.only), litellm=options.litellm)
    for words in missing:
        print(words, file=sys.stderr)
    on_generators_core()
    gc.disable()  # nothing here makes circles, and a pause would be taken for a delay
    talk = Talk()
    try:
        if options.soak:
            print(soak(talk, named(LOCKED_OURS), options.soak))
            return 0
        rounds = measure(talk, variants, plan)
        held = capacities(talk, variants, LIMITS) if options.capacity else {}
    finally:
        talk.close()
    text = report(rounds, variants, plan, held)
    print(text)
    if options.write:
        page.write(HERE.parent / "docs", text, pictures(rounds, variants, plan))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few minutes instead of fifteen: less sure")
    parser.add_argument(
        "--sweep", action="store_true", help="from 10 to 300 sessions: does an event cost the same?"
    )
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="only this: does the memory grow?")
    parser.add_argument("--write", action="store_true", help="put the report into docs/performance.md")
    parser.add_argument("--capacity", action="store_true", help="also search how many sessions one core holds")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these relays, direct and nginx")
    parser.add_argument("--litellm", metavar="PROGRAM", help="measure LiteLLM's proxy, too, by this `litellm`")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
