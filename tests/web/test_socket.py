"""The endpoint over real sockets: who is let in, where to, and how a refusal reads."""

import asyncio
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from app.web.socket import PATHS
from tests.harness import (
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

BROWSER = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{KEY}")]
STRANGER = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.rk_canary-of-a-stranger")]


async def denied(relay: ServedRelay, path: str = "/v1/realtime", **options: Any) -> tuple[int, Any, Headers]:
    """Connect, and return status, body and headers of the HTTP denial."""
    with pytest.raises(InvalidStatus) as caught:
        await relay.connect(path, **options)
    response = caught.value.response
    return response.status_code, msgspec.json.decode(response.body or b"null"), response.headers


async def told(relay: ServedRelay, path: str = "/v1/realtime", **options: Any) -> tuple[dict[str, Any], int, str]:
    """Connect, and return the one `error` in band, and code and reason of the close behind it."""
    async with relay.connect(path, **options) as client:
        event = await read(client)
        code, reason = await closing(client)
    assert event["type"] == "error"
    assert event["event_id"]
    error: dict[str, Any] = event["error"]
    return error, code, reason


@pytest.mark.parametrize("path", PATHS)
async def test_all_paths_lead_to_the_upstream(relay: ServedRelay, path: str) -> None:
    """The four paths of the Realtime API, in both generations, open a session."""
    async with relay.connect(path) as client:
        assert (await read(client))["type"] == "session.created"


@pytest.mark.parametrize(
    "options",
    [
        {"key": KEY},
        {"key": None, "headers": {"api-key": KEY}},
        {"key": None, "subprotocols": BROWSER},
    ],
    ids=["bearer", "api-key", "subprotocol"],
)
async def test_a_key_is_found_in_each_carrier(relay: ServedRelay, options: Any) -> None:
    """Browsers cannot set headers, SDKs can: each has its way to bring the key."""
    async with relay.connect(**options) as client:
        assert (await read(client))["type"] == "session.created"


async def test_a_key_in_the_query_counts_only_where_allowed(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """Off by default, since queries are logged by everything on the way."""
    path = f"/v1/realtime?api-key={KEY}"
    closed = await serve_relay(**towards(upstream))
    assert (await denied(closed, path, key=None))[0] == HTTPStatus.UNAUTHORIZED
    auth = {**towards(upstream)["auth"], "query_credentials": True}
    opened = await serve_relay(**towards(upstream, auth=auth))
    async with opened.connect(path, key=None) as client:
        assert (await read(client))["type"] == "session.created"


@pytest.mark.parametrize(("offered", "selected"), [(BROWSER, "realtime"), (BROWSER[1:], None), (None, None)])
async def test_the_key_is_never_the_selected_subprotocol(
    relay: ServedRelay, offered: list[Subprotocol] | None, selected: str | None
) -> None:
    """`realtime` is selected if it is offered, and nothing otherwise."""
    async with relay.connect(key=KEY, subprotocols=offered) as client:
        assert client.subprotocol == selected


async def test_the_upstream_gets_the_relays_credential_and_not_the_users(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """The upstream sees the operator's key and deployment, our request id, and nothing that the user brought."""
    async with relay.connect("/v1/realtime?model=a-public-name") as client:
        await read(client)
    (request,) = upstream.requests
    assert request.path == "/openai/v1/realtime?model=secret-deployment"
    assert request.headers["api-key"] == "canary-upstream-key"
    assert len(request.headers["x-ms-client-request-id"]) == 32
    seen = str(request.headers) + request.path
    assert KEY not in seen
    assert "a-public-name" not in seen


async def test_the_client_sees_the_model_that_it_asked_for(relay: ServedRelay) -> None:
    """The deployment's name stays with the operator."""
    async with relay.connect("/v1/realtime?model=a-public-name") as client:
        assert (await read(client))["session"]["model"] == "a-public-name"


async def test_a_transcription_session_names_no_model_in_the_url(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """`intent=transcription` is passed on; the deployment goes into the session instead."""
    heard: asyncio.Queue[Any] = asyncio.Queue()

    async def listen(connection: ServerConnection) -> None:
        await write(connection, {"type": "session.created", "event_id": "e", "session": {"type": "transcription"}})
        heard.put_nowait(await read(connection))

    upstream.script = listen
    async with relay.connect("/v1/realtime?intent=transcription&model=public") as client:
        await read(client)
        transcription = {"audio": {"input": {"transcription": {"model": "public", "language": "en"}}}}
        await write(client, {"type": "session.update", "session": {"type": "transcription", **transcription}})
        async with asyncio.timeout(PATIENCE):
            update = await heard.get()
    assert upstream.requests[0].path == "/openai/v1/realtime?intent=transcription"
    assert update["session"]["audio"]["input"]["transcription"] == {"model": "secret-deployment", "language": "en"}


async def test_a_missing_credential_reads_as_http_for_an_sdk(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """A caller with headers gets the status and OpenAI's error body, and the upstream hears nothing."""
    status, body, headers = await denied(relay, key=None)
    assert status == HTTPStatus.UNAUTHORIZED
    assert body["error"]["code"] == "invalid_api_key"
    assert "Authorization: Bearer" in body["error"]["message"]
    assert len(headers["x-request-id"]) == 32
    assert upstream.requests == []


@pytest.mark.parametrize(
    "options",
    [
        {"key": None, "subprotocols": STRANGER},
        {"key": None, "subprotocols": [Subprotocol("realtime")]},
        {"key": "rk_canary-of-a-stranger", "subprotocols": [Subprotocol("realtime")]},
        {"key": None, "origin": "http://127.0.0.1:{port}"},
    ],
    ids=["stranger", "no credential", "wrong bearer", "a page without credential"],
)
async def test_a_browser_reads_its_refusal_in_band(
    relay: ServedRelay, upstream: ScriptedUpstream, options: dict[str, Any]
) -> None:
    """A browser sees 1006 for any HTTP denial: it is accepted, told, and closed with 3000."""
    if "origin" in options:
        options = {**options, "origin": options["origin"].format(port=relay.port)}
    error, code, reason = await told(relay, **options)
    assert (error["code"], code) == ("invalid_api_key", 3000)
    assert "canary" not in str(error) + reason
    assert upstream.requests == []


@pytest.mark.parametrize("options", [{}, {"subprotocols": BROWSER}], ids=["alone", "with subprotocols"])
async def test_a_foreign_origin_is_denied_by_http(
    relay: ServedRelay, upstream: ScriptedUpstream, options: Any
) -> None:
    """Another site's page gets 403 and nothing else, whatever credential it brings."""
    status, body, _ = await denied(relay, origin="https://evil.example", **options)
    assert status == HTTPStatus.FORBIDDEN
    assert body["error"]["code"] == "origin_not_allowed"
    assert upstream.requests == []


async def test_a_listed_origin_may_connect(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """`RELAY_ORIGINS` takes the place of the relay's own."""
    relay = await serve_relay(**towards(upstream, origins="https://app.example, https://other.example"))
    async with relay.connect(origin="https://other.example") as client:
        assert (await read(client))["type"] == "session.created"
    assert (await denied(relay, origin=f"http://127.0.0.1:{relay.port}"))[0] == HTTPStatus.FORBIDDEN


DEV_TABLE: list[tuple[dict[str, str], int]] = [
    ({}, 101),
    ({"Host": "localhost"}, 101),
    ({"Host": "localhost:1234", "Origin": "http://localhost:1234"}, 101),
    ({"Authorization": "Bearer anything"}, 101),
    ({"Host": "rebound.evil.example"}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"X-Forwarded-For": "203.0.113.9"}, 403),
    ({"Forwarded": "for=203.0.113.9"}, 403),
]


@pytest.mark.parametrize(("headers", "status"), DEV_TABLE)
async def test_dev_mode_serves_its_own_machine_only(
    serve_relay: Serve, upstream: ScriptedUpstream, headers: dict[str, str], status: int
) -> None:
    """With no user authentication, anything that smells of another machine or site is refused."""
    relay = await serve_relay(**towards(upstream, auth={}))
    request = "GET /v1/realtime HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n"
        for name, value in {
            "Host": f"127.0.0.1:{relay.port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **headers,
        }.items()
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    writer.write(request.encode() + b"\r\n")
    async with asyncio.timeout(PATIENCE):
        answer = await reader.readline()
        body = await reader.read() if status != HTTPStatus.SWITCHING_PROTOCOLS else b""
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] == str(status).encode()
    if status == HTTPStatus.FORBIDDEN and "Origin" not in headers:
        assert b"RELAY_AUTH__KEYS__<NAME>" in body


async def test_lists_of_models_choose_the_target(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """A target that lists names answers to those; an unknown one is 404, and told the allowed ones."""
    target = {
        "provider": "compatible",
        "api_key": "k",
        "endpoint": upstream.endpoint + "/v1/realtime?model=behind",
    }
    relay = await serve_relay(
        **towards(
            upstream,
            azure_openai_endpoint=None,
            targets={"main": {**target, "models": ["voice", "voice-mini"]}},
            origins="https://app.example",
        )
    )
    async with relay.connect("/openai/realtime?deployment=voice-mini") as client:
        await read(client)
    status, body, _ = await denied(relay, "/v1/realtime?model=other")
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    assert "voice-mini" in body["error"]["message"]
    error, code, _ = await told(relay, "/v1/realtime?model=other", subprotocols=BROWSER)
    assert (error["code"], code) == ("model_not_found", 3003)
    assert len(upstream.requests) == 1


async def test_a_user_has_so_many_sessions_and_gets_them_back(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """One more than allowed is 429 with Retry-After; when one ends, its place is free again."""
    relay = await serve_relay(**towards(upstream, limits={"sessions_per_user": 1}))
    async with relay.connect() as client:
        await read(client)
        status, body, headers = await denied(relay)
        assert (status, body["error"]["code"]) == (429, "rate_limit_exceeded")
        assert int(headers["retry-after"]) > 0
        _, code, _ = await told(relay, subprotocols=BROWSER)
        assert code == 4429
    await upstream.freed()
    await until(lambda: not len(relay.parts.sessions))
    async with relay.connect() as client:
        assert (await read(client))["type"] == "session.created"


async def test_a_draining_relay_takes_no_newcomers(relay: ServedRelay) -> None:
    """503 with Retry-After by HTTP, 1012 in band."""
    relay.parts.sessions.draining = True
    status, _, headers = await denied(relay)
    assert (status, headers["retry-after"]) == (503, "1")
    error, code, _ = await told(relay, subprotocols=BROWSER)
    assert (error["code"], code) == ("server_draining", 1012)


async def test_a_drain_that_begins_in_mid_dial_refuses_the_newcomer(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """It was not yet in, and would be the last to leave; its upstream is freed."""
    dialled, go = asyncio.Event(), asyncio.Event()

    async def hesitate(connection: ServerConnection) -> None:
        dialled.set()
        await go.wait()
        await converse(connection)

    upstream.script = hesitate
    connecting = asyncio.ensure_future(denied(relay))
    async with asyncio.timeout(PATIENCE):
        await dialled.wait()
        relay.parts.sessions.draining = True
        go.set()
        assert (await connecting)[0] == HTTPStatus.SERVICE_UNAVAILABLE
    await upstream.freed()


ANSWERS: list[tuple[int, dict[str, str], int, str, int]] = [
    (400, {}, 502, "upstream_refused", 1011),
    (401, {}, 502, "upstream_refused", 1011),
    (403, {}, 502, "upstream_refused", 1011),
    (404, {}, 502, "upstream_refused", 1011),
    (429, {"Retry-After": "7"}, 429, "upstream_overloaded", 1013),
    (500, {}, 503, "upstream_unavailable", 1013),
    (302, {"Location": "http://127.0.0.1:1/"}, 502, "upstream_refused", 1011),
]


@pytest.mark.parametrize(("answer", "extra", "status", "error_code", "close_code"), ANSWERS)
async def test_what_the_upstream_answers_is_told_without_its_words(  # noqa: PLR0917 - a table's columns
    relay: ServedRelay,
    upstream: ScriptedUpstream,
    answer: int,
    extra: dict[str, str],
    status: int,
    error_code: str,
    close_code: int,
) -> None:
    """The relay's own credential is the operator's business: outside it is a fixed text."""

    async def respond(_: Request) -> Response:
        headers = Headers({"Content-Length": "22", **extra})
        return Response(answer, "No", headers, b"canary canary canary c")

    upstream.respond = respond
    got, body, headers = await denied(relay)
    assert (got, body["error"]["code"]) == (status, error_code)
    assert headers.get("retry-after") == extra.get("Retry-After")
    error, code, reason = await told(relay, subprotocols=BROWSER)
    assert (error["code"], code) == (error_code, close_code)
    assert "canary" not in str(body) + str(error) + reason


async def test_an_upstream_that_is_not_there_is_unavailable(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """A refused connection is 503 and may be tried again."""
    relay = await serve_relay(**towards(upstream, azure_openai_endpoint="http://127.0.0.1:1"))
    assert (await denied(relay))[0] == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize("stall", ["handshake", "first event"])
async def test_an_upstream_that_stalls_is_timed_out(
    serve_relay: Serve, upstream: ScriptedUpstream, stall: str
) -> None:
    """Handshake and first event have one deadline; behind it stands 504, and the connection is gone."""

    async def wait(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async def never(_: Request) -> None:
        await stalled.wait()

    stalled = asyncio.Event()
    if stall == "handshake":
        upstream.respond = never
    else:
        upstream.script = wait
    relay = await serve_relay(**towards(upstream, upstream={"timeout": 0.2}))
    assert (await denied(relay))[0] == HTTPStatus.GATEWAY_TIMEOUT
    stalled.set()
    if stall == "first event":
        await upstream.freed()


async def test_a_first_event_that_is_an_error_refuses_the_relay(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """OpenAI refuses a bad key after the handshake: by `error` and close 3000. The client never sees a session."""

    async def refuse(connection: ServerConnection) -> None:
        error = {"type": "invalid_request_error", "code": "invalid_api_key", "message": "Incorrect: canary-key"}
        await write(connection, {"type": "error", "event_id": "e", "error": error})
        await connection.close(3000, "invalid_request_error.invalid_api_key")

    upstream.script = refuse
    status, body, _ = await denied(relay)
    assert (status, body["error"]["code"]) == (502, "upstream_refused")
    assert "canary" not in str(body)


async def test_a_client_that_leaves_in_mid_dial_frees_the_upstream(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """Nobody pays for a dial that nobody waits for."""
    dialled = asyncio.Event()

    async def wait(connection: ServerConnection) -> None:
        dialled.set()
        await connection.wait_closed()

    upstream.script = wait
    client = asyncio.ensure_future(relay.connect().__aenter__())
    async with asyncio.timeout(PATIENCE):
        await dialled.wait()
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    await upstream.freed()


async def test_a_fault_of_the_relay_is_told_as_such(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """An exception that nobody expected becomes 500, without its words; the next session is well."""
    store = relay.parts.store
    limits, store._limits = store._limits, None  # noqa: SLF001 - breaking it is the point
    status, body, _ = await denied(relay)
    assert (status, body["error"]["code"]) == (500, "internal_error")
    store._limits = limits  # noqa: SLF001 - mended
    async with relay.connect() as client:
        assert (await read(client))["type"] == "session.created"
    assert upstream.script is converse
