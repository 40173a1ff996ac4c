"""What is promised, beside what was measured."""

from bench.promises import promised
from bench.variants import BASE, LOCKED_OURS

ROUNDS = {
    BASE: [{"cpu_20": 1.0, "cpu_100": 1.0}],
    LOCKED_OURS: [{"cpu_20": 3.0, "cpu_100": 2.9, "memory_base": 70e6, "burst_failed": 0.0}],
}


def test_each_promise_tells_whether_it_is_held() -> None:
    """A ratio is one of the same round; what was not measured is left out."""
    assert promised(ROUNDS, (20, 100)).splitlines()[2:] == [
        "| CPU of an event at 20 sessions, to nginx | 3.1 × | 3.00 | yes |",  # noqa: RUF001 - as on the page
        "| CPU of an event at 100 sessions, to nginx | 2.8 × | 2.90 | **no** |",  # noqa: RUF001 - as on the page
        "| memory at the start | 80 MB | 70.00 | yes |",
        "| of 200 that come at once, not let in | 0 at most | 0.00 | yes |",
        "| CPU of an event at 100 sessions, to that at 20 | 1 × | 0.97 | yes |",  # noqa: RUF001 - as on the page
    ]


def test_nothing_measured_is_nothing_promised() -> None:
    """The table has its head alone."""
    assert len(promised({}, (20, 100)).splitlines()) == 2
