"""Tests of app.simulator.bodies: requests whole, in pieces, too large, and none."""

import asyncio
import contextlib

import pytest

from app.simulator import Simulator
from app.simulator.bodies import Gathering

PATH = b"POST /openai/v1/realtime/client_secrets HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
JSON = b"Content-Type: application/json\r\n"
BODY = b'{"session": {"type": "realtime", "model": "m"}}'


HEAD = PATH + JSON + b"Content-Length: " + str(len(BODY)).encode() + b"\r\n\r\n"
WHOLE = PATH + JSON[:-2] + b"\r\n\r\n"
"""What goes on of a request with that head."""


def test_a_body_may_come_in_pieces() -> None:
    """And the head, too; or all of it at once, with something behind."""
    for pieces in ((HEAD + BODY,), (HEAD, BODY), (HEAD[:20], HEAD[20:-2], HEAD[-2:] + BODY[:5], BODY[5:])):
        gathering = Gathering()
        assert [gathering.take(piece) for piece in pieces] == [b""] * (len(pieces) - 1) + [WHOLE]
        assert gathering.body == BODY
        assert gathering.take(b"a frame") == b"a frame"
    assert Gathering().take(HEAD + BODY + b"more") == WHOLE + b"more"


@pytest.mark.parametrize(
    "given",
    [
        PATH + b"\r\n",
        PATH + b"\r\nmore",
        PATH + b"Content-Length: 9999999\r\n\r\nx",
        PATH + b"Transfer-Encoding: chunked\r\n\r\n",
        b"x" * 70_000,
    ],
)
def test_what_has_no_body_that_is_held_goes_on(given: bytes) -> None:
    """None at all, one that is too large, or in chunks; and a head without an end."""
    gathering = Gathering()
    assert (gathering.take(given), gathering.body) == (given, b"")


async def told(simulator: Simulator, request: bytes) -> bytes:
    """Send this, and return the first line of the answer; nothing where there is none."""
    port = int(simulator.endpoint.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = b""
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionError):
            writer.write(request)
            line = await reader.readline()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    return line


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (HEAD + BODY, b"200"),
        (PATH + JSON + b"\r\n", b"400"),
        (PATH + JSON + b"Content-Length: 0\r\n\r\n", b"400"),
        (PATH + JSON + b"Content-Length: 9999999\r\n\r\n", b""),
    ],
)
async def test_a_request_is_answered_with_its_body(simulator: Simulator, given: bytes, expected: bytes) -> None:
    """Or as one with an empty body; what the server does not take is no 200."""
    line = await told(simulator, given)
    assert expected in line
    assert (b"200" in line) == (expected == b"200")
