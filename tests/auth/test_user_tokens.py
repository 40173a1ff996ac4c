"""A user of an identity provider, over real sockets: let in by a token, refused with a reason, renewed in band."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.auth.issuer import Issuer, SigningKey, signed
from tests.harness import PATIENCE, ScriptedUpstream, Serve, ServedRelay, closing, read, towards, write

StartIssuer = Callable[..., Awaitable[Issuer]]


async def relay_for(serve_relay: Serve, upstream: ScriptedUpstream, issuer: Issuer, **session: Any) -> ServedRelay:
    """Serve a relay that trusts this provider."""
    oidc = {"work": {"issuer": issuer.url, "audience": "the-relay"}}
    return await serve_relay(**towards(upstream, auth={"oidc": oidc}, session=session))


def token(issuer: Issuer, seconds: float = 600, **claims: Any) -> str:
    """Return a token that is good for so long, but for what the test changes."""
    now = time.time()
    good = {"iss": issuer.url, "aud": "the-relay", "sub": "ada", "iat": now, "nbf": now, "exp": now + seconds}
    return signed({**good, **claims}, SigningKey())


async def test_a_token_opens_a_session(serve_relay: Serve, upstream: ScriptedUpstream, issuer: Issuer) -> None:
    """And a ticket, which opens one too."""
    relay = await relay_for(serve_relay, upstream, issuer)
    async with relay.connect(key=token(issuer)) as client:
        assert (await read(client))["type"] == "session.created"


@pytest.mark.parametrize("claims", [{"aud": "another"}, {"iss": "https://another.example"}, {"exp": 1.0}])
async def test_a_wrong_token_is_refused_with_a_reason(
    serve_relay: Serve, upstream: ScriptedUpstream, issuer: Issuer, claims: dict[str, Any]
) -> None:
    """401, and nothing of the token in the answer."""
    relay = await relay_for(serve_relay, upstream, issuer)
    with pytest.raises(InvalidStatus) as caught:
        await relay.connect(key=token(issuer, sub="canary-sub", **claims))
    assert caught.value.response.status_code == 401
    assert b"canary" not in (caught.value.response.body or b"")
    assert upstream.requests == []


async def test_a_provider_that_is_down_is_not_the_users_fault(
    serve_relay: Serve, upstream: ScriptedUpstream, issuer: Issuer
) -> None:
    """503: try again; a key of the relay's own still works meanwhile."""
    config = {"dead": {"issuer": "http://127.0.0.1:1", "audience": "the-relay"}}
    keys = towards(upstream)["auth"]["keys"]
    relay = await serve_relay(**towards(upstream, auth={"oidc": config, "keys": keys}))
    with pytest.raises(InvalidStatus) as caught:
        await relay.connect(key=token(issuer, iss="http://127.0.0.1:1"))
    assert caught.value.response.status_code == 503
    async with relay.connect() as client:
        assert (await read(client))["type"] == "session.created"


async def test_a_session_lives_as_long_as_its_users_tokens(
    serve_relay: Serve, upstream: ScriptedUpstream, issuer: Issuer
) -> None:
    """Renewed in band it goes on; another user's token is refused; without a new one it ends with 3000."""
    relay = await relay_for(serve_relay, upstream, issuer, credential_grace=0.2)
    async with relay.connect("/v1/realtime?relay=v1", key=token(issuer, seconds=600)) as client:
        assert [(await read(client))["type"] for _ in range(2)] == ["session.created", "relay.ready"]
        await write(client, {"type": "relay.auth.refresh", "token": token(issuer, sub="bob"), "event_id": "one"})
        error = (await read(client))["error"]
        assert (error["code"], error["event_id"]) == ("another_user", "one")
        await write(client, {"type": "relay.auth.refresh", "token": token(issuer, seconds=1.5), "event_id": "two"})
        refreshed = await read(client)
        assert (refreshed["type"], refreshed["refers_to"]) == ("relay.auth.refreshed", "two")
        async with asyncio.timeout(PATIENCE):
            assert await closing(client) == (3000, "The credential of this session has expired.")
