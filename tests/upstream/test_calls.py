"""Tests of app.upstream.calls: what is asked of a service, and what its answers come to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from app.errors import Ended, Ending
from app.upstream.calls import MAX_SDP, Answered, Calls, Minted, Wanted, looks_like_sdp
from app.upstream.connector import Connector
from tests.conversations.calling import OFFER
from tests.upstream.rest_service import ANSWER_SDP, KEY, SECRET, RestService, rest_serving, says

GA_SESSION = {"type": "realtime", "model": "d"}
WANTED = Wanted(GA_SESSION, 30)
MINTED = Minted(SECRET, 1, {})


@pytest.fixture
async def service() -> AsyncIterator[RestService]:
    """A service."""
    async with rest_serving() as started:
        yield started


@pytest.fixture
async def calls(connector: Callable[..., Connector]) -> AsyncIterator[Calls]:
    """The relay's side; nothing stalls for longer than a quarter of a second."""
    made = Calls(connector(timeout=0.25))
    yield made
    await made.close()


async def test_a_secret_is_asked_for_with_the_relays_credential(service: RestService, calls: Calls) -> None:
    """In GA's shape, with the seconds and the session; and the request has the relay's name for it."""
    minted = await calls.mint(service.target(), WANTED, request_id="r1")
    assert (minted.value, minted.expires_at, minted.session["model"]) == (SECRET, 1, "secret-deployment")
    (seen,) = service.seen
    assert seen.path == "/openai/v1/realtime/client_secrets"
    assert (seen.headers["api-key"], seen.headers["x-ms-client-request-id"]) == (KEY, "r1")
    assert seen.json == {"expires_after": {"anchor": "created_at", "seconds": 30}, "session": GA_SESSION}


async def test_the_preview_mints_a_session(service: RestService, calls: Calls) -> None:
    """Its answer is the session, with the secret in it."""
    target = service.target("azure-preview", rtc_url=f"{service.endpoint}/v1/realtimertc")
    minted = await calls.mint(target, Wanted({"model": "d", "voice": "alloy"}, 30), request_id="r1")
    assert minted == Minted(SECRET, 1, {"model": "d"})
    (seen,) = service.seen
    assert seen.path == "/openai/realtimeapi/sessions?api-version=2025-04-01-preview"
    assert seen.json == {"model": "d", "voice": "alloy"}
    answered = await calls.exchange(target, minted, OFFER, request_id="r1")
    assert answered == Answered(ANSWER_SDP, None)
    assert service.seen[1].path == "/v1/realtimertc?model=d"


async def test_an_offer_goes_with_the_secret_alone(service: RestService, calls: Calls) -> None:
    """Raw, filtered on Azure, and without the relay's own key."""
    answered = await calls.exchange(service.target(), MINTED, OFFER, request_id="r1")
    assert answered == Answered(ANSWER_SDP, "rtc_1")
    openai = service.target("openai", endpoint=service.endpoint)
    assert await calls.exchange(openai, MINTED, OFFER, request_id="r1") == answered
    first, second = service.seen
    assert (first.path, second.path) == ("/openai/v1/realtime/calls?webrtcfilter=on", "/v1/realtime/calls")
    assert (first.body, first.headers["content-type"]) == (OFFER.encode(), "application/sdp")
    assert first.headers["authorization"] == f"Bearer {SECRET}"
    assert KEY not in str(service.seen)
    assert ("x-ms-client-request-id" in first.headers, "x-ms-client-request-id" in second.headers) == (True, False)


async def test_a_call_is_hung_up_and_one_that_is_over_is_no_failure(service: RestService, calls: Calls) -> None:
    """With the relay's credential; what the service says against it is told."""
    for status in (200, 404):
        service.answers["hangup"] = says(status)
        await calls.hang_up(service.target(), "rtc_1", request_id="r1")
    assert {(each.path, each.headers["api-key"]) for each in service.seen} == {
        ("/openai/v1/realtime/calls/rtc_1/hangup", KEY)
    }
    service.answers["hangup"] = says(500)
    with pytest.raises(Ended) as ended:
        await calls.hang_up(service.target(), "rtc_1", request_id="r1")
    assert ended.value.ending is Ending.UPSTREAM_UNAVAILABLE


Ask = Callable[[Calls, RestService], Awaitable[Any]]


async def mint(calls: Calls, service: RestService) -> Minted:
    """Ask for a secret."""
    return await calls.mint(service.target(), WANTED, request_id="r1")


async def mint_preview(calls: Calls, service: RestService) -> Minted:
    """Ask for a preview session."""
    target = service.target("azure-preview", rtc_url=f"{service.endpoint}/v1/realtimertc")
    return await calls.mint(target, Wanted({"model": "d"}, 30), request_id="r1")


async def exchange(calls: Calls, service: RestService) -> Answered:
    """Send an offer."""
    return await calls.exchange(service.target(), MINTED, OFFER, request_id="r1")


def quoting(status: int) -> Any:
    """Refuse, in words that quote what nobody may read."""
    error = {"code": "canary-key-1234", "message": f"canary {KEY} {SECRET}", "type": "invalid_request_error"}
    return says(status, {"error": error}, Retry_After="7")


STATUSES = [
    (401, Ending.UPSTREAM_REFUSED),
    (403, Ending.UPSTREAM_REFUSED),
    (404, Ending.UPSTREAM_REFUSED),
    (302, Ending.UPSTREAM_REFUSED),
    (429, Ending.UPSTREAM_OVERLOADED),
    (500, Ending.UPSTREAM_UNAVAILABLE),
    (503, Ending.UPSTREAM_UNAVAILABLE),
]


@pytest.mark.parametrize(("status", "ending"), STATUSES)
async def test_a_refusal_is_told_in_our_words(
    service: RestService, calls: Calls, status: int, ending: Ending
) -> None:
    """Neither the caller nor the log hears what the service said; a time to wait is passed on."""
    service.answers |= {"client_secrets": quoting(status), "calls": quoting(status)}
    for ask in (mint, exchange):
        with pytest.raises(Ended) as ended:
            await ask(calls, service)
        assert ended.value.ending is ending
        assert "canary" not in ended.value.message + ended.value.detail
        assert ended.value.retry_after == (7 if status in {429, 500, 503} else None)
    assert service.paths == ["client_secrets", "calls"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            {"param": "session.voice", "code": "invalid_value", "message": "canary"},
            "session.voice (invalid_value)",
        ),
        ({"param": "canary key"}, "the session"),
        ("canary", "the session"),
    ],
)
async def test_a_session_that_is_refused_is_named_by_its_field(
    service: RestService, calls: Calls, error: Any, told: str
) -> None:
    """As on a socket."""
    service.answers["client_secrets"] = says(400, {"error": error})
    with pytest.raises(Ended) as ended:
        await mint(calls, service)
    assert (ended.value.code, told in ended.value.message) == ("session_refused", True)
    assert "canary" not in ended.value.message + ended.value.detail


async def test_an_offer_that_is_refused_is_the_callers_affair(service: RestService, calls: Calls) -> None:
    """400, in our words."""
    service.answers["calls"] = quoting(400)
    with pytest.raises(Ended) as ended:
        await exchange(calls, service)
    assert (ended.value.ending, ended.value.code) == (Ending.BAD_REQUEST, "offer_refused")
    assert "canary" not in ended.value.message + ended.value.detail


async def too_much(request: web.Request) -> web.StreamResponse:
    """Answer without an end."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(6):
        await response.write(b"x" * 2**20)
    return response


PLACE = "/v1/realtime/calls/rtc_1"
GARBAGE: list[tuple[Ask, str, Any]] = [
    (mint, "client_secrets", says(200, b"canary")),
    (mint, "client_secrets", says(200, b"\xff")),
    (mint, "client_secrets", says(200, b"[" * 100_000)),
    (mint, "client_secrets", says(200, [])),
    (mint, "client_secrets", says(200, {"value": "ek", "expires_at": "soon"})),
    (mint, "client_secrets", says(200, {"value": "ek\r\nX-Canary: 1", "expires_at": 1})),
    (mint, "client_secrets", says(200, {"value": "e" * 5000, "expires_at": 1})),
    (mint, "client_secrets", says(200, {"value": "ek", "expires_at": 1, "session": "canary"})),
    (mint, "client_secrets", too_much),
    (mint_preview, "sessions", says(200, {"id": "canary"})),
    (mint_preview, "sessions", says(200, {"client_secret": {"value": 7, "expires_at": 1}})),
    (exchange, "calls", says(201, b"canary", Location=PLACE)),
    (exchange, "calls", says(201, b"v=0\r\n\xff", Location=PLACE)),
    (exchange, "calls", says(201, b"v=0\r\n" + b"a=x\r\n" * MAX_SDP, Location=PLACE)),
    (exchange, "calls", says(201, ANSWER_SDP.encode())),
    (exchange, "calls", says(201, ANSWER_SDP.encode(), Location="/v1/realtime/calls/rtc_1/../canary")),
]


@pytest.mark.parametrize(("ask", "path", "answer"), GARBAGE)
async def test_what_is_no_answer_fails(
    service: RestService, calls: Calls, ask: Ask, path: str, answer: Any
) -> None:
    """Nothing is made of it, and nothing of it is repeated."""
    service.answers[path] = answer
    with pytest.raises(Ended) as ended:
        await ask(calls, service)
    assert ended.value.ending is Ending.UPSTREAM_FAILED
    assert "canary" not in ended.value.message + ended.value.detail


@pytest.mark.parametrize("status", [200, 500])
async def test_a_call_without_an_answer_is_hung_up(service: RestService, calls: Calls, status: int) -> None:
    """The service holds it, and nobody else could end it; that it cannot be ended is not what is told."""
    service.answers |= {"calls": says(201, b"canary", Location=PLACE), "hangup": says(status)}
    with pytest.raises(Ended, check=lambda ended: ended.ending is Ending.UPSTREAM_FAILED):
        await exchange(calls, service)
    assert service.seen[-1].path.endswith("/hangup")


async def test_a_service_that_does_not_answer_is_given_up(service: RestService, calls: Calls) -> None:
    """In the time that a dial has."""
    service.answers["client_secrets"] = service.stall
    with pytest.raises(Ended) as ended:
        await mint(calls, service)
    assert ended.value.ending is Ending.DIAL_TIMEOUT


DESCRIPTIONS = [
    (OFFER, True),
    ("v=0\n", True),
    ("v=0", True),
    ("", False),
    ("v=1\r\n", False),
    ("{}", False),
    ("o=x\r\nv=0\r\n", False),
    ("v=0\r\n\r\nGET / HTTP/1.1\r\n", False),
    ("v=0\r\na=x\x00y\r\n", False),
]


@pytest.mark.parametrize(("text", "expected"), DESCRIPTIONS)
def test_what_looks_like_a_description(text: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """`v=0`, then one letter and a value a line, and no other control character."""
    assert looks_like_sdp(text) is expected


def test_no_secret_is_shown() -> None:
    """Whatever prints an object by accident."""
    assert SECRET not in repr(Minted(SECRET, 1, {"instructions": "canary"}))
    assert "canary" not in repr((Minted("x", 1, {"instructions": "canary"}), Wanted({"x": "canary"}, 1)))
