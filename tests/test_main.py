"""The application as it is wired: with an upstream, without one, and how it says which."""

import pytest
from websockets.exceptions import InvalidStatus

from app import main
from app.auth.static_keys import hash_key
from tests.conversations.test_endings import echo
from tests.harness import KEY, ScriptedUpstream, Serve, read, towards, write
from tests.processes import SERVE, UVICORN, running


@pytest.mark.parametrize("command", [SERVE, UVICORN], ids=["serve", "uvicorn"])
async def test_without_an_upstream_the_simulated_one_answers(command: tuple[str, ...]) -> None:
    """No account, no key, nothing configured: a session opens, and the log says in plain words what it runs on."""
    async with running(command, {}) as process:
        await process.answers("/readyz", 200)
        async with process.relay.connect("/v1/realtime?model=gpt-realtime", key=None) as client:
            created = await read(client)
            assert (created["type"], created["session"]["model"]) == ("session.created", "gpt-realtime")
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello there"}]}
            await write(client, {"type": "conversation.item.create", "item": item})
            await write(client, {"type": "response.create", "response": {"output_modalities": ["text"]}})
            seen = [created["type"]]
            while seen[-1] != "response.done":
                seen.append((await read(client))["type"])
        assert "response.output_text.delta" in seen
        assert "embedded simulated" in process.text
        assert "only this machine is served" in process.text


async def test_two_sessions_do_not_share_anything(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """What one client says, the other's upstream does not hear; one session's end is not the other's."""
    upstream.script = echo
    relay = await serve_relay(**towards(upstream))
    async with relay.connect() as one:
        async with relay.connect() as two:
            await read(one)
            await read(two)
            await write(two, {"type": "input_audio_buffer.clear"})
            assert (await read(two))["type"] == "input_audio_buffer.cleared"
        await write(one, {"type": "input_audio_buffer.clear"})
        assert (await read(one))["type"] == "input_audio_buffer.cleared"


@pytest.mark.parametrize("issuers", [{}, {"main": {"issuer": "https://login.invalid", "audience": ["relay"]}}])
async def test_providers_are_trusted_where_some_are_configured(
    serve_relay: Serve, upstream: ScriptedUpstream, issuers: dict[str, object]
) -> None:
    """Who trusts none has nothing loaded for them, and lets its users in all the same."""
    relay = await serve_relay(**towards(upstream, auth={"keys": {"alice": hash_key(KEY)}, "oidc": issuers}))
    assert (relay.parts.admission.authenticate.oidc is not None) == bool(issuers)
    async with relay.connect() as client:
        assert (await read(client))["type"] == "session.created"


async def test_the_user_dev_counts_towards_the_relays_sessions_only(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """A developer's page reloads more often than any limit for users allows; the relay's own limit holds."""
    limits = {"sessions": 2, "sessions_per_user": 1, "dials_per_user_per_minute": 1}
    relay = await serve_relay(**towards(upstream, auth={}, limits=limits))
    async with relay.connect(key=None) as one, relay.connect(key=None) as two:
        await read(one)
        await read(two)
        with pytest.raises(InvalidStatus) as caught:
            await relay.connect(key=None)
        assert caught.value.response.status_code == 429


async def test_the_preview_protocol_is_warned_of(
    serve_relay: Serve, upstream: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dated version selects a protocol that is going away."""
    await serve_relay(**towards(upstream, openai_api_version="2025-04-01-preview"))
    assert "deprecated preview" in capsys.readouterr().out


def test_only_the_application_is_made_on_demand() -> None:
    """Importing the module reads no settings; another name is simply missing."""
    with pytest.raises(AttributeError):
        _ = main.no_such_name
