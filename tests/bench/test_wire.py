"""Frames as the generator builds and counts them."""

import random

import pytest
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from bench.wire import CLOSE, PING, TEXT, Walker, accept_key, frame

SIZES = (0, 1, 125, 126, 65535, 65536)


def test_the_key_of_the_standard_is_accepted() -> None:
    """RFC 6455, section 1.3."""
    assert accept_key(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("masked", [False, True])
def test_others_read_what_is_built(size: int, *, masked: bool) -> None:
    """`websockets` reads the frames, in whichever form their length is written."""
    payload = bytes(index % 128 for index in range(size))
    reader = StreamReader()
    reader.feed_data(frame(payload, masked=masked))
    parsing = Frame.parse(reader.read_exact, mask=masked)
    with pytest.raises(StopIteration) as stopped:
        next(parsing)
    assert (Opcode.TEXT, payload, True) == (
        stopped.value.value.opcode,
        bytes(stopped.value.value.data),
        stopped.value.value.fin,
    )
    assert reader.buffer == b""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("masked", [False, True])
def test_a_frame_is_counted_once(size: int, *, masked: bool) -> None:
    """Whatever its length, and whoever sent it."""
    assert Walker().feed(frame(b"x" * size, masked=masked)) == 1


def test_pieces_count_as_the_whole() -> None:
    """A message counts with its last byte, wherever the stream was cut."""
    sizes = (0, 3, 125, 126, 300, 70000)
    stream = b"".join(frame(b"x" * size, masked=size % 2 == 0) for size in sizes)
    pick = random.Random(7)  # noqa: S311 - cuts, and no secret
    for _ in range(50):
        walker, at, counted = Walker(), 0, 0
        while at < len(stream):
            step = pick.choice((1, 2, 3, 9, 100, 5000, 100000))
            counted += walker.feed(stream[at : at + step])
            at += step
        assert len(sizes) == counted


def test_a_message_does_not_count_before_its_end() -> None:
    """The last byte makes it one."""
    walker, whole = Walker(), frame(b"x" * 500, masked=True)
    assert [walker.feed(whole[:1]), walker.feed(whole[1:-1]), walker.feed(whole[-1:])] == [0, 0, 1]


def test_control_frames_are_kept_and_not_counted() -> None:
    """They are unmasked, and whole, wherever the stream was cut."""
    stream = frame(b"ab", masked=True) + frame(b"hello", opcode=PING, masked=True) + frame(b"cd", masked=True)
    stream += frame(b"", opcode=CLOSE, masked=False)
    for cut in range(len(stream)):
        walker = Walker()
        assert walker.feed(stream[:cut]) + walker.feed(stream[cut:]) == 2
        assert walker.kept == [(PING, b"hello"), (CLOSE, b"")]


def test_texts_are_kept_where_asked_for() -> None:
    """They count as well."""
    walker, whole = Walker(keeps_all=True), frame(b"some words", masked=True)
    assert walker.feed(whole[:7]) + walker.feed(whole[7:]) == 1
    assert walker.kept == [(TEXT, b"some words")]


def test_fragments_are_none_of_ours() -> None:
    """Nobody who is measured has a reason to fragment."""
    with pytest.raises(ValueError, match="0x1 is none"):
        Walker(keeps_all=True).feed(b"\x01\x02ab")
