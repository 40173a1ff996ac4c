"""What one connection may not do: fill the memory by pings that it does not read, or by fragments without end."""

import asyncio
import socket
from typing import Any

import pytest

from tests.harness import KEY, PATIENCE, ScriptedUpstream, Serve, ServedRelay, read, towards, until

PING = bytes([0x89, 0x80 | 125]) + bytes(4) + b"x" * 125
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
