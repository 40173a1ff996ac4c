"""Tests of the simulated voice."""

import pytest

from app.simulator.hearing import energy
from app.simulator.sound import BYTES_PER_MS, RATES, decoded, milliseconds
from app.simulator.voice import PITCH, say


@pytest.mark.parametrize("format_name", RATES)
def test_a_word_is_audible_and_ends_in_a_pause(format_name: str) -> None:
    """A word is loud, no sample is out of range, and silence follows it."""
    audio = say("hello", "alloy", format_name)
    pause = 60 * BYTES_PER_MS[format_name]
    assert energy(audio[:-pause], format_name) > 0.05
    assert energy(audio[-pause:], format_name) < 0.001
    assert max(map(abs, decoded(audio, format_name))) < 10_000


@pytest.mark.parametrize("format_name", RATES)
def test_speech_has_the_length_of_speech(format_name: str) -> None:
    """A word takes between a tenth of a second and a second, about as long in each format."""
    length = milliseconds(say("simulated", "alloy", format_name), format_name)
    assert 400 < length < 1000
    assert abs(length - milliseconds(say("simulated", "alloy", "pcm16"), "pcm16")) < 60


def test_longer_words_take_longer() -> None:
    """Each vowel is a syllable; a word without one has one all the same."""
    lengths = [len(say(word, "alloy", "pcm16")) for word in ("hm", "banana", "extraordinary")]
    assert lengths == sorted(set(lengths))


def test_voices_differ() -> None:
    """No two voices sound alike, and a voice that is not known sounds like alloy."""
    assert len({say("hello", voice, "pcm16") for voice in PITCH}) == len(PITCH)
    assert say("hello", "voice_of_my_own", "pcm16") == say("hello", "alloy", "pcm16")


def test_speed_shortens() -> None:
    """At one and a half times the speed a word is shorter, at a quarter longer."""
    slow, usual, fast = (len(say("hello", "sage", "pcm16", speed)) for speed in (0.25, 1.0, 1.5))
    assert fast < usual < slow
