"""No message overtakes another where a frame came in two reads, and its first half went to the library."""

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Side

from tests.harness import BOTH_WAYS, CREATED, KEY, PATIENCE, ScriptedUpstream, ServedRelay, write
from tests.lane.test_lane import SIDES, opened, pieces, text, wire


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("opcode", [Opcode.TEXT, Opcode.BINARY])
@pytest.mark.parametrize("cut", [2, 7, -1])
def test_the_rest_of_a_frame_closes_a_lane_that_was_opened_meanwhile(side: Side, opcode: Opcode, cut: int) -> None:
    """Its reader was busy when the frame began, and waits for it when it ends."""
    end, data = opened(side), wire(side, Frame(opcode, b"first of two"))
    end.lane.is_open = False
    end.lane.feed(data[:cut])
    end.lane.is_open = True
    end.lane.feed(data[cut:] + wire(side, text(b"behind")))
    assert (end.taken, end.lane.is_open) == ([], False)
    assert end.read == [(opcode, b"first of two"), (Opcode.TEXT, b"behind")]


TEXTS = st.builds(
    Frame,
    st.sampled_from([Opcode.TEXT, Opcode.TEXT, Opcode.BINARY, Opcode.PING]),
    st.binary(min_size=3, max_size=9),
)


@pytest.mark.parametrize("side", SIDES)
@given(
    frames=st.lists(TEXTS, max_size=12),
    cuts=st.lists(st.integers(0, 2**10), max_size=12),
    waits=st.lists(st.booleans(), min_size=1, max_size=5),
)
def test_a_reader_that_comes_and_goes_finds_all_in_order(
    side: Side, frames: list[Frame], cuts: list[int], waits: list[bool]
) -> None:
    """It opens the lane when it has read what the library kept for it, wherever that stands in a frame."""
    end, numbered = opened(side), [Frame(each.opcode, b"%03d" % place) for place, each in enumerate(frames)]
    waiting, kept, heard = iter(waits * 100), end.read, list[bytes]()

    def take(data: bytes, _: bool) -> bool:  # noqa: FBT001 - a taker's arguments
        heard.append(data)
        return True

    end.lane.offer(take, [])
    for piece in [*pieces(wire(side, *numbered), cuts), b""]:
        if next(waiting) or not piece:
            heard += [data for opcode, data in kept if opcode is not Opcode.PING]
            kept.clear()
            end.lane.is_open = True
        end.lane.feed(piece)
    assert heard == [each.data for each in numbered if each.opcode is not Opcode.PING]


def masked(event: object, opcode: Opcode = Opcode.TEXT) -> bytes:
    """Return what a client writes for an event."""
    return wire(SERVER, Frame(opcode, msgspec.json.encode(event)))


def appended(name: str) -> dict[str, Any]:
    """Return an event that every profile of the base `open` lets pass."""
    return {"type": "input_audio_buffer.clear", "event_id": name}


@BOTH_WAYS
async def test_a_client_may_cut_its_frames_anywhere(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """What it sends is heard in its order, also behind a message that was refused meanwhile."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def listen(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        async for message in connection:
            heard.put_nowait(msgspec.json.decode(message)["event_id"])

    upstream.script = listen
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(
        "GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer {KEY}\r\n\r\n".encode()
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"session.created")
            first = masked(appended("first"))
            writer.write(masked({}, Opcode.BINARY) + first[:10])
            await reader.readuntil(b"invalid_event")
            writer.write(first[10:] + masked(appended("second")))
            assert [await heard.get(), await heard.get()] == ["first", "second"]
    finally:
        writer.transport.abort()
