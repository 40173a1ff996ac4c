"""The official SDK holds whole conversations through the relay, with the simulated service at the far end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection, AsyncRealtimeConnectionManager

from app.auth.static_keys import hash_key
from app.simulator import Simulator, SimulatorConfig
from tests.conversations.sounds import silence, speech
from tests.harness import KEY, PATIENCE, Serve, ServedRelay

MODEL = "gpt-realtime"
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 100, "silence_duration_ms": 200}


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a service that lets in the relay only, and speaks about as fast as a person."""
    config = SimulatorConfig(keys=("canary-upstream-key",), deployments=("secret-deployment",), pace=4)
    async with Simulator(config) as simulated:
        yield simulated


@pytest.fixture
async def relay(serve_relay: Serve, simulator: Simulator) -> ServedRelay:
    """Serve a relay in front of the simulated service, to which Alice has a key."""
    return await serve_relay(
        azure_openai_endpoint=simulator.endpoint,
        azure_openai_deployment_name="secret-deployment",
        azure_openai_api_key="canary-upstream-key",
        auth={"keys": {"alice": hash_key(KEY)}},
    )


def openai_by_base_url(relay: ServedRelay) -> AsyncRealtimeConnectionManager:
    """Point the SDK at the relay as one points it anywhere."""
    return AsyncOpenAI(base_url=f"{relay.http}/v1", api_key=KEY).realtime.connect(model=MODEL)


def openai_by_websocket_base_url(relay: ServedRelay) -> AsyncRealtimeConnectionManager:
    """Point only its WebSockets at the relay, with Azure's GA path."""
    client = AsyncOpenAI(websocket_base_url=f"{relay.url}/openai/v1", api_key=KEY)
    return client.realtime.connect(model=MODEL)


def azure(relay: ServedRelay) -> AsyncRealtimeConnectionManager:
    """Use Azure's client, which opens the preview path and speaks GA."""
    client = AsyncAzureOpenAI(
        websocket_base_url=f"{relay.url}/openai",
        azure_endpoint=relay.http,
        api_key=KEY,
        api_version="2025-04-01-preview",
    )
    return client.realtime.connect(model=MODEL)


CLIENTS = [openai_by_base_url, openai_by_websocket_base_url, azure]
Opened = Callable[[ServedRelay], AsyncRealtimeConnectionManager]
each_client = pytest.mark.parametrize("opened", CLIENTS, ids=lambda opened: opened.__name__)


async def until_type(connection: AsyncRealtimeConnection, *types: str) -> list[Any]:
    """Receive until an event of one of these types, and return all that came."""
    events: list[Any] = []
    async with asyncio.timeout(PATIENCE):
        while True:
            event: Any = await connection.recv()
            assert event.type != "error", event.error.message
            events.append(event)
            if event.type in types:
                return events


def joined(events: list[Any], kind: str) -> str:
    """Put the deltas of one type together."""
    return "".join(event.delta for event in events if event.type == kind)


@each_client
async def test_a_text_conversation(relay: ServedRelay, opened: Opened) -> None:
    """Two turns; the client sees the model's name that it asked for, and every event parses as the SDK's own."""
    async with opened(relay) as connection:
        created: Any = (await until_type(connection, "session.created"))[-1]
        assert created.session.model == MODEL
        for words in ("My name is Ada.", "What did I say?"):
            content: Any = [{"type": "input_text", "text": words}]
            await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await connection.response.create(response={"output_modalities": ["text"]})
            events = await until_type(connection, "response.done")
            done = events[-1].response
            assert done.status == "completed"
            said = joined(events, "response.output_text.delta")
            assert said == done.output[0].content[0].text
            assert words in said


@each_client
async def test_an_audio_conversation_with_voice_activity_and_barge_in(relay: ServedRelay, opened: Opened) -> None:
    """The service hears speech begin and end, answers with audio, and stops when it is interrupted."""
    async with opened(relay) as connection:
        await until_type(connection, "session.created")
        heard: Any = {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": SERVER_VAD}
        await connection.session.update(session={"type": "realtime", "audio": {"input": heard}})
        await until_type(connection, "session.updated")
        await say(connection, speech, 10)
        await say(connection, silence, 6)
        events = await until_type(connection, "response.output_audio.delta")
        types = [event.type for event in events]
        turn = [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "response.created",
            "response.output_audio.delta",
        ]
        assert [kind for kind in types if kind in turn] == turn
        await say(connection, speech, 5)
        interrupted = await until_type(connection, "response.done")
        assert "input_audio_buffer.speech_started" in [event.type for event in interrupted]
        done = interrupted[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "turn_detected")


async def say(connection: AsyncRealtimeConnection, sound: Callable[[], str], times: int) -> None:
    """Append a sound for so many tenths of a second."""
    audio = sound()
    for _ in range(times):
        await connection.input_audio_buffer.append(audio=audio)


async def ask_for_the_weather(connection: AsyncRealtimeConnection) -> Any:
    """Offer a function, ask for it by name, and return the call."""
    tools: Any = [WEATHER]
    await connection.session.update(
        session={"type": "realtime", "tools": tools, "output_modalities": ["text"], "tool_choice": "auto"}
    )
    content: Any = [{"type": "input_text", "text": "Please call get_weather for Paris."}]
    await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
    await connection.response.create()
    events = await until_type(connection, "response.done")
    (call,) = [item for item in events[-1].response.output if item.type == "function_call"]
    assert joined(events, "response.function_call_arguments.delta") == call.arguments
    return call


@each_client
async def test_a_function_call(relay: ServedRelay, opened: Opened) -> None:
    """The service calls the client's function, and answers with what it returned."""
    async with opened(relay) as connection:
        await until_type(connection, "session.created")
        call = await ask_for_the_weather(connection)
        assert call.name == "get_weather"
        assert json.loads(call.arguments).keys() == {"city"}
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny, 21 degrees"}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        events = await until_type(connection, "response.done")
        assert "sunny, 21 degrees" in joined(events, "response.output_text.delta")


async def test_conversations_side_by_side_do_not_mix(relay: ServedRelay) -> None:
    """Five at once, each of which gets its own answers."""

    async def talk(number: int) -> None:
        async with openai_by_base_url(relay) as connection:
            content: Any = [{"type": "input_text", "text": f"I am number {number}."}]
            await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await connection.response.create(response={"output_modalities": ["text"]})
            events = await until_type(connection, "response.done")
            assert f"I am number {number}." in joined(events, "response.output_text.delta")

    talks: list[Awaitable[None]] = [talk(number) for number in range(5)]
    await asyncio.gather(*talks)


async def test_the_service_never_sees_the_users_key(relay: ServedRelay, simulator: Simulator) -> None:
    """Nor anything else of the client's handshake."""
    async with openai_by_base_url(relay) as connection:
        await until_type(connection, "session.created")
    assert KEY not in repr(list(simulator.handshakes))
    assert MODEL not in repr([handshake.query for handshake in simulator.handshakes])
