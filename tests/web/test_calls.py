"""Tests of app.web.calls: who may offer a call, and what an offer must be."""

import asyncio

import httpx
import pytest

from tests.conversations.calling import OFFER, offer, ticket
from tests.harness import KEY, ServedRelay
from tests.upstream.rest_service import RestService

PAGE = "https://app.example"
FORM = {"content-type": "multipart/form-data; boundary=x"}


def form(**parts: str) -> bytes:
    """Write a form with these parts."""
    head = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return ("".join(head.format(*part) for part in parts.items()) + "--x--\r\n").encode()


FORM_IN_FORM = b"--x\r\n" + b"".join(
    b"Content-Type: multipart/mixed; boundary=y%d\r\n\r\n--y%d\r\n" % (depth, depth) for depth in range(1000)
)
"""Forms within forms: whoever reads them all is kept busy for seconds, or falls from its stack."""

REFUSED: list[tuple[str, bytes | str, dict[str, str], int, str]] = [
    ("", OFFER, {"authorization": "Bearer canary-of-a-stranger"}, 401, "invalid_api_key"),
    ("", OFFER, {"authorization": "Bearer ek_canary"}, 401, "ticket_unusable"),
    ("", OFFER, {"authorization": ""}, 401, "invalid_api_key"),
    ("", OFFER, {"origin": "https://evil.example"}, 403, "origin_not_allowed"),
    ("?profile=other", OFFER, {}, 403, "profile_not_allowed"),
    ("?profile=socket", OFFER, {}, 403, "webrtc_not_allowed"),
    ("?profile=direct", OFFER, {}, 403, "webrtc_not_allowed"),
    ("", OFFER, {"content-type": "text/plain"}, 415, "unsupported_media_type"),
    ("", OFFER, {"content-type": ""}, 415, "unsupported_media_type"),
    ("", "canary", {}, 400, "invalid_request"),
    ("", "", {}, 400, "invalid_request"),
    ("", b"v=0\r\n\xff", {}, 400, "invalid_request"),
    ("", OFFER + "canary: no line of SDP\r\n", {}, 400, "invalid_request"),
    ("", OFFER + "a=x\r\n" * 16_000, {}, 413, "message_too_big"),
    ("", form(other=OFFER), FORM, 400, "invalid_request"),
    ("", form(sdp="canary"), FORM, 400, "invalid_request"),
    ("", b"canary", FORM, 400, "invalid_request"),
    ("", b"--x\r\n\r\ncanary: no name\r\n--x--\r\n", FORM, 400, "invalid_request"),
    ("", b"--x\r\n" + OFFER.encode() + b"\r\n--x--\r\n", FORM, 400, "invalid_request"),
    ("", form(**dict.fromkeys("abcdefgh", ""), sdp=OFFER), FORM, 400, "invalid_request"),
    ("", form(sdp=OFFER), {"content-type": "multipart/form-data"}, 400, "invalid_request"),
    ("", FORM_IN_FORM, FORM, 400, "invalid_request"),
    ("", form(sdp=OFFER, session="canary"), FORM, 400, "invalid_request"),
    ("", form(sdp=OFFER, session='{"type": "canary"}'), FORM, 400, "invalid_request"),
]


@pytest.mark.parametrize(("query", "body", "headers", "status", "code"), REFUSED)
async def test_a_refusal_says_why(  # noqa: PLR0917 - a table's columns
    calling: ServedRelay,
    service: RestService,
    query: str,
    body: bytes | str,
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    """With OpenAI's error body, without what came; and the service is asked for nothing."""
    response = await offer(calling, query, body=body, **headers)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "canary" not in response.text
    assert service.seen == []
    assert len(response.headers["x-request-id"]) == 32
    assert calling.parts.telemetry.refused_callers == {code: 1}


async def test_an_offer_is_written_anew(calling: ServedRelay, service: RestService) -> None:
    """However its lines end; a form's the same."""
    bare = OFFER.replace("\r\n", "\n").rstrip()
    for body, headers in ((bare, {}), (form(sdp=bare, other="x"), FORM), (form(sdp=OFFER), FORM)):
        assert (await offer(calling, body=body, **headers)).status_code == 201
    assert [each.body for each in service.seen if each.body.startswith(b"v=0")] == [OFFER.encode()] * 3


async def test_a_ticket_makes_one_call(calling: ServedRelay) -> None:
    """From its own page, and with its own session; the second is told why not."""
    value = await ticket(calling, origin=PAGE)
    elsewhere = await offer(calling, credential=value)
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (403, "ticket_origin")
    beside = await offer(calling, credential=value, body=form(sdp=OFFER, session="{}"), origin=PAGE, **FORM)
    assert beside.status_code == 400
    assert (await offer(calling, credential=value, origin=PAGE)).status_code == 201
    again = await offer(calling, credential=value, origin=PAGE)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "ticket_unusable")


async def test_of_several_offers_with_one_ticket_one_wins(calling: ServedRelay) -> None:
    """However close they come together."""
    value = await ticket(calling)
    made = await asyncio.gather(*(offer(calling, credential=value) for _ in range(6)))
    assert sorted(each.status_code for each in made) == [201, *[401] * 5]


async def test_a_caller_who_leaves_in_mid_body_is_no_fault(
    calling: ServedRelay, service: RestService, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is logged of it, and nothing asked for."""
    _, writer = await asyncio.open_connection("127.0.0.1", calling.port)
    head = f"POST /v1/realtime/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    writer.write(f"{head}Content-Type: application/sdp\r\nContent-Length: 100\r\n\r\ncanary".encode())
    await writer.drain()
    writer.transport.abort()
    assert (await offer(calling)).status_code == 201
    assert "canary" not in capsys.readouterr().out
    assert service.paths.count("calls") == 1


async def test_a_fault_is_told_as_such(calling: ServedRelay) -> None:
    """500 with an error body, and without the exception's words."""
    store = calling.parts.store
    limits, store._limits = store._limits, None  # noqa: SLF001 - breaking it is the point
    response = await offer(calling)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    store._limits = limits  # noqa: SLF001 - mended


async def test_nothing_but_a_post_is_taken(calling: ServedRelay) -> None:
    """405, as for other paths."""
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{calling.http}/v1/realtime/calls")).status_code == 405
