"""Those who flood and guess: a clear answer, no further work, and no harm to anybody else."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from tests.harness import KEY, PATIENCE, ScriptedUpstream, Serve, ServedRelay, read, towards
from tests.processes import SERVE, UVICORN, running


async def status(relay: ServedRelay, **options: Any) -> int:
    """Connect, and return the HTTP status; 101 for a session."""
    try:
        async with relay.connect(**options) as client:
            await read(client)
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_one_who_guesses_hears_429(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """By plain HTTP, also as a browser; a valid key from the same address is let in all the same."""
    relay = await serve_relay(**towards(upstream, limits={"failures_per_address_per_minute": 3}))
    assert [await status(relay, key=f"canary-{number}") for number in range(5)] == [401, 401, 401, 429, 429]
    offered = [Subprotocol("realtime"), Subprotocol("openai-insecure-api-key.canary")]
    assert await status(relay, key=None, subprotocols=offered) == 429
    assert await status(relay, key=KEY) == 101


async def test_behind_one_ingress_each_client_has_its_own_count(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """The rightmost hop that is no trusted proxy counts; what a guesser writes in front of it does not."""
    limits = {"failures_per_address_per_minute": 2}
    relay = await serve_relay(**towards(upstream, limits=limits, trusted_proxies="127.0.0.0/8"))
    for number, expected in enumerate((401, 401, 429)):
        forwarded = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9"}
        assert await status(relay, key="canary", headers=forwarded) == expected
    assert await status(relay, key="canary", headers={"X-Forwarded-For": "203.0.113.10"}) == 401
    assert await status(relay, key=KEY, headers={"X-Forwarded-For": "203.0.113.9"}) == 101


async def test_who_is_no_proxy_cannot_say_who_it_is(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Without RELAY_TRUSTED_PROXIES the header counts for nothing."""
    relay = await serve_relay(**towards(upstream, limits={"failures_per_address_per_minute": 2}))
    got = [await status(relay, key="canary", headers={"X-Forwarded-For": f"203.0.113.{n}"}) for n in range(3)]
    assert got == [401, 401, 429]


HOSTILE: list[tuple[str, int]] = [
    (f"Authorization: Bearer {'x' * 20_000}", 401),
    (f"Sec-WebSocket-Protocol: {', '.join(f'protocol-{number}' for number in range(200))}", 101),
    (f"X-Padding: {'x' * 9_000}", 401),
    ("\r\n".join(f"X-Many-{number}: x" for number in range(200)), 401),
]


@pytest.mark.parametrize("command", [SERVE, UVICORN], ids=["serve", "uvicorn"])
async def test_a_hostile_handshake_gets_a_clear_answer(
    command: tuple[str, ...], upstream: ScriptedUpstream
) -> None:
    """A long token, many subprotocols, a long header, many headers: each is answered at once, not left waiting."""
    given = {
        "AZURE_OPENAI_ENDPOINT": upstream.endpoint,
        "AZURE_OPENAI_DEPLOYMENT_NAME": "d",
        "AZURE_OPENAI_API_KEY": "k",
        "RELAY_AUTH__KEYS__ALICE": "sha256:" + "0" * 64,
    }
    async with running(command, given) as process:
        await process.answers("/readyz", 200)
        for header, expected in HOSTILE:
            assert await answered(process.port, header) == expected, header[:40]
        if command is SERVE:
            assert await answered(process.port, f"X-Padding: {'x' * 200_000}") == 431
        await process.answers("/readyz", 200)


async def answered(port: int, header: str) -> int:
    """Send a handshake with this header, and return the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{header}\r\n\r\n".encode()
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return int((await reader.readline()).split()[1])
    finally:
        writer.transport.abort()
