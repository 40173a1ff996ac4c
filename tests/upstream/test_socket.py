import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from app.upstream.socket import Connection, Dial, UpstreamSocket, quiet
from app.wire import ABNORMAL, Closed, Socket
from tests.upstream.services import Service, upgraded

Start = Callable[..., Awaitable[Service]]
Open = Callable[..., Awaitable[UpstreamSocket]]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    sockets: list[UpstreamSocket] = []

    async def dial(service: Service, **how: Any) -> UpstreamSocket:
        connection = await Dial(
            f"ws://127.0.0.1:{service.port}/openai/v1/realtime",
            additional_headers={"api-key": "canary-key"},
            proxy=None,
            compression=None,
            logger=quiet,
            create_connection=Connection,
            **{"max_queue": 4, "close_timeout": 0.05, **how},
        )
        sockets.append(UpstreamSocket(connection))
        return sockets[-1]

    yield dial
    for socket in sockets:
        socket.abort()


def saying(*messages: str | bytes) -> Callable[[ServerConnection], Awaitable[None]]:
    async def script(connection: ServerConnection) -> None:
        for message in messages:
            await connection.send(message)

    return script


def closing(code: int, reason: str = "") -> Callable[[ServerConnection], Awaitable[None]]:
    async def script(connection: ServerConnection) -> None:
        await connection.close(code, reason)

    return script


async def test_messages_come_as_bytes(service: Start, opened: Open) -> None:
    """Each text message comes as its UTF-8 bytes, in order; a binary one counts as text."""
    socket: Socket = await opened(await service(first=None, script=saying('{"ü":1}', "", b"{}")))
    assert ['{"ü":1}'.encode(), b"", b"{}"] == [await socket.recv() for _ in range(3)]


async def test_messages_go_as_text(service: Start, opened: Open) -> None:
    """Bytes are sent in a text frame, for a binary one is no event to a service."""
    got: asyncio.Queue[str | bytes] = asyncio.Queue()

    async def script(connection: ServerConnection) -> None:
        got.put_nowait(await connection.recv())

    socket = await opened(await service(first=None, script=script))
    await socket.send('{"ü":1}'.encode())
    assert await got.get() == '{"ü":1}'


async def test_a_cancelled_recv_loses_nothing(service: Start, opened: Open) -> None:
    """Who gives up waiting for a message leaves it to the next who asks."""
    go = asyncio.Event()

    async def script(connection: ServerConnection) -> None:
        await go.wait()
        await connection.send("late")

    socket = await opened(await service(first=None, script=script))
    waiting = asyncio.create_task(socket.recv())
    await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    await asyncio.wait([waiting])
    go.set()
    assert await socket.recv() == b"late"


@pytest.mark.parametrize(("code", "reason"), [(1000, "bye"), (1001, "expired"), (3000, "no.key"), (4000, "")])
async def test_a_close_keeps_its_code_and_reason(service: Start, opened: Open, code: int, reason: str) -> None:
    """What the upstream said last is told to who receives, and to who sends thereafter."""
    socket = await opened(await service(first=None, script=closing(code, reason)))
    for use in (socket.recv(), socket.send(b"{}"), socket.recv()):
        with pytest.raises(Closed) as caught:
            await use
        assert caught.value == Closed(code, reason)


async def test_a_lost_connection_is_abnormal(service: Start, opened: Open) -> None:
    """Without a close frame the code is 1006, and nothing is logged for it: that is the session's to tell."""

    async def script(connection: ServerConnection) -> None:
        connection.transport.abort()

    socket = await opened(await service(first=None, script=script))
    with capture_logs() as logs, pytest.raises(Closed) as caught:
        await socket.recv()
    assert caught.value == Closed(ABNORMAL, "")
    assert logs == []


async def test_a_frame_over_the_limit_is_no_close_of_the_upstream(service: Start, opened: Open) -> None:
    """The 1009 that the relay sends must not look like one that it got. The limit itself passes."""
    served = await service(first=None, script=saying("x" * 2000, "x" * 2001))
    socket = await opened(served, max_size=2000)
    assert len(await socket.recv()) == 2000
    with capture_logs() as logs, pytest.raises(Closed) as caught:
        await socket.recv()
    assert caught.value == Closed(ABNORMAL, "")
    assert [(log["event"], log["code"]) for log in logs] == [("upstream_broken_off", 1009)]
    assert (await served.closes.get())[0] == 1009


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (1000, "", (1000, "")),
        (1001, "going", (1001, "going")),
        (4408, "slow", (4408, "slow")),
        (1011, "é" * 100, (1011, "é" * 61)),
        (1000, "\ud800", (1000, "?")),
        (1005, "", (1000, "")),
        (1006, "lost", (1000, "")),
        (1015, "", (1000, "")),
        (99, "", (1000, "")),
        (70000, "", (1000, "")),
    ],
)
async def test_close(service: Start, opened: Open, code: int, reason: str, expected: tuple[int, str]) -> None:
    """A close never raises: a code that may not be sent becomes 1000, and a reason is cut to fit."""
    served = await service(first=None)
    socket = await opened(served)
    with capture_logs() as logs:
        await socket.close(code, reason)
        await socket.close(code, reason)
        with pytest.raises(Closed) as caught:
            await socket.recv()
    assert await served.closes.get() == expected
    assert caught.value == Closed(ABNORMAL, "")
    assert logs == []


async def test_abort_drops_the_connection(service: Start, opened: Open) -> None:
    """An abort sends no close frame, and may come twice."""
    served = await service(first=None)
    socket = await opened(served)
    socket.abort()
    socket.abort()
    assert (await served.closes.get())[0] == ABNORMAL
    with pytest.raises(Closed):
        await socket.send(b"{}")


async def test_an_abort_frees_a_send_that_finds_no_room(service: Start, opened: Open) -> None:
    """A peer that reads nothing holds a send up, and an abort ends that."""

    async def script(connection: ServerConnection) -> None:
        connection.transport.pause_reading()

    socket = await opened(await service(first=None, script=script))

    async def pour() -> None:
        while True:
            await socket.send(b"x" * 2**20)

    pouring = asyncio.create_task(pour())
    done, _ = await asyncio.wait([pouring], timeout=0.2)
    assert not done
    socket.abort()
    with pytest.raises(Closed):
        await pouring


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"\x88\x02\x0b\xb8", Closed(3000, "")),  # a close frame
        (b"\x81\x7f\x00\x00\x00\x00\x7f\xff\xff\xff", Closed(ABNORMAL, "")),  # the head of a 2 GiB message
    ],
)
async def test_a_peer_that_keeps_the_connection_after_a_close(
    listener: Callable[..., Awaitable[Any]], opened: Open, raw: bytes, expected: Closed
) -> None:
    """Who closes, or is closed for a frame too big, and then keeps the connection open has `close_timeout`."""
    peer = await listener(says=upgraded(raw))
    socket = await opened(peer)
    with pytest.raises(Closed) as caught:
        await socket.recv()
    assert expected == caught.value
    await peer.gone.get()


async def test_without_a_close_timeout_there_is_no_limit(
    listener: Callable[..., Awaitable[Any]], opened: Open
) -> None:
    """Where nothing is set nothing is imposed: the connection is the peer's to drop."""
    socket = await opened(await listener(says=upgraded(b"\x88\x02\x0b\xb8")), close_timeout=None)
    waiting = asyncio.create_task(socket.recv())
    done, _ = await asyncio.wait([waiting], timeout=0.1)
    assert not done
    socket.abort()
    with pytest.raises(Closed):
        await waiting


async def test_a_redirect_is_not_followed(service: Start, opened: Open, http: Callable[..., Any]) -> None:
    """A redirect is the answer, and where it points is never asked: the key is for the named host alone."""
    other = await service()
    first = await service(refusal=http(307, Location=f"{other.endpoint}/openai/v1/realtime"))
    with pytest.raises(InvalidStatus, match="307"):
        await opened(first)
    assert [len(first.requests), len(other.requests)] == [1, 0]


async def test_the_key_is_never_logged(service: Start, opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG websockets would log each header and message; its logger here does not know that level."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger=quiet.logger.name)
    served = await service(first=None, script=saying("canary-message"))
    socket = await opened(served)
    await socket.recv()
    await socket.close(1000, "")
    ours = [record.getMessage() for record in caplog.records if record.name == quiet.logger.name]
    assert "canary" not in "".join(ours)
    assert "canary-key" in served.requests[0].headers["api-key"]
    assert quiet.isEnabledFor(logging.INFO)
