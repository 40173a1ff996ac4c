"""The tables."""
# ruff: noqa: RUF001 - a page for people

from bench import tables

ROUNDS = {
    "direct": [{"up_20_0.5": 0.0001, "generator_20": 4e-6}],
    "nginx": [{"cpu_20": 20e-6, "cpu_up": 2e-6, "up_20_0.5": 0.0003, "memory_base": 10 * 2**20}],
    "ours": [{"cpu_20": 50e-6, "cpu_up": 5e-6, "up_20_0.5": 0.0013, "waited_20": 0.25, "lost": 0.0}],
}
RELAYS = ["direct", "nginx", "ours"]


def cells(table: str) -> list[list[str]]:
    """Read the rows, without the line under the head."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    return [rows[0], *rows[2:]]


def test_the_cost_stands_beside_its_ratio() -> None:
    """Microseconds; who was not measured has a dash."""
    head, direct, nginx, ours = cells(tables.cost(ROUNDS, RELAYS, (20,), "nginx"))
    assert head[:4] == ["", "20 sessions", "up, saturated", "down, saturated"]
    assert direct == ["direct", "–", "–", "–", "4.0"]
    assert nginx == ["nginx", "20.0 (× 1.00)", "2.0 (× 1.00)", "–", "–"]
    assert ours == ["ours", "50.0 (× 2.50)", "5.0 (× 2.50)", "–", "–"]


def test_without_a_base_there_is_no_ratio() -> None:
    """The figures stand for themselves then."""
    assert cells(tables.cost(ROUNDS, ["ours"], (20,), "absent"))[1][1] == "50.0"


def test_the_delay_is_what_is_added_to_the_direct_one() -> None:
    """Milliseconds; the direct way shows all that it takes."""
    rows = cells(tables.delay(ROUNDS, RELAYS, (20,), "nginx"))
    assert [row[1] for row in rows] == ["up p50, 20 sessions", "0.10 in all", "0.20", "1.20"]


def test_memory_is_told_in_binary_units() -> None:
    """MiB for the process."""
    assert cells(tables.memory(ROUNDS, ["nginx"], "nginx"))[1][:3] == ["nginx", "10.0", "–"]


def test_connections_are_told_in_milliseconds() -> None:
    """With two digits; of what was not let in, the worst round counts."""
    rounds = {"ours": [{"open": 0.0015, "burst_failed": 2.0}, {"open": 0.0015, "burst_failed": 0.0}]}
    assert cells(tables.setup(rounds, ["ours"], "nginx"))[1] == ["ours", "1.50", "–", "2", "–", "–"]


def test_the_noise_is_told_in_percent() -> None:
    """Also how long others had the core."""
    row = cells(tables.noise(ROUNDS, ["ours"], (20,), "nginx"))[1]
    assert row == ["ours", "0%", "0%", "–", "–", "25%", "–", "–", "0"]
