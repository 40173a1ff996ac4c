"""Tests of app.web.held_calls: what fails while a call is set up, and that none goes on which nobody watches."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from app.web.call_leg import CallLeg
from app.web.held_calls import HeldCall, HeldCalls
from tests.conversations.calling import OFFER, call_of, hang_up, offer, ticket
from tests.harness import KEY, ServedRelay, until
from tests.upstream.rest_service import SECRET, RestService, hear_out, says
from tests.web.conftest import ServeCalls


async def object_to_it(request: web.Request) -> web.StreamResponse:
    """Be a sideband that refuses the session that it is joined with."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.receive()
    await socket.send_json({"type": "error", "error": {"message": "canary", "param": "session.instructions"}})
    await socket.receive()
    return socket


async def close_at_once(request: web.Request) -> web.StreamResponse:
    """Be a sideband that ends before it began."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    await socket.close(code=3000)
    return socket


FAILURES: list[tuple[str, Any, int, str, bool]] = [
    # what fails, how, what the caller is told, and whether a call is to be hung up
    ("client_secrets", says(401), 502, "upstream_refused", False),
    ("client_secrets", says(400, {"error": {"param": "session.tools"}}), 502, "upstream_refused", False),
    ("client_secrets", says(429), 429, "upstream_overloaded", False),
    ("client_secrets", says(500), 503, "upstream_unavailable", False),
    ("client_secrets", says(200, b"canary"), 502, "upstream_failed", False),
    ("client_secrets", None, 504, "upstream_timeout", False),
    ("calls", says(400), 400, "offer_refused", False),
    ("calls", says(401), 502, "upstream_refused", False),
    ("calls", says(429), 429, "upstream_overloaded", False),
    ("calls", says(201, b"canary"), 502, "upstream_failed", False),
    ("calls", None, 504, "upstream_timeout", False),
    ("realtime", says(401), 502, "upstream_refused", True),
    ("realtime", says(404), 502, "upstream_refused", True),
    ("realtime", says(503), 503, "upstream_unavailable", True),
    ("realtime", close_at_once, 502, "upstream_refused", True),
    ("realtime", object_to_it, 502, "upstream_refused", True),
    ("realtime", None, 504, "upstream_timeout", True),
]


@pytest.mark.parametrize(("path", "answer", "status", "code", "hung_up"), FAILURES)
async def test_what_fails_at_the_service_is_told_in_our_words(  # noqa: PLR0917 - a table's columns
    serve_calls: ServeCalls,
    service: RestService,
    capsys: pytest.CaptureFixture[str],
    path: str,
    answer: Any,
    status: int,
    code: str,
    hung_up: bool,  # noqa: FBT001 - a table's column
) -> None:
    """A call that nobody can watch is hung up; the ticket is good for another try, and no place is kept."""
    relay = await serve_calls()
    value = await ticket(relay)
    good = service.answers[path]
    service.answers[path] = answer or service.stall
    response = await offer(relay, credential=value)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert ("hangup" in service.paths) is hung_up
    assert relay.parts.store._open.total() == 0  # noqa: SLF001 - nothing outside tells
    logged = capsys.readouterr().out
    for canary in ("canary", SECRET, KEY, "V2pnJ5SrKJX2C5YcJ8hH7Qm1"):
        assert canary not in logged.replace("canary-profile", "") + response.text
    service.answers[path] = good
    assert (await offer(relay, credential=value)).status_code == 201


async def test_a_call_that_is_not_found_at_once_is_joined_a_little_later(
    calling: ServedRelay, service: RestService
) -> None:
    """The service makes it at one place, and looks for it at another."""
    attempts: list[web.Request] = []

    async def later(request: web.Request) -> web.StreamResponse:
        attempts.append(request)
        return await (says(404) if len(attempts) < 3 else hear_out)(request)

    service.answers["realtime"] = later
    assert (await offer(calling)).status_code == 201
    assert "hangup" not in service.paths


async def test_a_hang_up_that_fails_is_logged(
    calling: ServedRelay, service: RestService, capsys: pytest.CaptureFixture[str]
) -> None:
    """The session has ended all the same."""
    made = await offer(calling)
    service.answers["hangup"] = says(500)
    assert (await hang_up(calling, call_of(made))).status_code == 200
    await until(lambda: calling.parts.telemetry.ended == {"client_left": 1})
    await until(lambda: not calling.parts.store._open.total())  # noqa: SLF001 - nothing outside tells
    assert "call not hung up" in capsys.readouterr().out


async def test_a_caller_who_leaves_meanwhile_has_no_call(serve_calls: ServeCalls, service: RestService) -> None:
    """It is hung up at once, and the ticket is good for another try."""
    calling = await serve_calls(upstream={})
    value = await ticket(calling)
    arrived = asyncio.Event()

    async def late(request: web.Request) -> web.StreamResponse:
        arrived.set()
        return await service.stall(request)

    service.answers["realtime"] = late
    _, writer = await asyncio.open_connection("127.0.0.1", calling.port)
    head = f"POST /v1/realtime/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {value}\r\n"
    writer.write(f"{head}Content-Type: application/sdp\r\nContent-Length: {len(OFFER)}\r\n\r\n{OFFER}".encode())
    await arrived.wait()
    writer.transport.abort()
    await until(lambda: "hangup" in service.paths)
    await until(lambda: not calling.parts.store._reserved)  # noqa: SLF001 - nothing outside tells
    assert calling.parts.telemetry.refused_callers == {"client_left": 1}
    service.answers["realtime"] = hear_out
    assert (await offer(calling, credential=value)).status_code == 201


async def test_a_caller_who_leaves_as_the_answer_is_made_has_no_call(
    calling: ServedRelay, service: RestService
) -> None:
    """Nobody is there to be told of it, and to end it."""
    _, writer = await asyncio.open_connection("127.0.0.1", calling.port)

    async def last(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.receive()
        await socket.send_json({"type": "session.updated", "session": {"type": "realtime"}})
        writer.transport.abort()
        await socket.receive()
        return socket

    service.answers["realtime"] = last
    head = f"POST /v1/realtime/calls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
    writer.write(f"{head}Content-Type: application/sdp\r\nContent-Length: {len(OFFER)}\r\n\r\n{OFFER}".encode())
    await until(lambda: "hangup" in service.paths)
    await until(lambda: not calling.parts.store._open.total())  # noqa: SLF001 - nothing outside tells


async def test_a_drain_that_begins_meanwhile_lets_nobody_in(calling: ServedRelay, service: RestService) -> None:
    """The call that was just made is hung up."""

    async def drained(request: web.Request) -> web.StreamResponse:
        calling.parts.sessions.draining = True
        return await hear_out(request)

    service.answers["realtime"] = drained
    response = await offer(calling)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "server_draining")
    assert "hangup" in service.paths
    calling.parts.sessions.draining = False


async def test_a_relay_that_stops_hangs_up(calling: ServedRelay, service: RestService) -> None:
    """What it cannot watch any more goes on no longer."""
    assert (await offer(calling)).status_code == 201
    calling.server.should_exit = True
    await until(lambda: "hangup" in service.paths)


async def test_two_calls_of_one_name_are_both_hung_up(calling: ServedRelay, service: RestService) -> None:
    """Whatever a service calls them."""
    assert [(await offer(calling)).headers["location"] for _ in range(2)] == ["/v1/realtime/calls/rtc_1"] * 2
    calling.server.should_exit = True
    await until(lambda: service.paths.count("hangup") == 2)


async def test_a_call_whose_session_has_not_begun_is_hung_up_at_the_end() -> None:
    """Its task is cancelled before its first step, and does nothing any more."""
    hung_up: list[str] = []

    async def hang_up() -> None:
        hung_up.append("rtc_1")

    unused: Any = None
    held = HeldCalls(unused, unused)
    held._hold(HeldCall("rtc_1", unused, unused, CallLeg(hang_up, "rtc_1")), AsyncExitStack())  # noqa: SLF001
    await held.close()
    assert hung_up == ["rtc_1"]
