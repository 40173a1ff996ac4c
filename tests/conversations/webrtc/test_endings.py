"""How calls end at which the relay is present: it hangs up, and counts why."""

import asyncio
import time

import pytest

from app.auth.credentials import Identity
from app.auth.static_keys import hash_key
from app.simulator import Simulator
from tests.conversations.calling import call_of, channel, hang_up, offer, say, sideband, ticket
from tests.conversations.webrtc.conftest import UPSTREAM_KEY, ServeCalls, over
from tests.harness import KEY, closing, read, until

OTHER = "rk_canary-key-of-bob"


async def test_a_limit_hangs_up(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """The second response is one too many; what it costs is known only when it has begun."""
    relay = await serve_calls()
    made = await offer(relay, "?profile=brief")
    other = sideband(simulator, call_of(made), UPSTREAM_KEY)
    async with channel(simulator, call_of(made)) as browser, other as onlooker:
        await say(browser, "hello")
        while (await read(onlooker))["type"] != "response.done":
            pass
        await say(browser, "hello again")
        assert (await closing(browser))[0] == 1000
    await over(simulator, relay)
    assert relay.parts.telemetry.ended == {"over_quota": 1}


@pytest.mark.parametrize(
    ("setting", "ending"), [({"idle": 0.3}, "idle"), ({"maximum_duration": 0.3}, "maximum_duration")]
)
async def test_a_call_ends_by_the_clock(
    simulator: Simulator, serve_calls: ServeCalls, setting: dict[str, float], ending: str
) -> None:
    """As a session does."""
    relay = await serve_calls(session=setting)
    made = await offer(relay)
    async with channel(simulator, call_of(made)) as browser:
        assert (await closing(browser))[0] == 1000
    await over(simulator, relay)
    assert relay.parts.telemetry.ended == {ending: 1}


async def test_a_call_ends_with_its_users_credential(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """Which a ticket has from whoever asked for it."""
    relay = await serve_calls(session={"credential_grace": 0.01})
    tickets, now = relay.parts.admission.authenticate.tickets, time.time()
    identity = Identity("alice", "key", expires_at=now + 1)
    value, _ = await tickets.mint(identity, now, seconds=None, profiles=("relayed",), origin=None, model=None)
    made = await offer(relay, credential=value)
    async with channel(simulator, call_of(made)) as browser:
        assert (await closing(browser))[0] == 1000
    await over(simulator, relay)
    assert relay.parts.telemetry.ended == {"token_expired": 1}


async def test_a_drain_hangs_up(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """When the time of running sessions is over; newcomers are refused meanwhile."""
    relay = await serve_calls()
    made = await offer(relay)
    async with channel(simulator, call_of(made)) as browser:
        draining = asyncio.create_task(relay.parts.sessions.drain(0.3))
        await until(lambda: relay.parts.sessions.draining)
        assert (await offer(relay)).json()["error"]["code"] == "server_draining"
        assert (await closing(browser))[0] == 1000
        await draining
    await over(simulator, relay)
    assert relay.parts.telemetry.ended == {"draining": 1}


async def test_its_user_hangs_up(simulator: Simulator, serve_calls: ServeCalls) -> None:
    """With the key, or with a ticket, which is good for a call all the same; nobody else can, and none twice."""
    relay = await serve_calls(auth={"keys": {"alice": hash_key(KEY), "bob": hash_key(OTHER)}})
    made = await offer(relay)
    call_id = call_of(made)
    for credential, status in ((OTHER, 404), ("canary", 401)):
        assert (await hang_up(relay, call_id, credential)).status_code == status
    assert (await hang_up(relay, call_id, origin="https://evil.example")).status_code == 403
    value = await ticket(relay)
    async with channel(simulator, call_id) as browser:
        assert (await hang_up(relay, call_id, value)).status_code == 200
        assert (await closing(browser))[0] == 1000
    await over(simulator, relay)
    assert relay.parts.telemetry.ended == {"client_left": 1}
    gone = await hang_up(relay, call_id)
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "call_not_found")
    assert (await offer(relay, credential=value)).status_code == 201
