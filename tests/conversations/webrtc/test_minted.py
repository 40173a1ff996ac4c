"""Calls that the relay is no part of: by a secret of the service's own, and by the preview."""

from pathlib import Path

import httpx
import pytest

from app.auth.static_keys import hash_key
from app.simulator import Simulator
from tests.conversations.calling import OFFER, PROMPT, call_of, channel, offer, post, secret
from tests.conversations.webrtc.conftest import PAGE, UPSTREAM_KEY, ServeCalls
from tests.harness import KEY, Serve, read


async def test_a_minted_secret_makes_a_call_past_the_relay(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """Its session is the profile's, told with the prompt concealed; the offer goes to the URL that came along.

    The tool is not on offer, since nobody would carry it out.
    """
    relay = await serve_calls()
    session = {"type": "realtime", "model": "direct-model", "instructions": "Mine.", "max_output_tokens": 7}
    answer = (await secret(relay, {"session": session, "expires_after": {"seconds": 30}})).json()
    assert answer["session"]["model"] == "direct-model"
    assert answer["session"]["instructions"] == ""
    assert (answer["session"]["max_output_tokens"], answer["session"]["tools"]) == (7, [])
    assert PROMPT not in str(answer)
    url = answer["relay"]["webrtc_url"]
    assert url == f"{simulator.endpoint}/openai/v1/realtime/calls"
    bearer = {"authorization": f"Bearer {answer['value']}", "content-type": "application/sdp"}
    made = await post(url, OFFER, **bearer)
    assert (made.status_code, made.text[:3]) == (201, "v=0")
    async with channel(simulator, call_of(made)) as browser:
        created = (await read(browser))["session"]
        assert (created["instructions"], created["audio"]["output"]["voice"]) == (PROMPT, "verse")
        assert (created["model"], created["tools"]) == ("secret-deployment", [])
    assert relay.parts.telemetry.opened == 0


async def test_the_preview_path_tells_it_in_the_previews_shape(serve_calls: ServeCalls) -> None:
    """The session flat, with the secret in it."""
    relay = await serve_calls()
    body = {"model": "direct-model", "voice": "alloy"}
    answer = (await secret(relay, body, path="/openai/realtimeapi/sessions")).json()
    assert (answer["model"], answer["voice"], answer["instructions"]) == ("direct-model", "alloy", "")
    assert answer["client_secret"].keys() == {"value", "expires_at"}
    assert answer["relay"].keys() == {"webrtc_url"}


async def test_the_preview_exchanges_without_a_sideband(
    simulator: Simulator, serve_relay: Serve, profiles_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In its region; there is no call to be held, so nothing is counted on, and no place is kept."""
    target = {
        "provider": "azure-preview",
        "endpoint": simulator.endpoint,
        "deployment": "secret-deployment",
        "api_key": UPSTREAM_KEY,
        "rtc_url": f"{simulator.endpoint}/v1/realtimertc",
    }
    auth = {"keys": {"alice": hash_key(KEY)}}
    relay = await serve_relay(auth=auth, targets={"old": target}, profiles_file=profiles_file)
    made = await offer(relay)
    assert (made.status_code, made.text[:3], "location" in made.headers) == (201, "v=0", False)
    paths = [handshake.path for handshake in simulator.handshakes]
    assert paths == ["/openai/realtimeapi/sessions", "/v1/realtimertc"]
    assert relay.parts.store._open.total() == 0  # noqa: SLF001 - nothing outside tells
    answer = (await secret(relay, {"session": {"type": "realtime", "model": "direct-model"}})).json()
    assert answer["relay"]["webrtc_url"] == f"{simulator.endpoint}/v1/realtimertc?model=secret-deployment"
    assert answer["session"]["audio"]["output"]["voice"] == "verse"
    refused = await secret(relay, {"session": {"type": "transcription"}, "relay": {"profile": "direct"}})
    assert refused.status_code == 400
    assert "call without a sideband" in capsys.readouterr().out


async def test_pages_that_may_connect_may_call(serve_calls: ServeCalls) -> None:
    """CORS for the listed Origins, without credentials; for others nothing."""
    relay = await serve_calls(origins=PAGE)
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with httpx.AsyncClient(trust_env=False) as http:
        for path in ("", "/rtc_1/hangup"):
            for origin, allowed in ((PAGE, PAGE), ("https://evil.example", None)):
                url = f"{relay.http}/openai/v1/realtime/calls{path}"
                response = await http.options(url, headers={"origin": origin, **asked})
                assert response.headers.get("access-control-allow-origin") == allowed
                assert "access-control-allow-credentials" not in response.headers
