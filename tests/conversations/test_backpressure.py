"""A slow reader on either side slows the other: what is in flight is bounded, however long the flood."""

import asyncio
import socket

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection

from tests.harness import BOTH_WAYS, CREATED, PATIENCE, ScriptedUpstream, Serve, ServedRelay, read, towards, write

pytestmark = BOTH_WAYS

FRAME = '{"type":"input_audio_buffer.append","audio":"' + "A" * 64_000 + '"}'
DELTA = '{"type":"response.output_audio.delta","delta":"' + "A" * 64_000 + '"}'

BOUND = 3 * 2**20
"""Bytes. The buffers of the relay's two sockets make up half of it; unbounded they would grow to some MiB each."""

FLOOD = 4 * BOUND
"""What the flood would send if nobody held it back."""


class Flood:
    """Sends one message over and over, and knows how much of it found room."""

    def __init__(self, message: str) -> None:
        self.message = message
        self.sent = 0
        self.stuck = asyncio.Event()

    async def run(self, connection: ServerConnection | ClientConnection) -> None:
        """Send until `FLOOD` is through. `stuck` is set when one message has waited for long."""
        while self.sent < FLOOD:
            sending = asyncio.ensure_future(connection.send(self.message))
            while not sending.done():
                # A message that has found no room in a second of silence will find none: nobody reads.
                done, _ = await asyncio.wait((sending,), timeout=1.0)
                if not done:
                    self.stuck.set()
            self.sent += len(self.message)
        self.stuck.set()


async def test_a_client_is_held_back_while_the_upstream_does_not_read(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """The upstream stops reading: the client's flood comes to rest, and goes on when it reads again."""
    resume = asyncio.Event()
    received = 0
    complete = asyncio.Event()

    async def read_late(connection: ServerConnection) -> None:
        nonlocal received
        await write(connection, CREATED)
        make_small(connection.transport.get_extra_info("socket"))
        connection.transport.pause_reading()
        await resume.wait()
        connection.transport.resume_reading()
        async for message in connection:
            received += len(message)
            if received >= FLOOD:
                complete.set()

    upstream.script = read_late
    relay = await serve_relay(**towards(upstream, session={"send_timeout": 600}))
    async with relay.connect(sock=small(relay)) as client:
        await read(client)
        flood = Flood(FRAME)
        pushing = asyncio.create_task(flood.run(client))
        async with asyncio.timeout(4 * PATIENCE):
            await flood.stuck.wait()
            assert flood.sent < BOUND
            resume.set()
            await complete.wait()
            await pushing
    assert received == flood.sent


async def test_the_upstream_is_held_back_while_the_client_does_not_read(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """The client stops reading: the upstream's flood comes to rest, and nothing is lost of it."""
    flood = Flood(DELTA)

    async def push(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        make_small(connection.transport.get_extra_info("socket"))
        await flood.run(connection)
        await connection.wait_closed()

    upstream.script = push
    relay = await serve_relay(**towards(upstream, session={"send_timeout": 600}))
    async with relay.connect(sock=small(relay), max_queue=1) as client:
        await read(client)
        async with asyncio.timeout(4 * PATIENCE):
            await flood.stuck.wait()
            assert flood.sent < BOUND
            received = 0
            while received < FLOOD:
                received += len(await client.recv())
    assert received == flood.sent


def small(relay: ServedRelay) -> socket.socket:
    """Return a connection to the relay with little room in the kernel."""
    raw = socket.create_connection(("127.0.0.1", relay.port))
    make_small(raw)
    return raw


def make_small(raw: socket.socket) -> None:
    """Leave little room in the kernel: what is in flight is the relay's."""
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
