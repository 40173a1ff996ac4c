"""HTTP to what the operator listed: bounded in size, with nobody's cookies."""

import asyncio
import gzip
from typing import Any

import httpx
import pytest

from app.effects.outgoing import Answer, Asked
from tests.effects.outgoing import HEADERS, Make, asked, refusal
from tests.effects.service import CANARY, PATIENCE, Service, streaming
from tests.effects.serving_mcp import until


async def test_request_goes_out_as_asked(outgoing: Make, service: Service) -> None:
    """Method, address, headers and body arrive; nothing compressed is asked for."""
    await outgoing(service.host).fetch(asked(f"{service.base}/x?y=%2F", "POST", b"{}"), 1000)
    seen = service.seen[0]
    assert (seen.method, seen.target, seen.body) == ("POST", "/x?y=%2F", b"{}")
    assert seen.headers["api-key"] == CANARY
    assert seen.headers["Accept-Encoding"] == "identity"
    assert seen.headers["Content-Type"] == "application/json"


def test_request_does_not_show_what_it_carries() -> None:
    """Neither the headers nor the address nor the body stand in its `repr`."""
    request = Asked("POST", httpx.URL(f"http://x/{CANARY}"), HEADERS, CANARY.encode())
    assert repr(request) == "Asked(method='POST')"
    assert CANARY not in repr(Answer(200, CANARY.encode(), None, whole=True))


async def test_answer_is_read_to_the_limit(outgoing: Make, service: Service) -> None:
    """An endless body is left alone once there is too much of it."""
    service.answers["/endless"] = streaming(b"x" * 1000)
    answer = await outgoing(service.host).fetch(asked(f"{service.base}/endless"), 2500)
    assert (answer.body, answer.whole) == (b"x" * 2500, False)


async def test_answer_at_the_limit_is_whole(outgoing: Make, service: Service) -> None:
    """The limit itself is not too much."""
    service.answer("/x", body=b"12345")
    answer = await outgoing(service.host).fetch(asked(f"{service.base}/x"), 5)
    assert (answer.status, answer.body, answer.whole) == (200, b"12345", True)


async def test_compressed_answer_is_refused(outgoing: Make, service: Service) -> None:
    """A thousandfold bomb is not unpacked, not even its first part."""
    bomb = gzip.compress(bytes(10_000_000))
    service.answer("/bomb", body=bomb, headers={"Content-Encoding": "gzip"})
    words = await refusal(outgoing(service.host), asked(f"{service.base}/bomb"))
    assert words == "the tool answered in a compressed form, which was not asked for"


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        (None, "ü".encode(), "ü"),
        ("utf-8", "ü".encode(), "ü"),
        ("ISO-8859-1", b"\xfc", "ü"),
        ("unicode_escape", b"\\ud800", "\\ud800"),
        ("nonsense", b"\xff", "\ufffd"),
    ],
)
def test_answer_is_read_as_text(charset: str | None, body: bytes, text: str) -> None:
    """UTF-8, or one of few others; what a codec of Python's would make of it does not count."""
    assert Answer(200, body, charset, whole=True).text == text


async def test_service_that_is_down_cannot_be_reached(outgoing: Make) -> None:
    """Whatever the network says, the words are ours."""
    made = outgoing("127.0.0.1:1")
    assert await refusal(made, asked(f"http://127.0.0.1:1/{CANARY}")) == "the tool can't be reached"


async def test_cookies_are_not_kept(outgoing: Make, service: Service) -> None:
    """One user's session at a tool's server is not the next one's."""
    service.answer("/x", headers={"Set-Cookie": "who=alice"})
    made = outgoing(service.host)
    for _ in range(2):
        await made.fetch(asked(f"{service.base}/x"), 1000)
    assert all("Cookie" not in each.headers for each in service.seen)


async def test_cancellation_reaches_the_server(outgoing: Make, service: Service) -> None:
    """Who is cancelled hangs up."""
    service.wait("/slow")
    task: asyncio.Task[Any] = asyncio.create_task(
        outgoing(service.host).fetch(asked(f"{service.base}/slow"), 1000)
    )
    async with asyncio.timeout(PATIENCE):
        await service.arrived.get()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await until(lambda: service.requests[0].transport is None)
