"""Where other middle tiers were seen to break, and this one must not; what is not shown elsewhere already."""

from typing import Any

from websockets.asyncio.server import ServerConnection

from app.simulator import Simulator
from tests.harness import CREATED, ScriptedUpstream, Serve, ServedRelay, closing, read, towards, write


async def test_three_texts_get_three_answers(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """A queue in the wrong place answers the first and forgets the rest."""
    async with Simulator() as simulator:
        relay = await serve_relay(**towards(upstream, azure_openai_endpoint=simulator.endpoint))
        async with relay.connect() as client:
            await read(client)
            for number in range(3):
                content = [{"type": "input_text", "text": f"Text number {number}"}]
                item = {"type": "message", "role": "user", "content": content}
                await write(client, {"type": "conversation.item.create", "item": item})
                await write(client, {"type": "response.create", "response": {"output_modalities": ["text"]}})
                event: Any = {"type": ""}
                while event["type"] != "response.done":
                    event = await read(client)
                assert f"Text number {number}" in str(event["response"]["output"])


async def test_an_error_of_the_service_reaches_the_client(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """With every word, and the session goes on: most errors of the Realtime API are not fatal."""
    error = {
        "type": "error",
        "event_id": "event_1",
        "error": {"type": "invalid_request_error", "code": "x", "message": "m", "param": "p", "event_id": "mine"},
    }

    async def complain(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        await read(connection)
        await write(connection, error)
        await read(connection)
        await write(connection, {"type": "input_audio_buffer.cleared", "event_id": "event_2"})
        await connection.wait_closed()

    upstream.script = complain
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "response.create", "event_id": "mine"})
        assert await read(client) == error
        await write(client, {"type": "input_audio_buffer.clear"})
        assert (await read(client))["type"] == "input_audio_buffer.cleared"


async def test_the_end_of_the_service_is_seen_by_a_silent_client(
    relay: ServedRelay, upstream: ScriptedUpstream
) -> None:
    """Not only when the client sends next."""

    async def go(connection: ServerConnection) -> None:
        await write(connection, CREATED)
        await connection.close(1011)

    upstream.script = go
    async with relay.connect() as client:
        assert await closing(client) == (1011, "The service failed.")


async def test_no_words_of_the_operating_system_reach_a_caller(
    serve_relay: Serve, upstream: ScriptedUpstream
) -> None:
    """A dead upstream is told in our words: no errno, no address, no library's exception."""
    relay = await serve_relay(**towards(upstream, azure_openai_endpoint="http://127.0.0.1:1"))
    async with relay.connect(subprotocols=["realtime"]) as client:
        event = await read(client)
        code, reason = await closing(client)
    assert (code, reason) == (1013, "The service can't be reached now.")
    assert event["error"]["message"] == reason
