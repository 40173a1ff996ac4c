"""Tests of app.protocol.audio: how much audio an event carries, measured without decoding it."""

import base64
import json
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.audio import AudioDelta, appended, decoded_size
from app.protocol.frame import APPEND, APPEND_HEAD, APPEND_TAIL, Append, Frame, from_client, from_upstream
from tests.harness import is_decoded

DELTA = "response.output_audio.delta"

WELL_FORMED = re.compile(r"([\w+/]{4})*([\w+/]{2}==|[\w+/]{3}=)?")
"""Base64 as RFC 4648 has it, section 4. Python's own decoder is laxer about the padding, by version."""

NO_BASE64 = ["A", "AA", "AAA", "AAAAA", "=", "==", "====", "A===", "AA=A", "=AAA", "AAAA====", "AA=AAA==", "A==="]
"""Of base64's alphabet, but too short, or with padding that is none."""


def canonical(audio: str) -> Frame:
    """Return an append as the relay reads it from its canonical spelling."""
    return from_client(APPEND_HEAD + audio.encode() + APPEND_TAIL)


def delta(**fields: Any) -> dict[str, Any]:
    """Return a delta of an item's audio, with fields replaced."""
    return {"type": DELTA, "item_id": "i1", "content_index": 0, "delta": "AAAA", **fields}


def as_text(event: dict[str, Any]) -> Frame:
    """Return the frame of an event that the upstream sent."""
    return from_upstream(json.dumps(event).encode())


@given(st.binary(max_size=200))
def test_the_size_is_that_of_the_audio(audio: bytes) -> None:
    """Of every length, in every spelling, up and down."""
    spelt = base64.b64encode(audio).decode()
    size = len(audio)
    assert size == decoded_size(spelt)
    assert size == appended(canonical(spelt))
    assert size == appended(Frame.of({"type": APPEND, "audio": spelt}))
    assert AudioDelta("i1", 0, size) == AudioDelta.of(as_text(delta(delta=spelt)))
    assert AudioDelta("i1", 0, size) == AudioDelta.of(Frame.of(delta(delta=spelt)))


@given(st.text("ABab09+/=", max_size=12))
def test_what_no_strict_decoder_takes_has_no_size(spelt: str) -> None:
    """Whatever is made of base64's alphabet: it has a size if, and only if, it is as the RFC has it."""
    well_formed = WELL_FORMED.fullmatch(spelt)
    expected = len(base64.b64decode(spelt)) if well_formed else None
    assert expected == decoded_size(spelt) == appended(canonical(spelt))


@pytest.mark.parametrize("audio", NO_BASE64)
def test_what_is_spelt_like_a_canonical_append_may_hold_no_base64(audio: str) -> None:
    """Its letters are right, their number or the padding is not: it is read like any other event."""
    frame = canonical(audio)
    assert not isinstance(frame, Append)
    assert appended(frame) is None


@pytest.mark.parametrize(
    "audio", [None, 1, ["AAAA"], "AA-_", "AA A", "AAA\n", "é===", "ÅÅÅÅ", "\ud800AAA", *NO_BASE64]
)
def test_audio_that_is_no_base64(audio: object) -> None:
    """Of another alphabet, with white space, or no string at all: it has no size."""
    assert appended(Frame.of({"type": APPEND, "audio": audio})) is None


def test_an_append_without_audio() -> None:
    """No size, as there is no base64."""
    assert appended(Frame.of({"type": APPEND})) is None


def test_a_delta_is_measured_without_its_event() -> None:
    """Its text is looked at as it came, spaces and the order of keys aside; nothing is decoded."""
    text = (
        b'{"delta" : "AAAAAA==" ,"x":{"item_id":"no"}, "content_index":2,"item_id":"i2", "type":"' + DELTA.encode()
    )
    frame = from_upstream(text + b'"}')
    assert AudioDelta("i2", 2, 4) == AudioDelta.of(frame)
    assert not is_decoded(frame)


def test_the_audio_of_a_delta_is_not_copied() -> None:
    """To measure it takes no room, however long it is."""
    frame = as_text(delta(delta="A" * 1_000_000))
    tracemalloc.start()
    assert AudioDelta("i1", 0, 750_000) == AudioDelta.of(frame)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


def test_a_delta_with_escapes() -> None:
    """A service that escapes the slash, as JSON may, says the same."""
    frame = from_upstream(
        b'{"type":"' + DELTA.encode() + b'","item_id":"i1","content_index":0,"delta":"\\/\\/8="}'
    )
    assert AudioDelta("i1", 0, 2) == AudioDelta.of(frame)


def test_a_delta_of_the_other_generation() -> None:
    """Its preview text is measured, and not rewritten for it; nor where somebody has asked for the event."""
    origin = as_text({**delta(delta="AAAAAAA="), "type": "response.audio.delta"})
    frame = origin.renamed(DELTA)
    assert AudioDelta("i1", 0, 5) == AudioDelta.of(frame)
    assert not is_decoded(origin)
    assert frame.event["type"] == DELTA
    assert AudioDelta("i1", 0, 5) == AudioDelta.of(frame)


@pytest.mark.parametrize(
    "fields",
    [
        {"item_id": None},
        {"item_id": 1},
        {"content_index": "0"},
        {"delta": None},
        {"delta": 1},
        {"delta": {"\\": "\\"}},
    ],
)
def test_a_delta_that_is_none(fields: dict[str, Any]) -> None:
    """A field that is not what it should be: nothing is measured, and nothing fails."""
    event = delta(**fields)
    assert AudioDelta.of(as_text(event)) is None
    assert AudioDelta.of(Frame.of(event)) is None


def test_a_delta_that_lacks_a_field() -> None:
    """The same holds where there is none."""
    for name in ("item_id", "content_index", "delta"):
        event = {key: value for key, value in delta().items() if key != name}
        assert AudioDelta.of(as_text(event)) is None
        assert AudioDelta.of(Frame.of(event)) is None
