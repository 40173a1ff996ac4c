"""Quantiles, medians and ratios."""

import random

import pytest

from bench.figures import added, median_of, quantile, ratio_of, slope, spread_of

ROUNDS = {
    "direct": [{"delay": 1.0}, {"delay": 2.0}],
    "base": [{"cpu": 2.0, "delay": 3.0}, {"cpu": 10.0, "delay": 3.0}, {"cpu": 4.0}],
    "ours": [{"cpu": 4.0, "delay": 2.5}, {"cpu": 30.0, "delay": 1.0}, {"cpu": 4.0}],
}


@pytest.mark.parametrize(("share", "value"), [(0.0, 0), (0.5, 50), (0.99, 99), (1.0, 99)])
def test_a_quantile_is_one_of_the_values(share: float, value: int) -> None:
    """The largest is the last of them."""
    assert value == quantile(range(100), share)


def test_a_median_is_taken_over_the_rounds() -> None:
    """One wild round does not count."""
    assert median_of(ROUNDS, "base", "cpu") == 4.0


def test_a_ratio_is_taken_within_a_round() -> None:
    """A round in which everything was slow says as much as the others."""
    assert ratio_of(ROUNDS, "ours", "base", "cpu") == 2.0


def test_what_a_relay_adds_is_a_difference_within_a_round() -> None:
    """It is never less than nothing."""
    assert added(ROUNDS, "ours", "direct", "delay") == 0.75


def test_the_spread_is_a_share_of_the_median() -> None:
    """8 of 4."""
    assert spread_of(ROUNDS, "base", "cpu") == 2.0


def test_what_was_not_measured_is_none() -> None:
    """Neither figures nor relays that are not there."""
    assert [
        median_of(ROUNDS, "ours", "memory"),
        median_of(ROUNDS, "nobody", "cpu"),
        ratio_of(ROUNDS, "ours", "nobody", "cpu"),
        added(ROUNDS, "ours", "nobody", "delay"),
        spread_of(ROUNDS, "direct", "cpu"),
    ] == [None] * 5


def test_nothing_has_no_spread() -> None:
    """There is no share of 0."""
    assert spread_of({"ours": [{"lost": 0.0}]}, "ours", "lost") is None


def test_a_straight_line_has_a_sure_slope() -> None:
    """Wherever it begins."""
    found, sure = slope([(float(x), 100 + 3.0 * x) for x in range(24)])
    assert found == pytest.approx(3)
    assert sure == pytest.approx(0, abs=1e-6)


def test_what_goes_up_and_down_has_no_slope_that_is_sure() -> None:
    """The truth may lie on either side of nothing."""
    found, sure = slope([(float(x), float(x % 2)) for x in range(24)])
    assert abs(found) < sure


@pytest.mark.parametrize(("grows", "told"), [(0.0, range(250)), (0.5, range(950, 1001))])
def test_what_wanders_is_seldom_taken_for_growth(grows: float, told: range) -> None:
    """Each value depends on the one before it; what grows beside that is still seen."""
    chance, sure = random.Random(7), 0  # noqa: S311 - the same each time
    for _ in range(1000):
        level, points = 0.0, []
        for x in range(24):
            level = 0.6 * level + chance.gauss(0, 1)
            points.append((float(x), level + grows * x))
        found, error = slope(points)
        sure += abs(found) > error
    assert sure in told
