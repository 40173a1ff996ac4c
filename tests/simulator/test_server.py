"""Tests of the simulator as a server: handshakes, refusals, control, TLS, and its end."""

import asyncio
import ssl
from typing import Any

import httpx
import msgspec
import pytest
import trustme
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from app.simulator import Faults, Simulator, SimulatorConfig
from app.simulator.server import base_url
from tests.simulator.conftest import Dial

PATIENCE = 20.0


async def read(connection: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return msgspec.json.decode(await connection.recv())


async def test_a_handshake_is_remembered(simulator: Simulator, dial: Dial) -> None:
    """Path, query and headers of the last handshakes are there for who wants to see them."""
    await dial("/openai/v1/realtime?model=m", additional_headers={"Api-Key": "k"})
    [handshake] = simulator.handshakes
    assert (handshake.path, handshake.query) == ("/openai/v1/realtime", {"model": "m"})
    assert handshake.headers["api-key"] == "k"


@pytest.mark.parametrize(
    ("offered", "selected"),
    [(None, None), (["realtime", "openai-insecure-api-key.k"], "realtime"), (["openai-insecure-api-key.k"], None)],
)
async def test_only_realtime_is_selected(dial: Dial, offered: list[str] | None, selected: str | None) -> None:
    """Of the subprotocols `realtime` is selected, never the one that carries the key."""
    assert (await dial(subprotocols=offered)).subprotocol == selected


async def test_azure_refuses_the_handshake() -> None:
    """A refusal is an HTTP answer with a body that names the code."""
    async with Simulator(SimulatorConfig(keys=("k",), deployments=("d",))) as simulator:
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{simulator.url}/openai/v1/realtime?model=x", additional_headers={"api-key": "k"})
        assert refused.value.response.status_code == 404
        assert msgspec.json.decode(refused.value.response.body)["error"]["code"] == "DeploymentNotFound"
        assert simulator.sessions == []


async def test_a_wait_is_told(simulator: Simulator, dial: Dial) -> None:
    """A refusal for the rate of calls carries `Retry-After`."""
    simulator.faults = Faults(refuse=429, retry_after=7)
    with pytest.raises(InvalidStatus) as refused:
        await dial()
    assert refused.value.response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("headers", "events", "reason"),
    [
        ({"Authorization": "Bearer x"}, 1, "invalid_request_error.invalid_api_key"),
        ({}, 0, "invalid_request_error"),
    ],
)
async def test_openai_refuses_in_band(headers: dict[str, str], events: int, reason: str) -> None:
    """The socket opens, says an error if there is one to be said, and closes."""
    async with Simulator(SimulatorConfig(keys=("k",), style="openai")) as simulator:
        connection = await connect(f"{simulator.url}/v1/realtime?model=m", additional_headers=headers)
        said = [await read(connection) for _ in range(events)]
        with pytest.raises(ConnectionClosedError) as closed:
            await read(connection)
        assert [event["error"]["code"] for event in said] == ["invalid_api_key"] * events
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (3000, reason)


async def test_faults_by_query(dial: Dial) -> None:
    """A handshake may ask for its own faults; what is none is told."""
    with pytest.raises(InvalidStatus) as refused:
        await dial("/openai/v1/realtime?model=m&fault-refuse=503")
    assert refused.value.response.status_code == 503
    with pytest.raises(InvalidStatus) as refused:
        await dial("/openai/v1/realtime?model=m&fault-explode=1")
    assert refused.value.response.status_code == 400


async def test_faults_by_control_call(simulator: Simulator) -> None:
    """A POST sets the faults of the sessions to come, and nothing else does."""
    url = f"{simulator.endpoint}/simulator/faults"
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        answer = await client.post(url, params={"stall": "session.created"})
        assert (answer.status_code, answer.json()["faults"]["stall"]) == (200, "session.created")
        assert simulator.faults == Faults(stall="session.created")
        assert (await client.post(url, params={"stall": "x", "explode": "1"})).status_code == 400
        assert (await client.get(url)).status_code == 405
        assert simulator.faults == Faults(stall="session.created")
        await client.post(url)
    assert simulator.faults == Faults()


async def test_injecting(simulator: Simulator, dial: Dial) -> None:
    """Raw messages, closes and losses strike all live sessions, or the one that is named."""
    first, second = await dial(), await dial()
    [one, two] = [(await read(connection))["session"]["id"] for connection in (first, second)]
    assert [live.id for live in simulator.sessions] == [one, two]
    await simulator.inject(send=b"\x00", session=one)
    await simulator.inject(send="nonsense")
    async with asyncio.timeout(PATIENCE):
        assert [await first.recv(), await first.recv(), await second.recv()] == [b"\x00", "nonsense", "nonsense"]
    await simulator.inject(close=(1013, "later"), session=one)
    await simulator.inject(drop=True, session=two)
    codes = []
    for connection in (first, second):
        with pytest.raises(ConnectionClosed) as closed:
            await read(connection)
        codes.append(closed.value.rcvd and closed.value.rcvd.code)
    assert codes == [1013, None]
    await simulator.inject(send="nobody hears this")


async def test_over_tls() -> None:
    """With a certificate the simulator is reached over TLS, by whoever trusts its authority."""
    authority = trustme.CA()
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    simulator = Simulator()
    await simulator.start(ssl=server)
    try:
        assert (simulator.url[:6], simulator.endpoint[:8]) == ("wss://", "https://")
        async with connect(f"{simulator.url}/v1/realtime?model=m", ssl=client) as connection:
            assert (await read(connection))["type"] == "session.created"
    finally:
        await simulator.close()


@pytest.mark.parametrize(("host", "url"), [("127.0.0.1", "ws://127.0.0.1:80"), ("::1", "ws://[::1]:80")])
def test_a_url_may_be_of_either_family(host: str, url: str) -> None:
    """An address of IPv6 stands in brackets."""
    assert base_url("ws", host, 80) == url


async def test_waiting_until_nobody_is_left(dial: Dial, simulator: Simulator) -> None:
    """Who waits for the end of all sessions, waits until the last client has left."""
    connection = await dial()
    await read(connection)
    waiting = asyncio.create_task(simulator.empty())
    await connection.close()
    async with asyncio.timeout(PATIENCE):
        await waiting
    assert simulator.sessions == []


async def test_closing_ends_all_sessions(dial: Dial, simulator: Simulator) -> None:
    """After closing nobody is connected, nobody can be, and there is no address any more."""
    connection = await dial()
    await read(connection)
    await simulator.close()
    await simulator.close()
    with pytest.raises(ConnectionClosed):
        await read(connection)
    assert simulator.sessions == []
    with pytest.raises(RuntimeError):
        _ = simulator.url


async def test_closing_waits_for_nobody() -> None:
    """A client that does not read is dropped: the end of the simulator does not hang on it."""
    simulator = Simulator(SimulatorConfig(close_timeout=0.05))
    await simulator.start()
    simulator.faults = Faults(large=20_000_000)
    connection = await connect(f"{simulator.url}/v1/realtime?model=m", max_size=None, max_queue=1)
    await read(connection)
    connection.transport.pause_reading()
    await connection.send('{"type": "response.create"}')
    async with asyncio.timeout(PATIENCE / 2):
        await simulator.close()
    assert simulator.sessions == []
    connection.transport.abort()


async def test_a_simulator_starts_again(simulator: Simulator) -> None:
    """Closed, it can be started anew."""
    await simulator.close()
    await simulator.start()
    async with connect(f"{simulator.url}/v1/realtime?model=m") as connection:
        assert (await read(connection))["type"] == "session.created"
