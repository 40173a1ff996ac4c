"""Tests of app.protocol.frame: what a frame tells without being decoded or rewritten."""

import msgspec
import pytest

from app.errors import Refused
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
    """As it is spelt; what is not there is empty, and nothing is known of a frame that was not read."""
    origin = from_upstream(b'{"type":"a", "delta": "\\u0041", "x":1}')
    assert origin.head is not None
    assert (origin.head.type, bytes(origin.head.delta), bytes(origin.head.item_id)) == ("a", b'"\\u0041"', b"")
    assert origin.renamed("b").head is Frame.of(origin.event).head is None


@pytest.mark.parametrize("event_id", ["event_relay_", "event_relay_s1_1", "event_relay_" * 50])
@pytest.mark.parametrize("kind", ["response.create", APPEND, "nonsense"])
def test_a_client_does_not_pass_for_the_relay(event_id: str, kind: str) -> None:
    """What the relay sends and hears of itself it knows by the ids of the events; one too long is not repeated."""
    with pytest.raises(Refused, match="is how the relay's own begin") as refused:
        from_client(f'{{"type":"{kind}","audio":"AAAA","event_id":"{event_id}"}}'.encode())
    assert (refused.value.code, refused.value.param) == ("invalid_value", "event_id")
    assert refused.value.event_id == (event_id if len(event_id) < 512 else None)


@pytest.mark.parametrize("event_id", [7, None, ["event_relay_"], "relay_", "my_event_relay_"])
def test_any_other_event_id_is_the_clients_own(event_id: object) -> None:
    """What is no string names nothing."""
    event = {"type": "response.create", "event_id": event_id}
    assert from_client(msgspec.json.encode(event)).event == event
