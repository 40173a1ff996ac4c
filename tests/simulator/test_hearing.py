"""Tests of the voice activity detection."""

from collections.abc import Iterable

import pytest

from app.simulator.hearing import PATIENCE, Detection, Ear, Started, Stopped, detection_of, energy
from app.simulator.sound import BYTES_PER_MS, RATES
from tests.simulator.playing import silence, speech

SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}
USUAL = detection_of(SERVER_VAD)


def pieces(audio: bytes, milliseconds: int, format_name: str) -> Iterable[bytes]:
    size = milliseconds * BYTES_PER_MS[format_name]
    return (audio[at : at + size] for at in range(0, len(audio), size))


@pytest.mark.parametrize("format_name", RATES)
@pytest.mark.parametrize("piece_ms", [1, 7, 20, 100, 10_000])
def test_a_turn_is_heard_however_it_arrives(format_name: str, piece_ms: int) -> None:
    """Speech between silences is one turn, with padding before and silence after it; pieces change nothing."""
    ear = Ear()
    voice = speech(format_name)
    audio = silence(1000, format_name) + voice + silence(1000, format_name)
    heard = [
        each for piece in pieces(audio, piece_ms, format_name) for each in ear.hear(piece, format_name, USUAL)
    ]
    length = len(voice) / BYTES_PER_MS[format_name]
    assert [type(each) for each in heard] == [Started, Stopped]
    assert heard[0].at_ms == 1000 - 300
    # The voice itself ends in a pause of 80 ms.
    assert 1000 + length - 80 + 200 - 20 <= heard[1].at_ms <= 1000 + length + 200


def test_two_turns() -> None:
    """After a turn the next begins no earlier than the last one ended, whatever the padding."""
    audio = (speech() + silence(220)) * 2
    heard = Ear().hear(audio, "pcm16", USUAL)
    assert [type(each) for each in heard] == [Started, Stopped, Started, Stopped]
    assert heard[0].at_ms == 0
    assert heard[2].at_ms == heard[1].at_ms


def test_silence_and_clicks_are_no_speech() -> None:
    """Neither silence nor one loud frame starts a turn, even at the lowest threshold."""
    ear = Ear()
    assert ear.hear(silence(2000), "pcm16", Detection(0.0, 300, 200)) == []
    assert ear.hear(speech()[: 20 * 48] + silence(500), "pcm16", USUAL) == []
    assert not ear.speaking


def test_the_threshold_counts() -> None:
    """Whispering passes a low threshold and not a high one."""
    whisper = bytes(each if at % 2 else 0 for at, each in enumerate(b"\x00\x01" * 24000))
    low, high = (detection_of({**SERVER_VAD, "threshold": threshold}) for threshold in (0.1, 0.9))
    assert Ear().hear(whisper, "pcm16", low)
    assert not Ear().hear(whisper, "pcm16", high)


def test_forgetting_begins_anew() -> None:
    """What is forgotten is no turn any more; the next one begins after it."""
    ear = Ear()
    ear.hear(speech(), "pcm16", USUAL)
    assert ear.speaking
    ear.forget()
    assert ear.hear(silence(1000), "pcm16", USUAL) == []


@pytest.mark.parametrize("eagerness", PATIENCE)
def test_semantic_detection_is_more_patient(eagerness: str) -> None:
    """Semantic detection waits longer than the server's, and the longer the less eager it is."""
    detection = detection_of({"type": "semantic_vad", "eagerness": eagerness})
    assert detection == Detection(USUAL.loudness, 300, PATIENCE[eagerness])
    assert USUAL.silence_ms < PATIENCE["high"] < PATIENCE["medium"] == PATIENCE["auto"] < PATIENCE["low"]


def test_energy_is_of_full_scale() -> None:
    """Energy is the root mean square: 1 for the loudest square wave, 0 for silence."""
    assert energy(b"\x00\x80" * 480, "pcm16") == 1.0
    assert energy(silence(20), "pcm16") == 0.0
    assert energy(b"\x00\x80", "pcm16") == 1.0
