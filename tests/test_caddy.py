"""The project's Caddyfile under a real Caddy: conversations over TLS, and what the relay makes of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidStatus

from tests.caddy import Caddy, caddy
from tests.harness import CREATED, KEY, PATIENCE, ScriptedUpstream, Serve, closing, read, towards, write
from tests.programs import needs

pytestmark = needs("caddy")

APPEND = "input_audio_buffer.append"
LARGEST = 20 * 2**20
"""Characters of base64 in the largest legal append."""

FRAME_LIMIT = LARGEST + 2**16


@pytest.fixture
async def front(serve_relay: Serve, upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Caddy]:
    """Caddy, in front of a relay that trusts it, and takes no more than two failed attempts from one address."""
    relay = await serve_relay(
        **towards(
            upstream,
            trusted_proxies="127.0.0.1/32",
            limits={"failures_per_address_per_minute": 2},
            client={"max_frame": FRAME_LIMIT},
        )
    )
    async with caddy(relay.port, tmp_path) as running:
        yield running


async def test_a_conversation_over_tls(front: Caddy, upstream: ScriptedUpstream) -> None:
    """Events pass both ways for a page of Caddy's own Origin, uncompressed though the client offers it."""

    async def script(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        await write(connection, {"type": "response.created", "response": {"heard": await read(connection)}})
        await connection.wait_closed()

    upstream.script = script
    async with front.connect(origin=front.https, subprotocols=["realtime"], compression="deflate") as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        assert client.subprotocol == "realtime"
        assert (await read(client))["type"] == "session.created"
        await write(client, {"type": "response.create"})
        assert (await read(client))["response"]["heard"]["type"] == "response.create"


async def test_the_largest_legal_message_passes(front: Caddy, upstream: ScriptedUpstream) -> None:
    """20 MiB in one message, and 20 MiB back."""

    async def script(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        audio = (await read(connection))["audio"]
        await write(connection, {"type": "response.output_audio.delta", "delta": audio})
        await connection.wait_closed()

    upstream.script = script
    async with front.connect() as client:
        await read(client)
        await write(client, {"type": APPEND, "audio": "A" * LARGEST})
        assert len((await read(client))["delta"]) == LARGEST


async def test_the_relays_close_code_and_reason_pass(front: Caddy, upstream: ScriptedUpstream) -> None:
    """As they are written, and not as 1006."""

    async def script(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        await connection.close(1008, "Enough was said.")

    upstream.script = script
    async with front.connect() as client:
        assert await closing(client) == (1008, "Enough was said.")


async def test_a_message_that_is_too_big_is_told(
    serve_relay: Serve, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    """1009, by the relay's own bound: Caddy has none for messages."""
    relay = await serve_relay(**towards(upstream, client={"max_frame": 10_000}))
    async with caddy(relay.port, tmp_path) as front, front.connect() as client:
        await read(client)
        await write(client, {"type": APPEND, "audio": "A" * 10_000})
        assert (await closing(client))[0] == 1009


async def test_a_clients_close_reaches_the_service(front: Caddy, upstream: ScriptedUpstream) -> None:
    """The session ends with it, and holds no place."""
    async with front.connect() as client:
        await read(client)
        await client.close(1000, "Good bye")
    assert (await upstream.freed())[0] == 1000


async def _refused(front: Caddy, address: str, **headers: str) -> int:
    """Try a wrong key from this address, and return the HTTP status."""
    given: Any = {"Authorization": "Bearer rk_wrong", **headers}
    with pytest.raises(InvalidStatus) as refused:
        async with front.connect(address=address, additional_headers=given):
            pass
    return refused.value.response.status_code


async def test_the_relay_sees_the_clients_address(front: Caddy) -> None:
    """Failures count for who made them, whatever a caller writes into X-Forwarded-For, and for nobody else."""
    assert [await _refused(front, "127.0.0.2") for _ in range(3)] == [401, 401, 429]
    assert await _refused(front, "127.0.0.2", **{"X-Forwarded-For": "192.0.2.7"}) == 429
    assert await _refused(front, "127.0.0.3") == 401


async def test_a_ticket_by_https(front: Caddy) -> None:
    """A POST passes too."""
    async with httpx.AsyncClient(verify=front.trust, trust_env=False) as http:
        answer = await http.post(
            f"{front.https}/v1/realtime/client_secrets", headers={"Authorization": f"Bearer {KEY}"}
        )
    assert (answer.status_code, answer.json()["value"][:3]) == (200, "ek_")


async def test_a_body_is_bounded(tmp_path: Path) -> None:
    """Of an endless body the upstream sees a megabyte, and the caller a refusal."""
    seen = 0

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seen
        while chunk := await reader.read(65536):
            seen += len(chunk)
        writer.close()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(65536)

    async with (
        await asyncio.start_server(count, "127.0.0.1", 0) as server,
        caddy(server.sockets[0].getsockname()[1], tmp_path) as front,
        httpx.AsyncClient(verify=front.trust, trust_env=False, timeout=PATIENCE) as http,
    ):
        answer = await http.post(f"{front.https}/", content=endless())
    assert answer.status_code in {413, 502}  # 502 by Caddy 2.6
    assert 0 < seen < 2**20 + 2**16
