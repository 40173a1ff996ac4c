"""A voice for the microphone: espeak-ng says a question into a wav file, with a pause behind it."""

import subprocess
import wave
from pathlib import Path

from tests.programs import program

QUESTION = "Hello there, can you hear me?"
PAUSE_BEFORE, PAUSE_BEHIND = 0.4, 2.6
"""Seconds. The service takes the turn after half a second of silence; its answer is longer than the pause is, so
that the next question, which is the same, comes into it."""


def record(path: Path) -> Path:
    """Write the file; the browser plays it in a loop."""
    spoken = path.with_suffix(".spoken.wav")
    command = [program("espeak-ng"), "-v", "en", "-a", "180", "-w", str(spoken), QUESTION]
    subprocess.run(command, check=True, timeout=30)  # noqa: S603 - fixed words
    with wave.open(str(spoken)) as source, wave.open(str(path), "wb") as target:
        target.setparams(source.getparams())
        rate = source.getframerate()
        target.writeframes(bytes(2 * int(rate * PAUSE_BEFORE)))
        target.writeframes(source.readframes(rate * 60))
        target.writeframes(bytes(2 * int(rate * PAUSE_BEHIND)))
    return path
