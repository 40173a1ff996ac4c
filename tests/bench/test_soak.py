"""What a soak says of the samples that it took."""

import pytest

from bench.soak import STRETCHES, told

MIB = 2**20


def test_a_leak_is_told() -> None:
    """In KiB a minute."""
    samples = [(float(second), 70 * MIB + second * 1024.0) for second in range(240)]
    words = told("ours", samples)
    assert words.startswith("ours: +60.0 KiB a minute, ± 0.0 (95 %)")
    assert words.endswith("growth is there")


def test_what_goes_up_and_down_is_no_growth() -> None:
    """However far."""
    samples = [(float(second), (70 + second // 10 % 2) * float(MIB)) for second in range(STRETCHES * 10)]
    assert told("ours", samples).endswith("growth cannot be told from none")


def test_too_short_a_soak_says_so() -> None:
    """Of a few samples no line is drawn."""
    with pytest.raises(ValueError, match="takes longer"):
        told("ours", [(0.0, 1.0)])
