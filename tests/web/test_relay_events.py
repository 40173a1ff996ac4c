"""The relay's own events over real sockets: for those who opted in, and for nobody else."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from app.auth.static_keys import hash_key
from tests.harness import (
    CREATED,
    KEY,
    PATIENCE,
    ScriptedUpstream,
    Serve,
    ServedRelay,
    closing,
    read,
    towards,
    write,
)

OPTED_IN = "/v1/realtime?relay=v1"


def ending_in(seconds: float) -> dict[str, Any]:
    """Return a configuration in which Alice's key ends so soon."""
    moment = datetime.fromtimestamp(time.time() + seconds, UTC).isoformat()
    return {"keys": {"alice": f"{hash_key(KEY)};expires={moment}"}}


@pytest.fixture
async def heard(upstream: ScriptedUpstream) -> asyncio.Queue[Any]:
    """Make the upstream keep what it hears."""
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def listen(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        async for message in connection:
            queue.put_nowait(message)

    upstream.script = listen
    return queue


@pytest.mark.parametrize(
    "options",
    [
        {"path": OPTED_IN},
        {"path": "/v1/realtime", "subprotocols": [Subprotocol("relay.v1")]},
        {"path": "/v1/realtime", "subprotocols": [Subprotocol("realtime"), Subprotocol("relay.v1")]},
    ],
)
async def test_who_opts_in_is_told_the_session_and_its_limits(relay: ServedRelay, options: Any) -> None:
    """Behind `session.created`, by query or by subprotocol."""
    async with relay.connect(**options) as client:
        assert (await read(client))["type"] == "session.created"
        ready = await read(client)
        assert ready["type"] == "relay.ready"
        assert len(ready["session_id"]) == 32
        assert ready["limits"] == {"maximum_duration": 3600.0, "idle": 600.0}


async def test_a_preview_client_is_told_too(relay: ServedRelay) -> None:
    """The relay's own events are the same in both generations, and so is the answer to a refresh."""
    marker = {"OpenAI-Beta": "realtime=v1"}
    async with relay.connect(OPTED_IN, headers=marker) as client:
        assert [(await read(client))["type"] for _ in range(2)] == ["session.created", "relay.ready"]
        await write(client, {"type": "relay.auth.refresh", "token": KEY})
        assert (await read(client))["type"] == "relay.auth.refreshed"


async def test_who_did_not_opt_in_never_sees_one(
    serve_relay: Serve, upstream: ScriptedUpstream, heard: asyncio.Queue[Any]
) -> None:
    """Not when the credential ends, not in a drain; and its `relay.auth.refresh` is an unknown event."""
    relay = await serve_relay(**towards(upstream, auth=ending_in(1.0), session={"credential_grace": 0.2}))
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "relay.auth.refresh", "token": "canary", "event_id": "mine"})
        error = (await read(client))["error"]
        assert (error["code"], error["event_id"]) == ("invalid_value", "mine")
        draining = asyncio.create_task(relay.parts.sessions.drain(PATIENCE))
        assert await closing(client) == (3000, "The credential of this session has expired.")
        await draining
    assert heard.empty()


async def test_an_end_is_announced_and_then_comes(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """The warning says what ends and in how many seconds; the grace is over, and the session too."""
    relay = await serve_relay(**towards(upstream, auth=ending_in(1.0), session={"credential_grace": 0.1}))
    async with relay.connect(OPTED_IN) as client:
        assert [(await read(client))["type"] for _ in range(2)] == ["session.created", "relay.ready"]
        warning = await read(client)
        assert (warning["type"], warning["about"]) == ("relay.warning", "credential")
        assert 0 <= warning["seconds_left"] <= 1
        assert (await closing(client))[0] == 3000
    await upstream.freed()


async def test_a_credential_is_renewed_in_band(
    serve_relay: Serve, upstream: ScriptedUpstream, heard: asyncio.Queue[Any]
) -> None:
    """The client is told until when; a wrong one is refused with its `event_id`; the upstream sees neither."""
    relay = await serve_relay(**towards(upstream, auth=ending_in(100)))
    async with relay.connect(OPTED_IN) as client:
        for _ in range(2):
            await read(client)
        await write(client, {"type": "relay.auth.refresh", "token": "canary-wrong", "event_id": "one"})
        error = (await read(client))["error"]
        assert (error["code"], error["event_id"]) == ("invalid_api_key", "one")
        await write(client, {"type": "relay.auth.refresh", "token": KEY, "event_id": "two"})
        refreshed = await read(client)
        assert (refreshed["type"], refreshed["refers_to"]) == ("relay.auth.refreshed", "two")
        assert 0 < refreshed["seconds_left"] <= 100
        await write(client, {"type": "response.create"})
        async with asyncio.timeout(PATIENCE):
            assert await heard.get() == '{"type":"response.create"}'
    assert heard.empty()


async def test_a_drain_is_announced(relay: ServedRelay) -> None:
    """With the seconds that are left, so that a client can finish its sentence and connect elsewhere."""
    async with relay.connect(OPTED_IN) as client:
        for _ in range(2):
            await read(client)
        draining = asyncio.create_task(relay.parts.sessions.drain(30))
        assert (await read(client)).items() >= {"type": "relay.going_away", "seconds_left": 30}.items()
        await client.close()
        async with asyncio.timeout(PATIENCE):
            await draining
