"""Tests of the audio formats."""

import pytest

from app.simulator.sound import BYTES_PER_MS, RATES, decoded, encoded, milliseconds

COMPANDED = ("g711_ulaw", "g711_alaw")


@pytest.mark.parametrize(
    ("format_name", "code", "sample"),
    [
        ("g711_ulaw", 0xFF, 0),
        ("g711_ulaw", 0x80, 32124),
        ("g711_ulaw", 0x00, -32124),
        ("g711_ulaw", 0xEF, 132),
        ("g711_alaw", 0xD5, 8),
        ("g711_alaw", 0x55, -8),
        ("g711_alaw", 0xAA, 32256),
        ("g711_alaw", 0x2A, -32256),
    ],
)
def test_g711_is_the_standards(format_name: str, code: int, sample: int) -> None:
    """Codes mean the samples that the tables of ITU-T G.711 give."""
    assert list(decoded(bytes([code]), format_name)) == [sample]


@pytest.mark.parametrize("format_name", COMPANDED)
def test_every_code_survives(format_name: str) -> None:
    """What is decoded and encoded again is the same sound (G.711 has two codes for zero in mu-law)."""
    samples = decoded(bytes(range(256)), format_name)
    assert list(decoded(encoded(samples, format_name), format_name)) == list(samples)


@pytest.mark.parametrize("format_name", RATES)
def test_encoding_stays_near(format_name: str) -> None:
    """A sample that is encoded differs by no more than a step of its format: a sixteenth of its size, or 16."""
    samples = range(-32768, 32768, 97)
    heard = decoded(encoded(samples, format_name), format_name)
    assert all(
        abs(before - after) <= max(16, abs(before) / 16) for before, after in zip(samples, heard, strict=True)
    )


@pytest.mark.parametrize("format_name", RATES)
def test_a_second_is_a_second(format_name: str) -> None:
    """A second of samples lasts 1000 ms in each format."""
    second = encoded([0] * RATES[format_name], format_name)
    assert (len(second), milliseconds(second, format_name)) == (1000 * BYTES_PER_MS[format_name], 1000.0)
