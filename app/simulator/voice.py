"""Says words with a voice: a buzz of harmonics in syllables, at the pitch of the voice, with pauses between words.

Nobody takes it for a person, but it has the rhythm, the loudness and the length of speech. Every pitch period is
made once and kept, so that a second of sound costs about a millisecond.
"""

import math
import re
from functools import lru_cache

from app.simulator.sound import BYTES_PER_MS, RATES, encoded

__all__ = ["say"]

PITCH = {
    "alloy": 165,
    "ash": 115,
    "ballad": 130,
    "coral": 205,
    "echo": 110,
    "sage": 190,
    "shimmer": 220,
    "verse": 125,
    "marin": 210,
    "cedar": 105,
}
"""Hertz of the fundamental; a voice of somebody's own speaks like alloy."""

FORMANTS = {"a": (800, 1200), "e": (500, 1900), "i": (300, 2300), "o": (500, 900), "u": (350, 700)}
"""Hertz of the two resonances that make a vowel."""

LOUDNESS = (0.35, 0.75, 1.0, 0.9, 0.7, 0.45)
"""How a syllable swells and fades."""

PEAK = 9000
SYLLABLE_MS = 150
PAUSE_MS = 80
SILENCE = {"pcm16": b"\0\0", "g711_ulaw": b"\xff", "g711_alaw": b"\xd5"}


def say(word: str, voice: str, format_name: str, speed: float = 1.0) -> bytes:
    """Return one spoken word and the pause behind it, as audio in the given format."""
    pitch = PITCH.get(voice, PITCH["alloy"])
    vowels = re.findall(r"[aeiou]", word.lower()) or ["e"]
    spoken = b"".join(
        _syllable(vowel, pitch * (100 - 4 * (at % 3)) // 100, format_name, speed)
        for at, vowel in enumerate(vowels)
    )
    pause = int(PAUSE_MS / speed) * BYTES_PER_MS[format_name] // len(SILENCE[format_name])
    return spoken + SILENCE[format_name] * pause


def _syllable(vowel: str, pitch: int, format_name: str, speed: float) -> bytes:
    periods = max(len(LOUDNESS), int(SYLLABLE_MS / speed * pitch / 1000))
    return b"".join(
        _period(vowel, pitch, format_name, LOUDNESS[at * len(LOUDNESS) // periods]) for at in range(periods)
    )


@lru_cache(maxsize=2048)
def _period(vowel: str, pitch: int, format_name: str, loudness: float) -> bytes:
    rate = RATES[format_name]
    length = rate // pitch
    harmonics = [(n, _strength(vowel, n * pitch)) for n in range(1, min(3000, rate // 2) // pitch)]
    wave = [
        sum(strength * math.sin(2 * math.pi * n * at / length) for n, strength in harmonics)
        for at in range(length)
    ]
    peak = max(abs(each) for each in wave)
    return encoded([int(each / peak * PEAK * loudness) for each in wave], format_name)


def _strength(vowel: str, frequency: float) -> float:
    """Tell how loud a harmonic is: falling with the frequency, raised near a formant."""
    near = sum(1 / (1 + ((frequency - formant) / 150) ** 2) for formant in FORMANTS[vowel])
    return (0.1 + near) * 200 / (200 + frequency)
