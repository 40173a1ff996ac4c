"""Tests of the simulator over HTTP: each path with the credential that it is for, as strict as the service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.simulator import Faults, Simulator, SimulatorConfig
from tests.conversations.calling import OFFER, call_of, channel, post, say

PATIENCE = 20.0
KEY = {"api-key": "k"}
JSON = {"content-type": "application/json"}
SDP = {"content-type": "application/sdp"}
GA, CALLS = "/openai/v1/realtime/client_secrets", "/openai/v1/realtime/calls"
SESSIONS, RTC = "/openai/realtimeapi/sessions?api-version=2025-04-01-preview", "/v1/realtimertc?model=m"
SESSION = {"session": {"type": "realtime", "model": "m"}}


@pytest.fixture
async def strict() -> AsyncIterator[Simulator]:
    """A simulator with one key, that speaks fast."""
    async with Simulator(SimulatorConfig(keys=("k",), pace=200, text_interval=0.001)) as started:
        yield started


async def ask(simulator: Simulator, path: str, body: Any = b"", **headers: str) -> httpx.Response:
    """Post to the simulator."""
    content = body if isinstance(body, bytes | str) else msgspec.json.encode(body)
    return await post(simulator.endpoint + path, content, **headers)


async def minted(simulator: Simulator, session: Any = None) -> str:
    """Mint a secret."""
    response = await ask(simulator, GA, session or SESSION, **KEY, **JSON)
    assert response.status_code == 200, response.text
    return str(response.json()["value"])


async def called(simulator: Simulator, query: str = "", session: Any = None) -> str:
    """Make a call, and return its name."""
    bearer = {"authorization": f"Bearer {await minted(simulator, session)}"}
    response = await ask(simulator, CALLS + query, OFFER, **bearer, **SDP)
    assert response.status_code == 201, response.text
    return call_of(response)


async def read(connection: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return msgspec.json.decode(await connection.recv())


async def closing(connection: ClientConnection) -> int:
    """Read on to the end, and return its code."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await read(connection)
    return connection.close_code or 1006


def sideband(simulator: Simulator, call_id: str, more: str = "", **headers: str) -> connect:
    """Join a call."""
    url = f"{simulator.url}/openai/v1/realtime?call_id={call_id}{more}"
    return connect(url, additional_headers=headers or KEY, proxy=None)


async def test_an_offer_is_answered_for_a_secret(strict: Simulator) -> None:
    """201, the answer, the call's place; readable from any page, whose preflight is answered."""
    bearer = {"authorization": f"Bearer {await minted(strict)}"}
    response = await ask(strict, CALLS, OFFER, **bearer, **SDP)
    assert (response.status_code, response.headers["content-type"]) == (201, "application/sdp")
    assert response.text.startswith("v=0\r\n")
    assert response.headers["location"].startswith("/v1/realtime/calls/rtc_")
    assert response.headers["access-control-allow-origin"] == "*"
    async with httpx.AsyncClient(trust_env=False) as http:
        preflight = await http.options(strict.endpoint + CALLS)
        got = await http.get(strict.endpoint + CALLS)
    assert (preflight.status_code, preflight.headers["access-control-expose-headers"]) == (204, "Location")
    assert got.status_code == 405


async def test_the_preview_exchanges_in_its_region(strict: Simulator) -> None:
    """With a secret of its own, and for its own model; nothing can be joined."""
    session = (await ask(strict, SESSIONS, {"model": "m", "voice": "verse"}, **KEY, **JSON)).json()
    bearer = {"authorization": f"Bearer {session['client_secret']['value']}"}
    response = await ask(strict, RTC, OFFER, **bearer, **SDP)
    assert (response.status_code, "location" in response.headers) == (201, False)
    assert (await ask(strict, RTC + "x", OFFER, **bearer, **SDP)).status_code == 400
    assert (await ask(strict, CALLS, OFFER, **bearer, **SDP)).status_code == 401
    assert (await ask(strict, SESSIONS[:-1], {"model": "m"}, **KEY, **JSON)).status_code == 404
    assert strict.rest.calls == {}


async def test_a_secret_is_for_calls_and_a_key_for_all_else(strict: Simulator) -> None:
    """Each is refused where the other belongs, also by a service that takes any key."""
    async with Simulator() as lax:
        for simulator in (strict, lax):
            call_id = await called(simulator)
            bearer = {"authorization": f"Bearer {await minted(simulator)}"}
            assert (await ask(simulator, GA, SESSION, **bearer, **JSON)).status_code == 401
            assert (await ask(simulator, f"{CALLS}/{call_id}/hangup", **bearer)).status_code == 401
            assert (await ask(simulator, CALLS, OFFER, **KEY, **SDP)).status_code == 401
            basic = {"authorization": bearer["authorization"].replace("Bearer", "Basic")}
            assert (await ask(simulator, CALLS, OFFER, **basic, **SDP)).status_code == 401
            with pytest.raises(InvalidStatus) as refused:
                await sideband(simulator, call_id, **bearer)
            assert refused.value.response.status_code == 401
    assert (await ask(strict, GA, SESSION, **JSON)).status_code == 401


REFUSED = [
    (GA, SESSION, {**KEY, "content-type": "text/plain"}, 415, "unsupported_media_type"),
    (GA, {"session": {"type": "realtime", "model": "m", "x": 1}}, {**KEY, **JSON}, 400, "unknown_parameter"),
    (CALLS, OFFER, {"content-type": "multipart/form-data; boundary=x"}, 415, "unsupported_media_type"),
    (CALLS, "v=0", SDP, 400, "invalid_offer"),
    (CALLS, b"\xff", SDP, 400, "invalid_offer"),
    (f"{CALLS}/rtc_unknown/hangup", b"", KEY, 404, "call_id_not_found"),
]


@pytest.mark.parametrize(("path", "body", "headers", "status", "code"), REFUSED)
async def test_what_is_malformed_is_refused(  # noqa: PLR0917 - a table's columns
    strict: Simulator, path: str, body: Any, headers: dict[str, str], status: int, code: str
) -> None:
    """With the service's status and code."""
    bearer = {"authorization": f"Bearer {await minted(strict)}"} if "api-key" not in headers else {}
    response = await ask(strict, path, body, **bearer, **headers)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert strict.rest.calls == {}


async def test_it_refuses_on_demand(strict: Simulator) -> None:
    """As the WebSocket does."""
    strict.faults = Faults(refuse=429, retry_after=7)
    response = await ask(strict, GA, SESSION, **KEY, **JSON)
    assert (response.status_code, response.headers["retry-after"]) == (429, "7")


async def test_all_who_take_part_hear_the_same(strict: Simulator) -> None:
    """The session as it was minted; what one asks for, all hear; sound goes by the media alone."""
    session = {"type": "realtime", "model": "m", "instructions": "Be brief."}
    call_id = await called(strict, session={"session": session})
    async with channel(strict, call_id) as browser, sideband(strict, call_id) as joined:
        for connection in (browser, joined):
            created = await read(connection)
            assert (created["type"], created["session"]["instructions"]) == ("session.created", "Be brief.")
        await say(browser, "hello")
        heard: list[list[str]] = [[], []]
        for connection, types in ((browser, heard[0]), (joined, heard[1])):
            while types[-1:] != ["rate_limits.updated"]:
                types.append((await read(connection))["type"])
        assert heard[0] == heard[1]
        assert "response.output_audio_transcript.delta" in heard[0]
        assert "response.output_audio.delta" not in heard[0]


async def test_a_filtered_browser_hears_the_harmless_events_alone(strict: Simulator) -> None:
    """Not even of the session; whoever joins hears all."""
    call_id = await called(strict, "?webrtcfilter=on")
    async with channel(strict, call_id) as browser, sideband(strict, call_id) as joined:
        await say(browser, "hello")
        assert (await read(browser))["type"] == "conversation.item.added"
        assert (await read(joined))["type"] == "session.created"


async def test_a_call_is_hung_up_once(strict: Simulator) -> None:
    """All hear the end, and then there is no such call."""
    call_id = await called(strict)
    async with channel(strict, call_id) as browser, sideband(strict, call_id) as joined:
        assert (await ask(strict, f"{CALLS}/{call_id}/hangup", **KEY)).status_code == 200
        assert (await ask(strict, f"{CALLS}/{call_id}/hangup", **KEY)).status_code == 404
        assert (await closing(browser), await closing(joined)) == (1000, 1000)
    with pytest.raises(InvalidStatus) as refused:
        await sideband(strict, call_id)
    assert refused.value.response.status_code == 404


async def test_a_call_ends_with_its_browser(strict: Simulator) -> None:
    """Whoever else takes part may leave."""
    call_id = await called(strict)
    async with channel(strict, call_id), sideband(strict, call_id) as joined:
        async with sideband(strict, call_id):
            pass
        assert (await read(joined))["type"] == "session.created"
    assert joined.close_code == 1000


async def test_a_call_expires() -> None:
    """As a session does; and what is left when the service ends, ends with it."""
    async with Simulator(SimulatorConfig(session_seconds=0.2)) as simulator:
        call_id = await called(simulator)
        async with sideband(simulator, call_id) as joined:
            assert await closing(joined) == 1001
        await called(simulator)


async def test_a_sideband_names_its_call_alone(strict: Simulator) -> None:
    """A model beside it is refused, a call that there is not is not found, nor is a browser's way into one."""
    call_id = await called(strict)
    for dial, status in (
        (sideband(strict, call_id, "&model=m"), 400),
        (sideband(strict, "rtc_unknown"), 404),
        (sideband(strict, ""), 404),
        (channel(strict, ""), 404),
    ):
        with pytest.raises(InvalidStatus) as refused:
            await dial
        assert refused.value.response.status_code == status


async def test_a_call_that_ended_in_mid_handshake_is_joined_in_vain(strict: Simulator) -> None:
    """The socket opens, and closes."""
    call_id = await called(strict)
    stalled = sideband(strict, call_id, "&fault-stall=handshake&fault-stall-seconds=0.3")
    dialling = asyncio.ensure_future(stalled.__aenter__())
    async with asyncio.timeout(PATIENCE):
        while "call_id" not in strict.handshakes[-1].query:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.002)
    await ask(strict, f"{CALLS}/{call_id}/hangup", **KEY)
    assert await closing(await dialling) == 1000
    await stalled.__aexit__(None, None, None)


async def test_who_joins_is_seen() -> None:
    """The simulator shows what each says, and binary messages are read too."""
    seen: list[bytes] = []
    async with Simulator(observe=lambda _, message: seen.append(message)) as simulator:
        call_id = await called(simulator)
        async with sideband(simulator, call_id) as joined:
            await joined.send(b'{"type": "input_audio_buffer.clear"}')
            await read(joined)
            assert (await read(joined))["type"] == "input_audio_buffer.cleared"
    assert seen == [b'{"type": "input_audio_buffer.clear"}']
