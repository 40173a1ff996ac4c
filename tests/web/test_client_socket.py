"""The client's leg against the ASGI interface: what each message becomes, and what happens after the end."""

import asyncio
from typing import Any

import pytest

from app.errors import Refused
from app.web.client_socket import ClientSocket, with_transport
from app.wire import Closed
from tests.harness import PATIENCE, ScriptedUpstream, Serve, read, towards


class Peer:
    """An ASGI server's end of a WebSocket, with a transport like a real one has."""

    def __init__(self, *messages: Any) -> None:
        self.inbox = [{"type": "websocket.connect"}, *messages]
        self.sent: list[Any] = []
        self.gone = False
        self.aborted = asyncio.Event()
        self.transport = self

    def abort(self) -> None:
        """Drop the connection."""
        self.aborted.set()

    def get_protocol(self) -> object:
        """Return a server's protocol of whatever make, while the connection is not lost."""
        return None if self.gone else self

    async def receive(self) -> Any:
        """Give the next message to the application."""
        return self.inbox.pop(0)

    async def send(self, message: Any) -> None:
        """Take a message of the application's."""
        if self.gone:
            raise OSError
        self.sent.append(message)


async def accepted(peer: Peer, close_timeout: float = 600) -> ClientSocket:
    """Return the socket of a connection that was accepted."""
    websocket = with_transport({"type": "websocket", "headers": []}, peer.receive, peer.send)
    await websocket.accept()
    return ClientSocket(websocket, close_timeout)


async def test_text_goes_through_as_utf8() -> None:
    """Both ways, whatever the characters."""
    peer = Peer({"type": "websocket.receive", "text": "é😀"})
    client = await accepted(peer)
    assert await client.recv() == "é😀".encode()
    await client.send("😀é".encode())
    assert peer.sent[-1] == {"type": "websocket.send", "text": "😀é"}


async def test_a_binary_message_is_refused_and_the_next_one_read() -> None:
    """ASGI servers give `text` as missing or as None."""
    peer = Peer(
        {"type": "websocket.receive", "bytes": b"x"},
        {"type": "websocket.receive", "bytes": b"x", "text": None},
        {"type": "websocket.receive", "text": "{}"},
    )
    client = await accepted(peer)
    for _ in range(2):
        with pytest.raises(Refused):
            await client.recv()
    assert await client.recv() == b"{}"


@pytest.mark.parametrize(
    ("message", "closed"),
    [
        ({"code": 1001, "reason": "bye"}, Closed(1001, "bye")),
        ({"code": 1005}, Closed(1005, "")),
        ({}, Closed(1005, "")),
    ],
)
async def test_the_end_is_told_again_and_again(message: Any, closed: Closed) -> None:
    """After the peer's close every call says so, and closing is nothing more to do."""
    peer = Peer({"type": "websocket.disconnect", **message})
    client = await accepted(peer)
    for _ in range(2):
        with pytest.raises(Closed) as caught:
            await client.recv()
        assert caught.value == closed
    with pytest.raises(Closed):
        await client.send(b"{}")
    await client.close(1000, "")
    assert [each["type"] for each in peer.sent] == ["websocket.accept"]


async def test_a_lost_connection_is_1006() -> None:
    """A server that raises while it writes has lost its peer; closing then is quiet."""
    peer = Peer()
    client = await accepted(peer, close_timeout=0)
    peer.gone = True
    with pytest.raises(Closed) as caught:
        await client.send(b"{}")
    assert caught.value.code == 1006
    await client.close(1000, "")
    await asyncio.sleep(0.01)
    assert not peer.aborted.is_set()


async def test_a_peer_that_does_not_answer_our_close_is_dropped() -> None:
    """A graceful close of a transport that cannot be written waits for ever; ours does not."""
    peer = Peer()
    client = await accepted(peer, close_timeout=0.01)
    await client.close(3008, "idle")
    async with asyncio.timeout(PATIENCE):
        await peer.aborted.wait()
    assert peer.sent[-1] == {"type": "websocket.close", "code": 3008, "reason": "idle"}


async def test_without_a_transport_there_is_nothing_to_drop() -> None:
    """A server that hands out no bound method keeps its connections itself."""
    peer = Peer()

    async def receive() -> Any:
        return await peer.receive()

    websocket = with_transport({"type": "websocket", "headers": []}, receive, peer.send)
    ClientSocket(websocket, 1).abort()
    assert not peer.aborted.is_set()


PING = 0x89


async def test_clients_are_pinged_and_a_dead_one_is_noticed(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """A silent session is kept alive by pings; who answers none is gone, and its upstream is freed."""
    relay = await serve_relay(**towards(upstream, client={"ping_interval": 0.05, "ping_timeout": 0.1}))
    async with relay.connect() as lively:
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
        writer.write(
            b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Authorization: Bearer rk_canary-key-of-alice\r\n\r\n"
        )
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"\r\n\r\n")
            head = await reader.readexactly(4)  # session.created: a text frame with a 16-bit length
            await reader.readexactly(int.from_bytes(head[2:], "big"))
            assert (await reader.readexactly(1))[0] == PING
        await upstream.freed()
        writer.close()
        assert (await read(lively))["type"] == "session.created"
        await lively.ping()
