"""Each row of the endings table over real sockets: who ends it, what the other side sees, and who is not hurt."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode

from tests.harness import (
    BOTH_WAYS,
    CREATED,
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

pytestmark = BOTH_WAYS

LONG_REASON = "é" * 61


async def echo(connection: ServerConnection) -> None:
    """Be a service that answers each event with an event of its own."""
    await write(connection, CREATED)
    async for _ in connection:
        await write(connection, {"type": "input_audio_buffer.cleared", "event_id": "event_echo"})


@asynccontextmanager
async def bystander(relay: ServedRelay, upstream: ScriptedUpstream) -> AsyncIterator[None]:
    """Hold another session meanwhile, and see that it still works when the first has ended."""
    script, upstream.script = upstream.script, echo
    async with relay.connect() as client:
        await read(client)
        upstream.script = script
        yield
        await write(client, {"type": "input_audio_buffer.clear"})
        assert (await read(client))["type"] == "input_audio_buffer.cleared"


def ended(relay: ServedRelay) -> dict[str, int]:
    """Return how many sessions have ended in which way."""
    return dict(relay.parts.telemetry.ended)


UPSTREAM_CLOSES: list[tuple[int, str, tuple[int, str], str]] = [
    (1000, "all said", (1000, "all said"), "upstream_done"),
    (1008, "against policy", (1008, "against policy"), "upstream_done"),
    (1009, "too big for me", (1009, "too big for me"), "upstream_done"),
    (1001, "canary", (1011, "The service failed."), "upstream_failed"),
    (1011, "canary", (1011, "The service failed."), "upstream_failed"),
    (1012, "canary", (1013, "The service can't be reached now."), "upstream_unavailable"),
    (1013, "canary", (1013, "The service can't be reached now."), "upstream_unavailable"),
    (3000, "canary", (1011, "The service refused the relay. Its operator finds"), "upstream_refused"),
    (4000, "canary", (1011, "The service refused the relay. Its operator finds"), "upstream_refused"),
    (4999, "canary", (1011, "The service failed."), "upstream_failed"),
]


@pytest.mark.parametrize(("code", "reason", "seen", "ending"), UPSTREAM_CLOSES)
async def test_an_upstreams_close_reaches_the_client_as_the_table_says(  # noqa: PLR0917 - a table's columns
    relay: ServedRelay,
    upstream: ScriptedUpstream,
    code: int,
    reason: str,
    seen: tuple[int, str],
    ending: str,
) -> None:
    """Harmless codes pass with their reason; of all others the client learns only what is its business."""

    async def close(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        await connection.close(code, reason)

    upstream.script = close
    async with bystander(relay, upstream), relay.connect() as client:
        got = await closing(client)
    assert (got[0], got[1][: len(seen[1])]) == seen
    await until(lambda: ended(relay).get(ending, 0) == 1)


@pytest.mark.parametrize("announced", [True, False])
async def test_the_services_own_session_cap_is_told_as_such(
    relay: ServedRelay,
    upstream: ScriptedUpstream,
    announced: bool,  # noqa: FBT001 - a table's column
) -> None:
    """1001 after `session_expired` passes with its message; the same code without it is a failure."""
    reason = "Your session hit the maximum duration of 60 minutes."

    async def expire(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        if announced:
            error = {"type": "invalid_request_error", "code": "session_expired", "message": reason}
            await write(connection, {"type": "error", "event_id": "e", "error": error})
        await connection.close(1001, reason)

    upstream.script = expire
    async with bystander(relay, upstream), relay.connect() as client:
        assert await closing(client) == ((1001, reason) if announced else (1011, "The service failed."))


async def drop(connection: ServerConnection) -> None:
    """Vanish without a close frame."""
    await write(connection, CREATED)
    connection.transport.abort()


async def talk_nonsense(connection: ServerConnection) -> None:
    """Send what is no JSON."""
    await write(connection, CREATED)
    await connection.send('{"type": "response.done", ')
    await connection.wait_closed()


async def break_utf8(connection: ServerConnection) -> None:
    """Send text that is no UTF-8."""
    await write(connection, CREATED)
    await connection.send(b'{"type":"response.done","x":"\xff"}', text=True)
    await connection.wait_closed()


async def send_too_much(connection: ServerConnection) -> None:
    """Send more than the upstream's limit in these tests."""
    await write(connection, CREATED)
    await connection.send('{"type":"response.done","x":"' + "x" * 200_000 + '"}')
    await connection.wait_closed()


@pytest.mark.parametrize("script", [drop, talk_nonsense, break_utf8, send_too_much])
async def test_a_broken_upstream_is_a_failure_of_the_service(
    serve_relay: Serve, upstream: ScriptedUpstream, script: Callable[[ServerConnection], Awaitable[None]]
) -> None:
    """Whatever it breaks, the client gets 1011, and other sessions nothing."""
    relay = await serve_relay(**towards(upstream, upstream={"max_frame": 100_000}))
    upstream.script = script
    async with bystander(relay, upstream), relay.connect() as client:
        assert await closing(client) == (1011, "The service failed.")
    await until(lambda: ended(relay).get("upstream_failed", 0) == 1)


@pytest.mark.parametrize("frames", [1, 3])
async def test_an_upstream_that_ends_while_the_client_speaks_has_failed(
    relay: ServedRelay, upstream: ScriptedUpstream, frames: int
) -> None:
    """The relay finds the end of the stream, with no close frame before it, and what was said, in one look."""
    begun = asyncio.get_running_loop().create_future()

    async def begin(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        begun.set_result(connection)
        await connection.wait_closed()

    upstream.script = begin
    said = Frame(Opcode.TEXT, b'{"type":"input_audio_buffer.clear"}').serialize(mask=True)
    async with bystander(relay, upstream), relay.connect() as client:
        await read(client)
        (await begun).transport.get_extra_info("socket").shutdown(socket.SHUT_WR)
        os.write(client.transport.get_extra_info("socket").fileno(), said * frames)
        assert await closing(client) == (1011, "The service failed.")
    await until(lambda: ended(relay) == {"upstream_failed": 1, "client_left": 1})


@pytest.mark.parametrize("how", ["close", "drop", "close with a code of its own"])
async def test_a_client_that_leaves_frees_the_upstream(
    relay: ServedRelay, upstream: ScriptedUpstream, how: str
) -> None:
    """The upstream is closed with 1000 at once, however the client left."""
    async with bystander(relay, upstream):
        client = await relay.connect()
        await read(client)
        if how == "drop":
            client.transport.abort()
        else:
            await client.close(1000 if how == "close" else 4321, "bye")
        assert await upstream.freed() == (1000, "")
        await until(lambda: ended(relay).get("client_left", 0) == 1)


async def test_a_frame_too_big_is_1009(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Above the client's limit the connection ends, and the upstream never sees the frame."""
    relay = await serve_relay(**towards(upstream, client={"max_frame": 100_000}))
    async with bystander(relay, upstream), relay.connect() as client:
        await read(client)
        await client.send('{"type":"input_audio_buffer.append","audio":"' + "A" * 100_000 + '"}')
        assert (await closing(client))[0] == 1009
    await until(lambda: ended(relay).get("frame_too_big", 0) == 1)


async def test_text_that_is_not_utf8_is_1007(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """RFC 6455, section 8.1."""
    async with bystander(relay, upstream), relay.connect() as client:
        await read(client)
        await client.send(b'{"type":"\xff"}', text=True)
        assert (await closing(client))[0] == 1007
    await until(lambda: ended(relay).get("not_utf8", 0) == 1)


@pytest.mark.parametrize(
    ("limits", "reason", "ending"),
    [
        ({"idle": 0.2}, "The session was idle for too long.", "idle"),
        ({"maximum_duration": 0.2}, "The session reached its maximum duration.", "maximum_duration"),
    ],
)
async def test_time_ends_a_session_with_3008(
    serve_relay: Serve, upstream: ScriptedUpstream, limits: dict[str, float], reason: str, ending: str
) -> None:
    """Idle and maximum duration; the upstream is freed."""
    relay = await serve_relay(**towards(upstream, session=limits))
    async with relay.connect() as client:
        assert await closing(client) == (3008, reason)
    assert await upstream.freed() == (1000, "")
    await until(lambda: ended(relay).get(ending, 0) == 1)


async def test_a_client_that_does_not_read_is_dropped(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """4408 where it still hears us; else its connection is dropped when the time is up. The upstream is freed."""

    async def flood(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        while True:
            await connection.send('{"type":"response.output_audio.delta","delta":"' + "A" * 100_000 + '"}')

    upstream.script = flood
    relay = await serve_relay(**towards(upstream, session={"send_timeout": 0.2, "close_timeout": 0.2}))
    async with bystander(relay, upstream):
        client = await deaf(relay)
        await upstream.freed()
        await until(lambda: ended(relay).get("client_too_slow", 0) == 1)
        client.transport.abort()


async def deaf(relay: ServedRelay) -> ClientConnection:
    """Connect as a client that stops reading when it is open."""
    raw = socket.create_connection(("127.0.0.1", relay.port))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client = await relay.connect(sock=raw)
    client.transport.pause_reading()
    return client


async def test_an_upstream_that_does_not_read_is_a_failure(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """A service that takes no audio has failed; the client is told with 1011."""

    async def stall(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        connection.transport.pause_reading()
        await connection.wait_closed()

    upstream.script = stall
    relay = await serve_relay(**towards(upstream, session={"send_timeout": 0.2, "close_timeout": 0.2}))
    async with relay.connect() as client:
        await read(client)
        pushing = asyncio.create_task(push(client))
        assert await closing(client) == (1011, "The service failed.")
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
    await until(lambda: ended(relay).get("upstream_failed", 0) == 1)
    for connection in upstream.connections:
        connection.transport.abort()


async def push(client: ClientConnection) -> None:
    """Append audio for ever."""
    while True:
        await client.send('{"type":"input_audio_buffer.append","audio":"' + "A" * 100_000 + '"}')


async def test_a_drain_ends_what_is_left_with_1012(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """Sessions that are not over at the deadline are closed in a way that says: connect again."""
    async with relay.connect() as client:
        await read(client)
        draining = asyncio.create_task(relay.parts.sessions.drain(0.1))
        assert await closing(client) == (1012, "The relay is restarting. Connect again.")
        async with asyncio.timeout(PATIENCE):
            await draining
    assert await upstream.freed() == (1000, "")


async def test_a_reason_is_cut_at_a_character(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """A close frame holds 123 bytes of reason; the upstream may use them all."""

    async def close(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        await connection.close(1008, LONG_REASON)

    upstream.script = close
    async with relay.connect() as client:
        assert await closing(client) == (1008, LONG_REASON)
    assert upstream.script is not converse


BAD_FRAMES: list[tuple[str | bytes, str, str | None]] = [
    (b"\x00\x01", "invalid_event", None),
    ("", "invalid_json", None),
    ("hello", "invalid_json", None),
    ('{"type":"response.create"', "invalid_json", None),
    ('{"type":"response.create"} {}', "invalid_json", None),
    ("[]", "invalid_event", None),
    ('"response.create"', "invalid_event", None),
    ("null", "invalid_event", None),
    ('{"event_id":"mine"}', "invalid_event", "mine"),
    ('{"type":null,"event_id":"mine"}', "invalid_event", "mine"),
    ('{"type":7,"event_id":"mine"}', "invalid_event", "mine"),
    ('{"type":"response.create","event_id":"' + "x" * 513 + '","type":5}', "invalid_event", None),
    ('{"type":"no.such.event","event_id":"mine"}', "invalid_value", "mine"),
    ('{"type":"response.create","x":' + "[" * 50_000 + "]" * 50_000 + "}", "invalid_json", None),
    ('{"type":"response.create","x":"\\ud800"}', "invalid_json", None),
    ('{"type":"response.create","x":1e999}', "invalid_json", None),
    ('{"type":"response.create","x":NaN}', "invalid_json", None),
    ('{"type":"response.create","x":' + "9" * 5000 + "}", "invalid_json", None),
]


async def test_a_bad_frame_gets_an_error_and_loses_nothing(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """Each is answered with an `error` that refers to it; the session lives; the upstream sees none of them."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def listen(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        async for message in connection:
            heard.put_nowait(message)

    upstream.script = listen
    async with bystander(relay, upstream), relay.connect() as client:
        await read(client)
        for data, code, event_id in BAD_FRAMES:
            await client.send(data)
            event = await read(client)
            error = event["error"]
            assert (event["type"], error["code"], error["event_id"]) == ("error", code, event_id), data[:60]
            assert error["message"]
            assert event["event_id"].startswith("event_relay_")
        await write(client, {"type": "response.create"})
        async with asyncio.timeout(PATIENCE):
            assert await heard.get() == '{"type":"response.create"}'
    assert heard.empty()


async def test_upstream_frames_reach_the_client_byte_for_byte(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """What no filter changes is not spelt anew: odd spacing, order, escapes, equal keys, unknown events."""
    odd = [
        '{ "type" :\t"response.output_audio.delta", "delta":"\\u0041\\/" , "event_id":"e" }',
        '{"zzz":1.0e2,"event_id":"é😀","type":"brand.new.event","a":1,"a":2}',
        '\n{"type":"error","event_id":"e","error":{"code":null,"message":""}}',
    ]

    async def send(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        for each in odd:
            await connection.send(each)
        await connection.wait_closed()

    upstream.script = send
    async with relay.connect() as client:
        await read(client)
        async with asyncio.timeout(PATIENCE):
            assert [await client.recv() for _ in odd] == odd
    assert relay.parts.telemetry.unknown_events == 1
