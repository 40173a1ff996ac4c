"""Tests of app.protocol.frame: what a frame tells without being decoded or rewritten."""

import pytest

from app.protocol.frame import APPEND, APPEND_HEAD, APPEND_TAIL, Append, Frame, from_client, from_upstream

APPENDED = APPEND_HEAD + b"AAAA" + APPEND_TAIL


def test_a_canonical_append_is_known_as_one() -> None:
    """Only the canonical spelling is: nothing but audio. It has no `event_id`, and none is looked for."""
    frame = from_client(APPENDED)
    assert isinstance(frame, Append)
    assert frame.event_id is None
    assert frame.text is APPENDED


@pytest.mark.parametrize(
    "data", [APPENDED + b" ", b'{"type":"a"}', b'{"audio":"AAAA","type":"' + APPEND.encode() + b'"}']
)
def test_another_spelling_is_just_a_frame(data: bytes) -> None:
    """Of which nothing is known beforehand."""
    frame = from_client(data)
    assert not isinstance(frame, Append)
    assert frame.head is None


def test_a_frame_tells_its_event_id() -> None:
    """The sender's own, as an `error` may repeat it."""
    assert from_client(b'{"type":"a","event_id":"e1"}').event_id == "e1"
    assert from_client(b'{"type":"a"}').event_id is None
    assert Frame.of({"type": "a", "event_id": 1}).event_id is None


def test_the_size_is_that_of_the_text() -> None:
    """In bytes, of what came or of what will be sent."""
    assert from_client(b'{"type":"a", "x":1}').size == len(b'{"type":"a","x":1}')
    assert from_upstream(b'{"type":"a", "x":1}').size == len(b'{"type":"a", "x":1}')
    assert Frame.of({"type": "a", "x": "é"}).size == len('{"type":"a","x":"é"}'.encode())


def test_the_size_of_a_translated_frame_is_that_of_what_came() -> None:
    """The other generation's words are the relay's own choice, and are not written to be counted."""
    frame = Frame.of({"type": "a", "long": "x" * 100})
    frame.origin = from_client(b'{"type":"a"}')
    assert frame.size == len(b'{"type":"a"}')


def test_what_was_read_with_the_type_is_kept() -> None:
    """As it is spelt, and for another generation's frame, too; what is not there is empty."""
    origin = from_upstream(b'{"type":"a", "delta": "\\u0041", "x":1}')
    assert origin.head is not None
    head, text = origin.head
    assert (head.type, bytes(head.delta), bytes(head.item_id), text) == ("a", b'"\\u0041"', b"", origin.text)
    assert origin.renamed("b").head == origin.head
    assert Frame.of(origin.event).head is None
