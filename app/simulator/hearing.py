"""Hears when somebody speaks: voice activity by the energy of 20 ms frames.

Pure, and on the clock of the audio itself: offsets are milliseconds since the first sample that was ever sent, so
the speed at which audio arrives changes nothing.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.simulator.sound import BYTES_PER_MS, decoded

__all__ = ["Detection", "Ear", "Started", "Stopped", "detection_of"]

FRAME_MS = 20
FRAMES_TO_START = 2
"""A click is no speech: it takes so many loud frames in a row."""
SAMPLES_MEASURED = 60
"""Of each frame only so many samples are measured: enough for its energy."""
FULL_SCALE = 32768
LOUDNESS = 0.04
"""The energy (root mean square, of full scale) that a threshold of 1 means: a loud voice near a microphone."""

PATIENCE = {"low": 4000, "medium": 2000, "auto": 2000, "high": 1000}
"""Milliseconds of silence after which semantic VAD takes a turn for ended: half of its documented maxima, since
nothing here understands what was said."""


@dataclass(frozen=True, slots=True)
class Detection:
    """How turns are detected: loudness of speech (of full scale), milliseconds of padding and of silence."""

    loudness: float
    padding_ms: int
    silence_ms: int


@dataclass(frozen=True, slots=True)
class Started:
    """Speech began; `at_ms` counts the padding in."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """Speech ended; `at_ms` counts the silence in."""

    at_ms: int


def detection_of(turn_detection: Mapping[str, Any]) -> Detection:
    """Read a session's complete `turn_detection`, of either type."""
    if turn_detection["type"] == "semantic_vad":
        return Detection(0.5 * LOUDNESS, 300, PATIENCE[turn_detection["eagerness"]])
    return Detection(
        turn_detection["threshold"] * LOUDNESS,
        turn_detection["prefix_padding_ms"],
        turn_detection["silence_duration_ms"],
    )


class Ear:
    """Follows one stream of audio in one format."""

    def __init__(self) -> None:
        self.speaking = False
        self.at_ms: float = 0
        self._stopped_ms: float = 0
        self._loud = 0
        self._quiet_ms = 0
        self._rest = b""

    def hear(self, audio: bytes, format_name: str, detection: Detection) -> list[Started | Stopped]:
        """Take more audio; returns what happened in it, in order."""
        size = FRAME_MS * BYTES_PER_MS[format_name]
        audio = self._rest + audio
        whole = len(audio) - len(audio) % size
        self._rest = audio[whole:]
        heard = (
            self._frame(energy(audio[at : at + size], format_name), detection) for at in range(0, whole, size)
        )
        return [each for each in heard if each is not None]

    def skip(self, milliseconds: float) -> None:
        """Let audio pass without listening to it."""
        self._rest = b""
        self.at_ms += milliseconds

    def forget(self) -> None:
        """Begin anew: what was spoken so far is somebody else's business."""
        self.speaking, self._loud, self._quiet_ms, self._stopped_ms = False, 0, 0, self.at_ms

    def _frame(self, level: float, detection: Detection) -> Started | Stopped | None:
        self.at_ms += FRAME_MS
        loud = level > detection.loudness
        if self.speaking:
            return self._after_start(loud=loud, silence_ms=detection.silence_ms)
        self._loud = self._loud + 1 if loud else 0
        if self._loud < FRAMES_TO_START:
            return None
        self.speaking, self._quiet_ms = True, 0
        return Started(int(max(self._stopped_ms, self.at_ms - self._loud * FRAME_MS - detection.padding_ms)))

    def _after_start(self, *, loud: bool, silence_ms: int) -> Stopped | None:
        self._quiet_ms = 0 if loud else self._quiet_ms + FRAME_MS
        if loud or self._quiet_ms < silence_ms:
            return None
        self.forget()
        return Stopped(int(self.at_ms))


def energy(audio: bytes, format_name: str) -> float:
    """Measure audio: the root mean square of some of its samples, of full scale."""
    samples = decoded(audio, format_name)
    measured = samples[:: max(1, len(samples) // SAMPLES_MEASURED)]
    return math.sqrt(sum(each * each for each in measured) / len(measured)) / FULL_SCALE
