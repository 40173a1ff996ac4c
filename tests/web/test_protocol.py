"""What one connection may not do: fill the memory by pings that it does not read, or by fragments without end."""

import asyncio
import contextlib
import socket
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.protocol import OPEN

from tests.harness import (
    BOTH_WAYS,
    CREATED,
    KEY,
    PATIENCE,
    ScriptedUpstream,
    Serve,
    ServedRelay,
    closing,
    converse,
    read,
    towards,
    until,
    write,
)

PING = bytes([0x89, 0x80 | 125]) + bytes(4) + b"x" * 125
EMPTY = bytes([0x81, 0x80]) + bytes(4)
FIRST, CONTINUED = bytes([0x01, 0x81]) + bytes(4) + b"{", bytes([0x00, 0x80]) + bytes(4)
BOUND = 2**20


async def opened(relay: ServedRelay) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a session by hand, on a connection with little room in the kernel."""
    raw = socket.create_connection(("127.0.0.1", relay.port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)  # noqa: FBT003 - the socket module's own way
    reader, writer = await asyncio.open_connection(sock=raw, limit=4096)
    writer.write(
        f"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer {KEY}\r\n\r\n".encode()
    )
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readline()).split()[1] == b"101"
    return reader, writer


class Flood:
    """A service that speaks until nobody takes more."""

    def __init__(self) -> None:
        self.full = asyncio.Event()

    async def __call__(self, connection: ServerConnection) -> None:
        """Create the session, and speak."""
        await write(connection, CREATED)
        while not self.full.is_set():
            await write(connection, {"type": "response.output_audio.delta", "delta": "A" * 16_000})
            await asyncio.sleep(0)
        await connection.wait_closed()


async def test_a_slow_reader_gets_its_pong(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Behind what it has not read yet: else it would take a burst of audio for a dead connection."""
    upstream.script = flood = Flood()
    relay = await serve_relay(**towards(upstream))
    reader, writer = await opened(relay)
    (connection,) = relay.server.server_state.connections
    protocol: Any = connection
    await until(lambda: not protocol.writable.is_set())
    flood.full.set()
    writer.write(PING)
    told = b""
    async with asyncio.timeout(PATIENCE):
        while bytes([0x8A, 125]) + b"x" * 125 not in told:
            told = told[-127:] + await reader.read(2**16)
    writer.transport.abort()


async def test_whoever_answers_no_ping_and_reads_nothing_is_dropped(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """What it was sent lies in the write buffer for ever, and a session does not wait for that."""
    upstream.script = flood = Flood()
    relay = await serve_relay(**towards(upstream, client={"ping_interval": 0.5, "ping_timeout": 0.5}))
    _, writer = await opened(relay)
    (connection,) = relay.server.server_state.connections
    protocol: Any = connection
    await until(lambda: not protocol.writable.is_set())
    flood.full.set()
    await until(lambda: not len(relay.parts.sessions))
    assert relay.parts.telemetry.ended == {"client_left": 1}
    writer.transport.abort()


async def test_pongs_for_who_does_not_read_do_not_pile_up(relay: ServedRelay) -> None:
    """Twenty megabytes of pings, none of whose answers is read, are not kept as answers."""
    _, writer = await opened(relay)
    (connection,) = relay.server.server_state.connections
    transport: Any = connection.transport
    async with asyncio.timeout(PATIENCE):
        for _ in range(160):
            writer.write(PING * 1000)
            await writer.drain()
            assert transport.get_write_buffer_size() < BOUND
    writer.transport.abort()


@BOTH_WAYS
async def test_errors_for_who_does_not_read_do_not_pile_up(relay: ServedRelay) -> None:
    """A read may hold tens of thousands of messages, each of which is answered by more bytes than it has."""
    _, writer = await opened(relay)
    (connection,) = relay.server.server_state.connections
    protocol: Any = connection
    writer.write(EMPTY * 50_000)
    await until(lambda: not protocol.writable.is_set())
    assert protocol.transport.get_write_buffer_size() < BOUND
    writer.transport.abort()


async def test_fragments_without_end_are_1009(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """However small each is, and also when all come at once."""
    reader, writer = await opened(relay)
    writer.write(FIRST + CONTINUED * 10_000)
    async with asyncio.timeout(PATIENCE):
        data = await reader.read()
    assert (1009).to_bytes(2, "big") + b"too many fragments" in data
    writer.transport.abort()
    await upstream.freed()
    await until(lambda: relay.parts.telemetry.ended == {"frame_too_big": 1})


async def test_a_message_in_some_fragments_is_one_message(relay: ServedRelay) -> None:
    """As RFC 6455 has it."""
    async with relay.connect() as client:
        await read(client)
        await client.send(iter(["{", '"type":', '"no.such"}']))
        assert (await read(client))["error"]["code"] == "invalid_value"


@pytest.mark.parametrize("lines", [1, 2000])
async def test_a_header_beyond_all_limits_is_431(
    serve_relay: Serve, upstream: ScriptedUpstream, lines: int
) -> None:
    """One line or many."""
    relay = await serve_relay(**towards(upstream))
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    padding = f"X-P: {'x' * 200_000}\r\n" if lines == 1 else "".join(f"X-{n}: x\r\n" for n in range(lines))
    writer.write(
        f"GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{padding}\r\n".encode()
    )
    async with asyncio.timeout(PATIENCE):
        assert (await reader.readline()).split()[1] == b"431"
    writer.transport.abort()


async def test_who_sends_too_much_gets_to_read_why(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """The close frame is there although megabytes were still on their way when it was sent."""
    reader, writer = await opened(relay)
    claimed = 2**30
    writer.write(bytes([0x81, 0xFF]) + claimed.to_bytes(8, "big") + bytes(4))
    told = asyncio.create_task(reader.read())
    with contextlib.suppress(ConnectionError):  # once the relay's patience is over
        for _ in range(16):
            writer.write(bytes(2**20))
            await writer.drain()
    async with asyncio.timeout(PATIENCE):
        assert (1009).to_bytes(2, "big") in await told
    writer.transport.abort()
    await upstream.freed()


async def test_a_peer_that_has_closed_does_not_stop_the_shutdown(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """It lingers, since it does not read; whoever is left is told that the relay goes away."""

    async def flood(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        for _ in range(200):
            await connection.send('{"type":"response.output_audio.delta","delta":"' + "A" * 100_000 + '"}')
        await connection.wait_closed()

    upstream.script = flood
    relay = await serve_relay(**towards(upstream))
    _, writer = await opened(relay)
    (lingering,) = relay.server.server_state.connections
    await until(lambda: not lingering.writable.is_set())  # type: ignore[union-attr]
    writer.write(bytes([0x88, 0x80]) + bytes(4))
    await until(lambda: lingering.conn.state is not OPEN)  # type: ignore[union-attr]
    upstream.script = converse
    async with relay.connect() as client:
        await read(client)
        relay.server.should_exit = True
        assert (await closing(client))[0] == 1012
    writer.transport.abort()
