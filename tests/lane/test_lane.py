"""Tests of app.lane: however bytes are cut, a lane and the library read what the library alone does, in order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import CLIENT, CLOSING, OPEN, SERVER, Protocol, Side
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from app.lane import Lane
from app.lane.lane import BLOCK

LARGEST = 70_000
SIDES = [SERVER, CLIENT]
SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, LARGEST]
"""Those at which the form of a frame's head changes (RFC 6455, section 5.2), and the most that may come."""


@dataclass
class End:
    """One end of a connection: the library's state, a lane before it, and all that was read, and by whom."""

    websocket: ServerProtocol | ClientProtocol
    willing: Callable[[bytes], bool] = lambda _: True
    read: list[tuple[Opcode, bytes]] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    written: bytes = b""
    request: Request | None = None

    def __post_init__(self) -> None:
        line: list[Lane] = []
        self.lane = Lane(self.websocket, self, self.library)
        self.lane.offer(self.take, line)
        self.beside = Lane(ServerProtocol(state=OPEN), Notes(self), self.library)
        self.beside.offer(self.take, line)

    def write(self, data: bytes) -> None:
        """Take what is written, as a transport does."""
        self.written += data

    def library(self, data: bytes) -> None:
        """Have the library read it."""
        self.websocket.receive_data(data)
        for event in self.websocket.events_received():
            if isinstance(event, Frame):
                self.read.append((event.opcode, bytes(event.data)))
            elif isinstance(event, Request):
                self.request = event

    def take(self, text: bytes, is_last: bool) -> bool:  # noqa: FBT001 - a taker's arguments
        """Take a text, if so minded."""
        if not self.willing(text):
            return False
        self.read.append((Opcode.TEXT, text))
        self.taken.append(text)
        self.beside.write(b"", is_last)
        return True

    def reads(self, pieces: Sequence[bytes]) -> None:
        """Feed the lane, whose ordinary reader is always done by the next piece."""
        for piece in pieces:
            self.lane.is_open = True
            self.lane.feed(piece)


@dataclass
class Notes:
    """A transport to which is written what came of texts: how many were taken by then."""

    end: End

    def write(self, data: bytes) -> None:
        """Note it."""
        assert len(data) == 2 * (len(self.end.taken) - (self.end.settled or [0])[-1])
        self.end.settled.append(len(self.end.taken))


REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def opened(
    side: Side, willing: Callable[[bytes], bool] = lambda _: True, cut: int = 0, largest: int = LARGEST
) -> End:
    """Return an end whose handshake came in two pieces through the lane, and is done."""
    if side is SERVER:
        end = End(ServerProtocol(max_size=largest), willing)
        end.reads([REQUEST[:cut], REQUEST[cut:]])
        assert end.request is not None
        end.websocket.send_response(end.websocket.accept(end.request))  # type: ignore[union-attr]
    else:
        client = ClientProtocol(parse_uri("ws://x/"), max_size=largest)
        end = End(client, willing)
        server = ServerProtocol()
        request = client.connect()
        client.send_request(request)
        server.send_response(server.accept(request))
        response = b"".join(server.data_to_send())
        end.reads([response[:cut], response[cut:]])
    end.websocket.data_to_send()
    assert end.websocket.state is OPEN
    return end


def wire(side: Side, *frames: Frame) -> bytes:
    """Return what the peer of this side writes."""
    return b"".join(frame.serialize(mask=side is SERVER) for frame in frames)


def text(data: bytes = b'{"type":"a"}', *, fin: bool = True) -> Frame:
    """Return a frame of text."""
    return Frame(Opcode.TEXT, data, fin=fin)


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut at these places, as far as they are within."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(places)]


class Odd(Frame):
    """A frame that may be none of RFC 6455's."""

    def check(self) -> None:
        """Object to nothing."""


PAYLOADS = st.binary(max_size=40) | st.text(max_size=20).map(str.encode) | st.sampled_from(SIZES).map(bytes)
FRAMES = st.builds(
    Odd,
    st.sampled_from(
        [Opcode.TEXT, Opcode.TEXT, Opcode.TEXT, Opcode.CONT, Opcode.BINARY, Opcode.PING, Opcode.CLOSE]
    ),
    PAYLOADS,
    fin=st.sampled_from([True, True, True, False]),
)


@pytest.mark.parametrize("side", SIDES)
@given(
    frames=st.lists(FRAMES, max_size=8),
    cuts=st.lists(st.integers(0, 2**20), max_size=8),
    mind=st.lists(st.booleans(), min_size=1, max_size=4),
    flip=st.none() | st.tuples(st.integers(0, 2**20), st.integers(1, 255)),
)
def test_nothing_is_lost_added_or_overtaken(
    side: Side, frames: list[Frame], cuts: list[int], mind: list[bool], flip: tuple[int, int] | None
) -> None:
    """Of any frames, legal or not, with a byte of noise or none, cut anywhere, and taken or not."""
    data = bytearray(wire(side, *frames))
    if flip and data:
        data[flip[0] % len(data)] ^= flip[1]
    minds = iter(mind * 100)
    ours, alone = opened(side, lambda _: next(minds)), opened(side)
    ours.reads(pieces(bytes(data), cuts))
    alone.library(bytes(data))
    assert ours.read == alone.read
    assert ours.websocket.close_sent == alone.websocket.close_sent


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("size", SIZES)
def test_a_text_in_one_frame_is_taken_whole(side: Side, size: int) -> None:
    """In whatever form its length is written, and wherever it is cut; the library sees nothing of it."""
    data = wire(side, text(b"x" * size), text(b"end"))
    for cut in {0, 1, 2, 3, 5, 9, 13, 14, 15, len(data) // 2, len(data) - 6, len(data) - 1}:
        end = opened(side)
        end.reads(pieces(data, [cut]))
        assert end.taken == [b"x" * size, b"end"]


@pytest.mark.parametrize("side", SIDES)
def test_a_closed_lane_takes_nothing(side: Side) -> None:
    """All goes to the library, and once the reader has opened it again the next frame is taken."""
    end = opened(side)
    end.lane.is_open = False
    end.lane.feed(wire(side, text(b"1"), text(b"2")))
    assert (end.taken, len(end.read)) == ([], 2)
    end.reads([wire(side, text(b"3"))])
    assert end.taken == [b"3"]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(
    "first",
    [text(b"no"), Frame(Opcode.BINARY, b"x"), text(b"a", fin=False)],
    ids=["not taken", "binary", "a fragment"],
)
def test_what_goes_to_the_reader_closes_the_lane(side: Side, first: Frame) -> None:
    """What comes behind it must not overtake it."""
    end = opened(side, lambda data: data != b"no")
    end.reads([wire(side, first, Frame(Opcode.PING, b""), text(b"late"))])
    assert (end.taken, end.lane.is_open) == ([], False)


@pytest.mark.parametrize("side", SIDES)
def test_control_frames_leave_a_lane_open(side: Side) -> None:
    """They are answered by the library, and no reader sees them."""
    end = opened(side)
    end.reads([wire(side, text(b"1"), Frame(Opcode.PING, b"p"), text(b"2"), Frame(Opcode.PONG, b""), text(b"3"))])
    assert end.taken == [b"1", b"2", b"3"]
    assert len(end.websocket.data_to_send()) == 1


@pytest.mark.parametrize("side", SIDES)
def test_nothing_counts_behind_a_close(side: Side) -> None:
    """Neither in the same read nor later, and the close frame comes behind what was taken."""
    end = opened(side)
    end.reads(
        [wire(side, text(b"1"), Frame(Opcode.CLOSE, Close(1000, "").serialize()), text(b"2")), wire(side, text())]
    )
    assert end.taken == [b"1"]
    assert end.settled == [1]
    assert end.read[1:] == [(Opcode.CLOSE, b"\x03\xe8")]


@pytest.mark.parametrize("side", SIDES)
def test_what_was_held_when_our_side_closed_is_the_librarys(side: Side) -> None:
    """Half a frame, too: the library stands where it began."""
    end, data = opened(side), wire(side, text(b"half"), Frame(Opcode.CLOSE, Close(1000, "").serialize()))
    end.reads([data[:5]])
    end.websocket.send_close(1000)
    assert end.websocket.state is CLOSING
    end.reads([data[5:]])
    assert (end.taken, [data for _, data in end.read]) == ([], [b"half", b"\x03\xe8"])


@pytest.mark.parametrize("side", SIDES)
def test_what_comes_of_the_texts_of_one_read_is_written_behind_them(side: Side) -> None:
    """Once, and before the library does anything; not where nothing was taken."""
    end = opened(side)
    end.reads([wire(side, text(), text(), Frame(Opcode.PING, b""), text()), wire(side, Frame(Opcode.PING, b""))])
    assert end.settled == [2, 3]


def test_without_a_taker_all_is_the_librarys() -> None:
    """A lane that nobody has asked for anything is none."""
    read: list[bytes] = []
    lane = Lane(ServerProtocol(state=OPEN), End(ServerProtocol()), read.append)
    data = wire(SERVER, text(b"1"))
    for piece in (b"\r\n\r\n", data):
        lane.is_open = True
        lane.feed(piece)
    assert read == [b"\r\n\r\n", data]


@pytest.mark.parametrize(("side", "taken"), [(SERVER, False), (CLIENT, True)])
def test_what_is_not_utf8_is_the_librarys_on_a_server(side: Side, *, taken: bool) -> None:
    """It answers 1007. What a service says is looked at by whoever reads it."""
    end = opened(side)
    end.reads([wire(side, text(b"\xff"), text("é".encode()))])
    assert end.read == [(Opcode.TEXT, b"\xff"), (Opcode.TEXT, "é".encode())]
    assert (b"\xff" in end.taken) is taken


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("size", [LARGEST + 1, 2**40, 2**63])
def test_what_is_too_big_is_1009(side: Side, size: int) -> None:
    """As soon as its head tells, whatever it claims to be."""
    end = opened(side)
    mask = 0x80 if side is SERVER else 0
    end.reads([bytes((0x81, mask | 127)) + size.to_bytes(8, "big")])
    assert (
        end.websocket.close_sent == Close(1009, end.websocket.close_sent.reason) if end.websocket.close_sent else 0
    )


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("largest", [100, 1000, 65_534, 65_535, 65_536])
def test_the_largest_may_be_of_any_size(side: Side, largest: int) -> None:
    """So much is taken, and not a byte more."""
    end = opened(side, largest=largest)
    end.reads([wire(side, text(bytes(largest))), wire(side, text(bytes(largest + 1)))])
    assert [len(each) for each in end.taken] == [largest]
    assert end.websocket.close_sent is not None
    assert end.websocket.close_sent.code == 1009


def test_frames_before_the_connection_is_open_lose_the_track() -> None:
    """Nobody knows then where the library stands: all goes to it, for good."""
    end = End(ServerProtocol())
    end.reads([REQUEST, wire(SERVER, text(b"early"))[:3]])
    assert end.request is not None
    end.websocket.send_response(end.websocket.accept(end.request))  # type: ignore[union-attr]
    end.reads([wire(SERVER, text(b"early"))[3:]])
    assert end.taken == []


def test_a_refusal_with_a_body_reaches_the_library_whole() -> None:
    """An answer that is no 101 is no beginning of frames."""
    client = ClientProtocol(parse_uri("ws://x/"))
    end = End(client)
    client.send_request(client.connect())
    end.reads([b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\n\x81", b"ab"])
    assert client.handshake_exc is not None
    assert "401" in str(client.handshake_exc)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("cut", [1, 20, -4, -3, -2, -1])
def test_a_handshake_may_come_in_pieces(side: Side, cut: int) -> None:
    """Cut anywhere, the frames are found."""
    end = opened(side, cut=cut)
    end.reads([wire(side, text(b"1"))])
    assert end.taken == [b"1"]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("size", SIZES)
def test_what_a_lane_writes_is_one_text_to_the_peer(side: Side, size: int) -> None:
    """Masked by a client, and by no server; all in line goes out in one write."""
    end, peer = opened(side), Protocol(SERVER if side is CLIENT else CLIENT, max_size=None)
    end.lane.write(b"x" * size, is_last=False)
    assert (end.written != b"") is (size > BLOCK)
    end.lane.write(b"2", is_last=True)
    end.lane.flush()
    peer.receive_data(end.written)
    frames = [each for each in peer.events_received() if isinstance(each, Frame)]
    assert [(each.opcode, bytes(each.data), each.fin) for each in frames] == [
        (Opcode.TEXT, b"x" * size, True),
        (Opcode.TEXT, b"2", True),
    ]
    end.lane.flush()
    assert len(end.written) == sum(len(each.serialize(mask=side is CLIENT)) for each in frames)


def test_the_last_of_a_read_does_not_wait() -> None:
    """Unless others wait in line, which it follows."""
    end = opened(SERVER)
    end.lane.write(b"1", is_last=True)
    assert end.written == b"\x81\x011"
    end.lane.write(b"2", is_last=False)
    end.lane.write(b"3", is_last=True)
    assert end.written == b"\x81\x011"
    end.lane.flush()
    assert end.written == b"\x81\x011\x81\x012\x81\x013"


def test_a_burst_is_written_in_blocks() -> None:
    """Its first words do not wait for its last."""
    end = opened(SERVER)
    for number in range(10):
        end.lane.write(bytes(5000), is_last=False)
        assert (end.written != b"") is (number >= 3)
    end.lane.flush()
    assert len(end.written) == 10 * 5004


def test_each_frame_of_a_client_has_a_mask_of_its_own() -> None:
    """However many there are: a text that is known gives no mask away but its own."""
    end = opened(CLIENT)
    for _ in range(3000):
        end.lane.write(bytes(4), is_last=False)
    end.lane.flush()
    masks = [end.written[at + 2 : at + 6] for at in range(0, len(end.written), 10)]
    assert len(masks) == 3000
    assert len(set(masks)) > 2990


def test_nothing_is_written_behind_a_close_frame() -> None:
    """What is in line then is for nobody."""
    end = opened(SERVER)
    end.lane.write(b"soon", is_last=False)
    end.websocket.send_close(1000)
    end.lane.flush()
    end.lane.write(b"late", is_last=True)
    assert end.written == b""
