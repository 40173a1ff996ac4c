"""Tickets over real sockets: got by HTTP in the Realtime API's own shape, and good for one connection each."""

import asyncio
from typing import Any

import httpx
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from app.auth.static_keys import hash_key
from app.simulator import Simulator, SimulatorConfig
from app.web.tickets import CLIENT_SECRET_PATHS, SESSION_PATHS
from tests.harness import KEY, PATIENCE, ScriptedUpstream, Serve, ServedRelay, closing, read, towards, until

PAGE = "https://app.example"
GA_PATH = "/v1/realtime/client_secrets"


@pytest.fixture
async def relay(serve_relay: Serve, upstream: ScriptedUpstream) -> ServedRelay:
    """Serve a relay that one page may connect to."""
    return await serve_relay(**towards(upstream, origins=PAGE))


async def post(relay: ServedRelay, path: str = GA_PATH, body: Any = None, **headers: str) -> httpx.Response:
    """Ask for a ticket, with Alice's key unless told otherwise."""
    async with httpx.AsyncClient(trust_env=False) as http:
        sent = {"authorization": f"Bearer {KEY}", **headers}
        return await http.post(relay.http + path, json=body or {}, headers=sent)


async def ticket(relay: ServedRelay, body: Any = None, **headers: str) -> str:
    """Return a new ticket."""
    response = await post(relay, body=body, **headers)
    assert response.status_code == 200, response.text
    value: str = response.json()["value"]
    return value


def by_subprotocol(value: str) -> dict[str, Any]:
    """Connect as a browser does."""
    offered = [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{value}")]
    return {"key": None, "subprotocols": offered}


async def opens(relay: ServedRelay, path: str = "/v1/realtime", **options: Any) -> bool:
    """Tell whether a session opens; otherwise the answer must be a readable refusal."""
    async with relay.connect(path, **options) as client:
        event = await read(client)
        if event["type"] == "session.created":
            return True
        assert event["error"]["code"].startswith("ticket_")
        assert (await closing(client))[0] in {3000, 3003}
        return False


@pytest.mark.parametrize("path", CLIENT_SECRET_PATHS)
async def test_a_client_secret_has_the_apis_shape(relay: ServedRelay, path: str) -> None:
    """On all three paths; not to be cached; good for 60 seconds."""
    body = {"session": {"type": "realtime", "model": "public"}}
    response = await post(relay, path + "?api-version=2025-04-01-preview", body)
    answer = response.json()
    assert answer["value"].startswith("ek_")
    assert len(answer["value"]) == 3 + 43
    assert (
        answer["session"].items() >= {"type": "realtime", "object": "realtime.session", "model": "public"}.items()
    )
    assert response.headers["cache-control"] == "no-store"
    async with relay.connect(**by_subprotocol(answer["value"])) as client:
        assert (await read(client))["session"]["model"] == "public"


@pytest.mark.parametrize("path", SESSION_PATHS)
async def test_a_preview_session_has_its_shape(relay: ServedRelay, path: str) -> None:
    """The secret is one deeper."""
    answer = (await post(relay, path + "?api-version=2025-04-01-preview", {"model": "public"})).json()
    assert answer["model"] == "public"
    assert await opens(relay, **by_subprotocol(answer["client_secret"]["value"]))


async def test_the_official_sdks_mint_and_connect(relay: ServedRelay) -> None:
    """OpenAI's client and Azure's each get a secret by their own call, and a session with it."""
    openai = AsyncOpenAI(base_url=f"{relay.http}/v1", api_key=KEY)
    azure = AsyncAzureOpenAI(azure_endpoint=relay.http, api_key=KEY, api_version="2025-04-01-preview")
    for client in (openai, azure):
        async with client as minting:
            session: Any = {"type": "realtime", "model": "gpt-realtime"}
            secret = await minting.realtime.client_secrets.create(session=session)
        browser = AsyncOpenAI(base_url=f"{relay.http}/v1", api_key=secret.value)
        async with browser, browser.realtime.connect(model="gpt-realtime") as connection:
            async with asyncio.timeout(PATIENCE):
                assert (await connection.recv()).type == "session.created"


async def test_what_a_ticket_was_made_for_is_in_force(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """A backend sets instructions and voice; the session begins with them, and the client sees that it does."""
    async with Simulator() as simulator:
        relay = await serve_relay(**towards(upstream, azure_openai_endpoint=simulator.endpoint))
        session = {"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "marin"}}}
        value = await ticket(relay, {"session": session})
        async with relay.connect(**by_subprotocol(value)) as client:
            created = (await read(client))["session"]
        assert (created["instructions"], created["audio"]["output"]["voice"]) == ("Be brief.", "marin")
        value = await ticket(relay, {"session": {"type": "realtime", "no_such": "canary"}})
        async with relay.connect(**by_subprotocol(value)) as client:
            error = (await read(client))["error"]
            assert (await closing(client))[0] == 3003
        assert (error["code"], "session.no_such" in error["message"]) == ("session_refused", True)
        assert "canary" not in str(error)


VOICES: list[tuple[str, dict[str, Any]]] = [
    (
        GA_PATH,
        {"session": {"type": "realtime", "instructions": "Be brief.", "audio": {"output": {"voice": "verse"}}}},
    ),
    (SESSION_PATHS[0], {"model": "public", "instructions": "Be brief.", "voice": "verse"}),
    (SESSION_PATHS[1], {"model": "public", "instructions": "Be brief.", "voice": "verse"}),
]


@pytest.mark.parametrize("generation", ["ga", "preview"])
@pytest.mark.parametrize(("path", "body"), VOICES)
async def test_both_shapes_of_a_session_hold_on_both_upstreams(
    serve_relay: Serve, upstream: ScriptedUpstream, generation: Any, path: str, body: dict[str, Any]
) -> None:
    """Asked for in either generation, in force in either, shown to a GA client in GA's shape."""
    async with Simulator(SimulatorConfig(generation=generation)) as simulator:
        version = "v1" if generation == "ga" else "2025-04-01-preview"
        given = towards(upstream, azure_openai_endpoint=simulator.endpoint, openai_api_version=version)
        relay = await serve_relay(**given)
        answer = (await post(relay, path, body)).json()
        value = answer["value"] if "value" in answer else answer["client_secret"]["value"]
        async with relay.connect(**by_subprotocol(value)) as client:
            created = (await read(client))["session"]
    assert (created["instructions"], created["audio"]["output"]["voice"]) == ("Be brief.", "verse")


async def test_a_ticket_for_a_transcription_opens_one(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Whatever the URL says; the model that it names goes nowhere, the operator's deployment does."""
    heard: list[bytes] = []
    async with Simulator(observe=lambda _, message: heard.append(message)) as simulator:
        relay = await serve_relay(**towards(upstream, azure_openai_endpoint=simulator.endpoint))
        model = {"model": "public", "language": "en"}
        for session in ({}, {"audio": {"input": {"transcription": model}}}):
            value = await ticket(relay, {"session": {"type": "transcription", **session}})
            async with relay.connect(**by_subprotocol(value)) as client:
                assert (await read(client))["session"]["type"] == "transcription"
        assert [handshake.query for handshake in simulator.handshakes] == [{"intent": "transcription"}] * 2
    (update,) = heard
    assert b'"model":"secret-deployment"' in update
    assert b"public" not in update


async def test_what_the_upstream_cannot_do_is_told(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Before it is dialled."""
    relay = await serve_relay(**towards(upstream, openai_api_version="2025-04-01-preview"))
    value = await ticket(relay, {"session": {"type": "realtime", "tools": [{"type": "mcp", "server_label": "x"}]}})
    async with relay.connect(**by_subprotocol(value)) as client:
        assert (await read(client))["error"]["code"] == "session_refused"
    assert upstream.requests == []


async def test_a_refused_caller_is_seen_by_the_operator(
    relay: ServedRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted, logged with the Origin that came, and answered with the request's id."""
    response = await post(relay, origin="https://evil.example")
    assert len(response.headers["x-request-id"]) == 32
    assert relay.parts.telemetry.refused_callers == {"origin_not_allowed": 1}
    logged = capsys.readouterr().out
    assert "https://evil.example" in logged
    assert "RELAY_ORIGINS" in logged
    await post(relay, origin="https://" + "x" * 5000 + "canary")
    assert "canary" not in capsys.readouterr().out


async def test_a_fault_while_minting_is_told_as_such(relay: ServedRelay) -> None:
    """500 with an error body, and without the exception's words."""
    store = relay.parts.store
    limits, store._limits = store._limits, None  # noqa: SLF001 - breaking it is the point
    response = await post(relay)
    assert (response.status_code, response.json()["error"]["code"]) == (500, "internal_error")
    store._limits = limits  # noqa: SLF001 - mended


async def test_a_caller_who_leaves_in_mid_body_is_no_fault(
    relay: ServedRelay, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is logged of it, least of all what it brought."""
    _, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    head = f"POST {GA_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b'{"canary')
    await writer.drain()
    writer.transport.abort()
    assert (await post(relay)).status_code == 200
    assert "canary" not in capsys.readouterr().out


@pytest.mark.parametrize("body", ['{"session":{"x":NaN}}', '{"session":{"x":1e400}}', "{", "[]", '"x"'])
async def test_a_body_that_is_no_object_of_json_is_told_so(relay: ServedRelay, body: str) -> None:
    """400, and no ticket is made."""
    async with httpx.AsyncClient(trust_env=False) as http:
        headers = {"authorization": f"Bearer {KEY}"}
        response = await http.post(relay.http + GA_PATH, content=body, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_request")
    assert relay.parts.store._tickets == {}  # noqa: SLF001 - nothing outside tells


async def test_a_ticket_belongs_to_its_model(relay: ServedRelay) -> None:
    """It opens the one that it was made for, asked for or not, and no other."""
    for query, expected in (("", True), ("?model=public", True), ("?model=dearer", False)):
        value = await ticket(relay, {"session": {"type": "realtime", "model": "public"}})
        assert await opens(relay, f"/v1/realtime{query}", **by_subprotocol(value)) == expected


async def test_a_user_has_so_many_tickets(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """One more than allowed is 429; a used one makes room."""
    relay = await serve_relay(**towards(upstream, limits={"tickets_per_user": 1}))
    value = await ticket(relay)
    assert (await post(relay)).status_code == 429
    assert await opens(relay, **by_subprotocol(value))
    assert (await post(relay)).status_code == 200


async def test_a_ticket_works_once(relay: ServedRelay) -> None:
    """The second connection is told why."""
    value = await ticket(relay)
    assert await opens(relay, **by_subprotocol(value))
    assert not await opens(relay, **by_subprotocol(value))


async def test_of_several_connections_with_one_ticket_one_wins(relay: ServedRelay) -> None:
    """However close they come together."""
    value = await ticket(relay)
    won = await asyncio.gather(*(opens(relay, **by_subprotocol(value)) for _ in range(8)))
    assert won.count(True) == 1


async def test_a_ticket_is_good_for_another_try_when_the_dial_failed(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """Nobody should have to ask for a new one because the service was busy."""
    value = await ticket(relay)

    async def busy(_: Request) -> Response:
        return Response(429, "Busy", Headers({"Content-Length": "0"}), b"")

    upstream.respond = busy
    async with relay.connect(**by_subprotocol(value)) as client:
        assert (await read(client))["error"]["code"] == "upstream_overloaded"
    upstream.respond = None
    await until(lambda: not relay.parts.store._reserved)  # noqa: SLF001 - nothing outside tells
    assert await opens(relay, **by_subprotocol(value))


async def test_a_ticket_is_good_for_another_try_when_the_client_left(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """A page that is reloaded in mid-dial keeps its ticket."""
    value = await ticket(relay)
    dialled = asyncio.Event()
    script = upstream.script

    async def wait(connection: ServerConnection) -> None:
        dialled.set()
        await connection.wait_closed()

    upstream.script = wait
    client = asyncio.ensure_future(relay.connect(**by_subprotocol(value)).__aenter__())
    async with asyncio.timeout(PATIENCE):
        await dialled.wait()
    client.cancel()
    await asyncio.gather(client, return_exceptions=True)
    await upstream.freed()
    upstream.script = script
    await until(lambda: not relay.parts.store._reserved)  # noqa: SLF001 - nothing outside tells
    assert await opens(relay, **by_subprotocol(value))


BINDINGS: list[tuple[dict[str, str], dict[str, Any], str | None, bool]] = [
    # the Origin at minting, relay.origin, the Origin at connecting, and whether it opens
    ({"origin": PAGE}, {}, PAGE, True),
    ({"origin": PAGE}, {}, None, False),
    ({}, {"relay": {"origin": PAGE}}, PAGE, True),
    ({}, {"relay": {"origin": PAGE}}, None, False),
    ({}, {"relay": {"origin": "HTTPS://APP.example:443/"}}, PAGE, True),
    ({}, {}, PAGE, True),
    ({}, {}, None, True),
]


@pytest.mark.parametrize(("headers", "body", "origin", "expected"), BINDINGS)
async def test_a_ticket_belongs_to_its_page(
    relay: ServedRelay,
    headers: dict[str, str],
    body: dict[str, Any],
    origin: str | None,
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    """The browser's own Origin at minting, or what a backend names; else it is bound to none."""
    value = await ticket(relay, body, **headers)
    assert await opens(relay, **by_subprotocol(value), origin=origin) == expected


REFUSED: list[tuple[str, Any, dict[str, str], int, str]] = [
    (GA_PATH, {}, {"authorization": "Bearer canary-of-a-stranger"}, 401, "invalid_api_key"),
    (GA_PATH, {}, {"authorization": ""}, 401, "invalid_api_key"),
    (GA_PATH, {}, {"origin": "https://evil.example"}, 403, "origin_not_allowed"),
    (GA_PATH, {"relay": {"profile": "other"}}, {}, 403, "profile_not_allowed"),
    (GA_PATH, {"expires_after": {"seconds": 9}}, {}, 400, "invalid_request"),
    (GA_PATH, {"expires_after": {"seconds": 7201}}, {}, 400, "invalid_request"),
    (GA_PATH, {"expires_after": {"anchor": "canary", "seconds": 60}}, {}, 400, "invalid_request"),
    (GA_PATH, {"sesion": {}}, {}, 400, "invalid_request"),
    (GA_PATH, {"relay": {"orgin": PAGE}}, {}, 400, "invalid_request"),
    (GA_PATH, {"relay": {"origin": "canary is no origin"}}, {}, 400, "invalid_request"),
    (SESSION_PATHS[0], {"no_such": "canary"}, {}, 400, "invalid_request"),
    (GA_PATH, {"x": "canary" * 20_000}, {}, 413, "message_too_big"),
    (SESSION_PATHS[0], {"model": 7}, {}, 400, "invalid_request"),
]


@pytest.mark.parametrize(("path", "body", "headers", "status", "code"), REFUSED)
async def test_a_refusal_says_why(  # noqa: PLR0917 - a table's columns
    relay: ServedRelay, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    """With OpenAI's error body, and without the value."""
    response = await post(relay, path, body, **headers)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert "canary" not in response.text


async def test_a_ticket_makes_no_ticket(relay: ServedRelay) -> None:
    """Else a page could keep itself admitted for ever."""
    value = await ticket(relay)
    assert (await post(relay, authorization=f"Bearer {value}")).status_code == 401
    assert await opens(relay, **by_subprotocol(value))


async def test_in_dev_mode_a_ticket_is_checked_all_the_same(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """What works on the developer's machine works in production, and what does not, does not."""
    relay = await serve_relay(**towards(upstream, auth={}))
    value = await ticket(relay)
    assert await opens(relay, **by_subprotocol(value))
    assert not await opens(relay, **by_subprotocol(value))
    assert not await opens(relay, **by_subprotocol("ek_made-up"))


async def test_pages_that_may_connect_can_read_the_answer(relay: ServedRelay) -> None:
    """CORS for the listed Origins, without credentials; for others nothing."""
    async with httpx.AsyncClient(trust_env=False) as http:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        for origin, allowed in ((PAGE, PAGE), ("https://evil.example", None)):
            response = await http.options(relay.http + GA_PATH, headers={"origin": origin, **asked})
            assert response.headers.get("access-control-allow-origin") == allowed
            assert "access-control-allow-credentials" not in response.headers
    answer = await post(relay, origin=PAGE)
    assert answer.headers["access-control-allow-origin"] == PAGE


async def test_an_options_that_asks_nothing_is_405(relay: ServedRelay) -> None:
    """However good its credential: a ticket is made by POST alone."""
    async with httpx.AsyncClient(trust_env=False) as http:
        asked = await http.options(relay.http + GA_PATH, headers={"authorization": f"Bearer {KEY}"})
    assert (asked.status_code, asked.content) == (405, b"")


async def test_a_profile_that_does_not_exist_is_refused(relay: ServedRelay) -> None:
    """On the socket as at minting; the one that exists may be named."""
    async with relay.connect("/v1/realtime?profile=open") as client:
        assert (await read(client))["type"] == "session.created"
    with pytest.raises(InvalidStatus) as caught:
        await relay.connect("/v1/realtime?profile=other")
    assert caught.value.response.status_code == 403


async def test_a_key_that_has_expired_or_may_not_use_the_profile(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """Static keys have an end, and profiles that they may use."""
    hashed = hash_key(KEY)
    for options, status in ((";expires=2020-01-01", 401), (";profiles=locked", 403), (";expires=2999-01-01", 101)):
        relay = await serve_relay(**towards(upstream, auth={"keys": {"alice": hashed + options}}))
        if status == 101:
            async with relay.connect("/v1/realtime?profile=open") as client:
                assert (await read(client))["type"] == "session.created"
            continue
        with pytest.raises(InvalidStatus) as caught:
            await relay.connect("/v1/realtime?profile=open")
        assert caught.value.response.status_code == status
