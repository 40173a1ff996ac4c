"""The figures as Markdown: medians over rounds.

Beside CPU stands its ratio to the base of the same round, in parentheses.
"""
# ruff: noqa: RUF001 - a page for people

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.figures import Rounds, added, median_of, ratio_of, spread_of

__all__ = ["Column", "cost", "delay", "memory", "noise", "setup", "table"]

DIRECT = "direct"

Cell = Callable[[Rounds, str, str], str]
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and what stands below it for a relay: `cell(rounds, relay, base)`."""

    title: str
    cell: Cell


def table(rounds: Rounds, relays: Sequence[str], columns: Sequence[Column], base: str) -> str:
    """Write a table with a row for each relay."""
    lines = [
        ["", *(column.title for column in columns)],
        ["---", *("---:" for _ in columns)],
        *([relay, *(column.cell(rounds, relay, base) for column in columns)] for relay in relays),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cost(rounds: Rounds, relays: Sequence[str], levels: Sequence[int], base: str) -> str:
    """Write what one event costs, in microseconds of CPU."""
    columns = [Column(f"{level} sessions", _cpu(f"cpu_{level}")) for level in levels]
    columns += [Column("up, saturated", _cpu("cpu_up")), Column("down, saturated", _cpu("cpu_down"))]
    columns += [Column("the generator's own, at the most sessions", _plain(f"generator_{levels[-1]}", 1e6))]
    return table(rounds, relays, columns, base)


def delay(rounds: Rounds, relays: Sequence[str], levels: Sequence[int], base: str) -> str:
    """Write what a relay adds to the delay of the direct way, in milliseconds."""
    columns = [
        Column(f"{way} p{round(share * 100)}, {level} sessions", _added(f"{way}_{level}_{share}"))
        for level in levels
        for way in ("up", "down")
        for share in (0.5, 0.99)
    ]
    return table(rounds, relays, columns, base)


def memory(rounds: Rounds, relays: Sequence[str], base: str) -> str:
    """Write the memory in MiB, and by session in KiB."""
    columns = [
        Column("at the start, MiB", _plain("memory_base", 2**-20)),
        Column("an idle session, KiB", _plain("memory_idle", 2**-10)),
        Column("a client that does not read, KiB", _plain("memory_stuck", 2**-10)),
        Column("… and in the kernel, KiB", _plain("kernel_stuck", 2**-10)),
    ]
    return table(rounds, relays, columns, base)


def setup(rounds: Rounds, relays: Sequence[str], base: str) -> str:
    """Write what a session costs to open and to close, in milliseconds of CPU, and how a burst went."""
    columns = [
        Column("to open", _cpu("open", 1e3, 2)),
        Column("to close", _cpu("close", 1e3, 2)),
        Column("200 at once: not let in", _most("burst_failed")),
        Column("… open after, s", _plain("burst_seconds", 1, 2)),
        Column("… longest delay of 20 who talk, ms", _plain("burst_delay", 1e3)),
    ]
    return table(rounds, relays, columns, base)


def noise(rounds: Rounds, relays: Sequence[str], levels: Sequence[int], base: str) -> str:
    """Write how far the rounds lie apart, and how long others had the relays' core."""
    names = [str(levels[-1]), "up", "down"]
    columns = [Column(f"rounds apart: {name}", _share(_spread(f"cpu_{name}"))) for name in names]
    columns += [Column("rounds apart: to open", _share(_spread("open")))]
    columns += [Column(f"core taken: {name}", _share(_median(f"waited_{name}"))) for name in names]
    columns += [Column("events lost", _plain("lost", 1, 0))]
    return table(rounds, relays, columns, base)


def _cpu(name: str, scale: float = 1e6, digits: int = 1) -> Cell:
    def cell(rounds: Rounds, relay: str, base: str) -> str:
        value, ratio = median_of(rounds, relay, name), ratio_of(rounds, relay, base, name)
        if not value:
            return NOTHING
        return f"{value * scale:.{digits}f}" + ("" if ratio is None else f" (× {ratio:.2f})")

    return cell


def _plain(name: str, scale: float, digits: int = 1) -> Cell:
    def cell(rounds: Rounds, relay: str, base: str) -> str:  # noqa: ARG001 - every cell is asked the same
        value = median_of(rounds, relay, name)
        return NOTHING if value is None else f"{value * scale:.{digits}f}"

    return cell


def _most(name: str) -> Cell:
    """Show the worst of all rounds: what failed once has failed."""

    def cell(rounds: Rounds, relay: str, base: str) -> str:  # noqa: ARG001 - every cell is asked the same
        values = [figures[name] for figures in rounds.get(relay, ()) if name in figures]
        return f"{max(values):.0f}" if values else NOTHING

    return cell


def _added(name: str) -> Cell:
    def cell(rounds: Rounds, relay: str, base: str) -> str:  # noqa: ARG001 - every cell is asked the same
        if relay == DIRECT:
            value = median_of(rounds, relay, name)
            return NOTHING if value is None else f"{value * 1e3:.2f} in all"
        value = added(rounds, relay, DIRECT, name)
        return NOTHING if value is None else f"{value * 1e3:.2f}"

    return cell


def _spread(name: str) -> Callable[[Rounds, str], float | None]:
    return lambda rounds, relay: spread_of(rounds, relay, name)


def _median(name: str) -> Callable[[Rounds, str], float | None]:
    return lambda rounds, relay: median_of(rounds, relay, name)


def _share(value_of: Callable[[Rounds, str], float | None]) -> Cell:
    def cell(rounds: Rounds, relay: str, base: str) -> str:  # noqa: ARG001 - every cell is asked the same
        value = value_of(rounds, relay)
        return NOTHING if value is None else f"{value:.0%}"

    return cell
