"""Tests of app.policy.turns.truncation: a client cuts off no audio that it never got."""

from typing import Any

import pytest

from app.policy.turns.truncation import Said
from app.protocol.frame import Frame

SECOND = "A" * 64_000


def said(*events: dict[str, Any]) -> Said:
    """Return what has heard these deltas."""
    heard = Said()
    for event in events:
        heard.hear(Frame.of(event))
    return heard


def delta(item_id: str, audio: str = SECOND, index: int = 0) -> dict[str, Any]:
    """Return a piece of an item's audio."""
    kind = "response.output_audio.delta"
    return {"type": kind, "item_id": item_id, "content_index": index, "delta": audio}


def cut(item_id: str, end: Any, index: int = 0) -> Frame:
    """Return a client's wish to cut an item."""
    kind = "conversation.item.truncate"
    return Frame.of(
        {"type": kind, "event_id": "t1", "item_id": item_id, "content_index": index, "audio_end_ms": end}
    )


def test_a_cut_beyond_the_end_is_one_at_the_end() -> None:
    """In whole milliseconds, and no other field changes."""
    heard = said(delta("i1"), delta("i1", "AAAA" * 20), delta("i2"))
    frame = cut("i1", 5000)
    assert {**frame.event, "audio_end_ms": 1001} == heard.clamped(frame).event
    assert frame.event["audio_end_ms"] == 5000


@pytest.mark.parametrize(
    "frame",
    [
        cut("i1", 1000),
        cut("i1", 0),
        cut("i1", -1),
        cut("i1", 5000.0),
        cut("i1", None),
        cut("i1", 5000, index=1),
        cut("i2", 5000),
        Frame.of({"type": "conversation.item.truncate"}),
    ],
)
def test_any_other_cut_is_the_services_to_judge(frame: Frame) -> None:
    """Within the audio, of an unknown item, or no number: the frame passes as it is."""
    assert said(delta("i1")).clamped(frame) is frame


def test_contents_of_an_item_are_told_apart() -> None:
    """Each has a length of its own."""
    heard = said(delta("i1"), delta("i1", SECOND * 2, index=1))
    assert heard.clamped(cut("i1", 5000)).event["audio_end_ms"] == 1000
    assert heard.clamped(cut("i1", 5000, index=1)).event["audio_end_ms"] == 2000


def test_the_format_in_force_tells_the_milliseconds() -> None:
    """Of the output, whatever the input's is."""
    heard = said(delta("i1"))
    audio = {"input": {"format": {"type": "audio/pcm"}}, "output": {"format": {"type": "audio/pcmu"}}}
    heard.hear(Frame.of({"type": "session.updated", "session": {"audio": audio}}))
    assert heard.clamped(cut("i1", 9000)).event["audio_end_ms"] == 6000


def test_only_the_last_items_are_remembered() -> None:
    """Thirty-two of them; of an older one nothing is known."""
    heard = said(*(delta(f"i{number}") for number in range(33)))
    assert heard.clamped(cut("i0", 5000)).event["audio_end_ms"] == 5000
    assert heard.clamped(cut("i1", 5000)).event["audio_end_ms"] == 1000
    assert heard.clamped(cut("i32", 5000)).event["audio_end_ms"] == 1000


def test_a_delta_that_is_none_counts_nothing() -> None:
    """It passes on; nothing is known of it."""
    frame = cut("i1", 5000)
    assert said({"type": "response.output_audio.delta"}).clamped(frame) is frame
