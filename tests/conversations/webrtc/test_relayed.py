"""Calls that the relay sets up and takes part in: its tools run, its judges judge, and it counts."""

from typing import Any

import pytest
from openai import AsyncOpenAI

from app.simulator import Simulator
from tests.conversations.calling import OFFER, PROMPT, call_of, channel, hang_up, offer, say, secret, ticket
from tests.conversations.webrtc.conftest import PAGE, UPSTREAM_KEY, ServeCalls, over
from tests.harness import KEY, read, write
from tests.simulator.playing import audio, silence, speech


async def test_a_relayed_call_is_counted_and_its_tools_run(
    simulator: Simulator, serve_calls: ServeCalls, heard: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    """The browser has a ticket and no secret; the relay answers the model's call, and writes one line."""
    relay = await serve_calls(origins=PAGE)
    made = await offer(relay, credential=await ticket(relay), origin=PAGE)
    assert (made.status_code, made.headers["content-type"]) == (201, "application/sdp")
    assert made.headers["location"].startswith("/v1/realtime/calls/rtc_")
    assert made.headers["access-control-expose-headers"] == "Location, X-Request-Id"
    assert "ek_" not in str(made.headers) + made.text
    assert len(relay.parts.sessions) == 1
    async with channel(simulator, call_of(made)) as browser:
        await say(browser, "look_up: archive")
        said = ""
        while "found archive" not in said:
            event = await read(browser)
            said = event.get("transcript", "")
            assert PROMPT not in str(event)
    assert sum(b"function_call_output" in message for message in heard) == 1
    (update,) = [message for message in heard if b"session.update" in message]
    assert PROMPT.encode() in update
    await over(simulator, relay)
    logged = capsys.readouterr().out
    assert f"call={call_of(made)}" in logged
    assert "ending=upstream_done" in logged
    for canary in (PROMPT, "ek_", KEY, UPSTREAM_KEY, "archive", "V2pnJ5SrKJX2C5YcJ8hH7Qm1"):
        assert canary not in logged


async def test_what_the_relay_asks_the_service_for(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """A secret with its key, the exchange with the secret alone, the sideband by the call's name and no model."""
    relay = await serve_calls()
    made = await offer(relay)
    mint, exchange, joined = simulator.handshakes
    assert mint.path == "/openai/v1/realtime/client_secrets"
    assert (exchange.path, exchange.query) == ("/openai/v1/realtime/calls", {"webrtcfilter": "on"})
    assert exchange.credential not in {KEY, UPSTREAM_KEY}
    assert (joined.path, joined.query) == ("/openai/v1/realtime", {"call_id": call_of(made)})
    assert {mint.credential, joined.credential} == {UPSTREAM_KEY}


async def test_what_is_said_is_answered_once_it_is_judged(
    simulator: Simulator, serve_calls: ServeCalls, heard: list[bytes]
) -> None:
    """The service was told not to answer by itself; the relay asks it to, by the sideband."""
    relay = await serve_calls()
    made = await offer(relay, "?profile=judged")
    async with channel(simulator, call_of(made)) as browser:
        for piece in (speech(), silence(400)):
            await write(browser, {"type": "input_audio_buffer.append", "audio": audio(piece)})
        while (await read(browser))["type"] != "response.output_audio_transcript.done":
            pass
    assert [b"event_relay_" in each for each in heard if b'"response.create"' in each] == [True]


async def test_a_call_counts_as_a_session(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """From the offer to its end; a secret counts while it is minted, and as a dial."""
    relay = await serve_calls(limits={"sessions_per_user": 1, "dials_per_user_per_minute": 3})
    made = await offer(relay)
    assert (await offer(relay)).status_code == 429
    await hang_up(relay, call_of(made))
    await over(simulator, relay)
    for status in (200, 200, 429):
        assert (await secret(relay, {"relay": {"profile": "direct"}})).status_code == status


async def test_the_official_sdk_calls(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """As a form, with a session that counts as far as the profile lets it."""
    relay = await serve_calls()
    async with AsyncOpenAI(base_url=f"{relay.http}/v1", api_key=KEY) as client:
        session: Any = {"type": "realtime", "instructions": "Mine.", "max_output_tokens": 9}
        answer = await client.realtime.calls.create(sdp=OFFER, session=session)
        assert answer.text.startswith("v=0")
        call_id = answer.response.headers["location"].rpartition("/")[2]
        live = simulator.rest.calls[call_id].session
        (created,) = [event for event in live.begin() if isinstance(event, dict)]
        assert (created["session"]["instructions"], created["session"]["max_output_tokens"]) == (PROMPT, 9)
        await client.realtime.calls.hangup(call_id)
    await over(simulator, relay)
