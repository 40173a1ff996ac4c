"""The probes and the metrics, over HTTP."""

import httpx
from websockets.exceptions import InvalidStatus

from tests.conversations.test_endings import echo
from tests.harness import ScriptedUpstream, ServedRelay, read, until, write


async def get(relay: ServedRelay, path: str) -> httpx.Response:
    """Ask the relay."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.get(relay.http + path)


async def test_alive_and_ready(relay: ServedRelay) -> None:
    """Both hold while sessions are taken; a draining relay lives on, but is not ready."""
    assert (await get(relay, "/healthz")).json() == {"status": "alive"}
    assert (await get(relay, "/readyz")).json() == {"status": "ready"}
    relay.parts.sessions.draining = True
    assert (await get(relay, "/healthz")).status_code == 200
    assert (await get(relay, "/readyz")).status_code == 503


async def test_the_metrics_tell_what_passed(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """Sessions open, opened and ended by ending, frames and bytes by side, refusals by code, sampled delay."""
    upstream.script = echo
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "input_audio_buffer.clear"})
        await read(client)
        await client.send("no json")
        await read(client)
        during = (await get(relay, "/metrics")).text
    try:
        await relay.connect(key="canary-of-a-stranger")
    except InvalidStatus:
        await until(lambda: not len(relay.parts.sessions))
    after = (await get(relay, "/metrics")).text
    for line in (
        "relay_sessions_open 1.0",
        "relay_sessions_opened_total 1.0",
        'relay_frames_total{side="client"} 2.0',
        'relay_frames_total{side="upstream"} 2.0',
        'relay_refused_frames_total{code="invalid_json"} 1.0',
        'relay_added_delay_seconds_count{side="upstream"} 1.0',
    ):
        assert line in during.splitlines()
    for line in (
        "relay_sessions_open 0.0",
        'relay_sessions_ended_total{ending="client_left"} 1.0',
        'relay_refused_callers_total{code="invalid_api_key"} 1.0',
    ):
        assert line in after.splitlines()
    assert "canary" not in after


async def test_there_is_no_api_documentation_to_be_read(relay: ServedRelay) -> None:
    """What is not needed is not served."""
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert (await get(relay, path)).status_code == 404
