"""Which profile a session runs under, over real sockets, and how it is to talk under it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openai import AsyncOpenAI
from websockets.exceptions import InvalidStatus

from app.protocol.catalogue import GenerationName
from app.simulator import Simulator, SimulatorConfig
from tests.conversations.clerk import drained
from tests.harness import KEY, ScriptedUpstream, Serve, read, towards, write

PICKS = [
    # the path, and the profile of the session
    ("/v1/realtime", "clerk"),
    ("/v1/realtime?model=clerk-model", "clerk"),
    ("/v1/realtime?profile=quiet", "quiet"),
]


@pytest.mark.parametrize(("path", "profile"), PICKS)
async def test_a_client_picks_a_profile_or_gets_the_default(
    serve_clerk: Callable[..., Any], capfd: pytest.CaptureFixture[str], path: str, profile: str
) -> None:
    """By its name, or by the model that it asks for."""
    async with Simulator() as simulator:
        relay = await serve_clerk(simulator)
        async with relay.connect(path) as client:
            await read(client)
    assert f"profile={profile} " in capfd.readouterr().out


STRANGE = ["?model=guest-model", "?profile=guest", "?profile=open", "?profile=nonsense"]


@pytest.mark.parametrize("query", STRANGE)
async def test_a_profile_that_is_not_the_users_is_refused(
    serve_relay: Serve, upstream: ScriptedUpstream, profiles: Path, query: str
) -> None:
    """Another's, a built-in one that the file does not name, one that is none: and it says which would do."""
    relay = await serve_relay(**towards(upstream, profiles_file=profiles))
    with pytest.raises(InvalidStatus) as refused:
        await relay.connect(f"/v1/realtime{query}")
    assert refused.value.response.status_code == 403
    assert b"clerk, quiet" in refused.value.response.body


async def test_a_quiet_profile_answers_nothing_to_what_it_refuses(serve_clerk: Callable[..., Any]) -> None:
    """For clients whose first error is their last."""
    async with Simulator() as simulator:
        relay = await serve_clerk(simulator)
        async with relay.connect("/v1/realtime?profile=quiet") as client:
            await read(client)
            await write(client, {"type": "conversation.item.delete", "item_id": "item_1"})
            await client.send("{")
            assert [event["type"] for event in await drained(client)] == ["input_audio_buffer.cleared"]


@pytest.mark.parametrize("service", ["ga", "preview"])
async def test_an_sdk_that_configures_its_session_is_narrowed_and_talks(
    serve_clerk: Callable[..., Any], service: GenerationName
) -> None:
    """The official client, which always sends an update, gets its `session.updated` and its answer."""
    async with Simulator(SimulatorConfig(generation=service)) as simulator:
        relay = await serve_clerk(simulator, service)
        client = AsyncOpenAI(websocket_base_url=f"{relay.url}/v1", api_key=KEY)
        async with client, client.realtime.connect(model="clerk-model") as connection:
            await connection.session.update(
                session={
                    "type": "realtime",
                    "instructions": "Be mine.",
                    "max_output_tokens": 4000,
                    "tools": [{"type": "function", "name": "mine", "parameters": {"type": "object"}}],
                }
            )
            updated: Any = None
            while updated is None or updated.type != "session.updated":
                updated = await connection.recv()
            assert (updated.session.instructions, updated.session.tools) == ("", [])
            assert updated.session.max_output_tokens == 500
            item: Any = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]}
            await connection.conversation.item.create(item=item)
            await connection.response.create()
            event: Any = await connection.recv()
            while event.type != "response.done":
                assert event.type != "error", event
                event = await connection.recv()
            assert "You wrote: Hello" in event.response.output[0].content[0].text
