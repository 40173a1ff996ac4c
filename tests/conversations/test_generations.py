"""Both generations of the protocol on either side, through real sockets: the SDK's own clients are the judges."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from openai import AsyncOpenAI
from websockets.asyncio.server import ServerConnection
from websockets.typing import Subprotocol

from app.protocol.catalogue import GA, PREVIEW, GenerationName
from app.simulator import Simulator, SimulatorConfig
from tests.conversations.sounds import silence, speech
from tests.harness import BOTH_WAYS, KEY, PATIENCE, ScriptedUpstream, Serve, ServedRelay, read, towards, write

pytestmark = BOTH_WAYS

UPSTREAMS: list[GenerationName] = ["ga", "preview"]
SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 100, "silence_duration_ms": 200}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "Tells the weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(params=UPSTREAMS)
async def relay(request: pytest.FixtureRequest, serve_relay: Serve) -> AsyncIterator[ServedRelay]:
    """Serve a relay in front of a simulated service of each generation."""
    upstream: GenerationName = request.param
    async with Simulator(SimulatorConfig(generation=upstream, pace=4)) as simulator:
        version = "v1" if upstream == "ga" else "2025-04-01-preview"
        scripted: Any = simulator
        yield await serve_relay(**towards(scripted, openai_api_version=version))


class Speaker:
    """One client of one generation, by the official SDK's connection of that generation."""

    def __init__(self, connection: Any, generation: GenerationName) -> None:
        self.connection = connection
        self.generation = generation
        self.known = (GA if generation == "ga" else PREVIEW).server

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event of the client's own generation."""
        await self.connection.send(event)

    async def until(self, *types: str) -> list[Any]:
        """Receive until one of these; each event parses as the SDK's, and belongs to the generation."""
        events: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self.connection.recv()
                assert event.type != "error", event.error.message
                assert event.type in self.known, event.type
                events.append(event)
                if event.type in types:
                    return events


def preview(relay: ServedRelay) -> Any:
    """Connect as the SDK's beta client does, with its marker."""
    client = AsyncOpenAI(websocket_base_url=f"{relay.url}/v1", api_key=KEY)
    return client.beta.realtime.connect(model="gpt-4o-realtime-preview")


def ga(relay: ServedRelay) -> Any:
    """Connect as the SDK's client does today."""
    return AsyncOpenAI(websocket_base_url=f"{relay.url}/v1", api_key=KEY).realtime.connect(model="gpt-realtime")


CLIENTS: list[tuple[Callable[[ServedRelay], Any], GenerationName]] = [(preview, "preview"), (ga, "ga")]
each_client = pytest.mark.parametrize(("opened", "generation"), CLIENTS, ids=["preview client", "ga client"])

TEXT_DELTA = {"ga": "response.output_text.delta", "preview": "response.text.delta"}
AUDIO_DELTA = {"ga": "response.output_audio.delta", "preview": "response.audio.delta"}
ITEM = {"ga": "conversation.item.added", "preview": "conversation.item.created"}


def in_text(generation: GenerationName) -> dict[str, Any]:
    """Say that text is wanted."""
    return {"output_modalities": ["text"]} if generation == "ga" else {"modalities": ["text"]}


def session(generation: GenerationName, **fields: Any) -> dict[str, Any]:
    """Update the session in the words of a generation."""
    kind = {"type": "realtime"} if generation == "ga" else {}
    return {"type": "session.update", "session": {**kind, **fields}}


def message(words: str) -> dict[str, Any]:
    """Say something; both generations say it alike."""
    content = [{"type": "input_text", "text": words}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}


@each_client
async def test_text(relay: ServedRelay, opened: Any, generation: GenerationName) -> None:
    """A question and its answer, item by item."""
    async with opened(relay) as connection:
        speaker = Speaker(connection, generation)
        await speaker.until("session.created")
        await speaker.send(message("Hello, relay."))
        await speaker.until(ITEM[generation])
        await speaker.send({"type": "response.create", "response": in_text(generation)})
        events = await speaker.until("response.done")
        said = "".join(event.delta for event in events if event.type == TEXT_DELTA[generation])
        assert "Hello, relay." in said
        assert events[-1].response.output[0].content[0].text == said


@each_client
async def test_audio_with_voice_activity_and_barge_in(
    relay: ServedRelay, opened: Any, generation: GenerationName
) -> None:
    """Heard, answered, interrupted."""
    heard: dict[str, Any] = {
        "ga": {"audio": {"input": {"turn_detection": SERVER_VAD}}},
        "preview": {"turn_detection": SERVER_VAD},
    }
    async with opened(relay) as connection:
        speaker = Speaker(connection, generation)
        await speaker.until("session.created")
        await speaker.send(session(generation, **heard[generation]))
        await speaker.until("session.updated")
        for sound, times in ((speech(), 10), (silence(), 6)):
            for _ in range(times):
                await speaker.send({"type": "input_audio_buffer.append", "audio": sound})
        await speaker.until(AUDIO_DELTA[generation])
        for _ in range(5):
            await speaker.send({"type": "input_audio_buffer.append", "audio": speech()})
        done = (await speaker.until("response.done"))[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "turn_detected")


@each_client
async def test_a_function_call(relay: ServedRelay, opened: Any, generation: GenerationName) -> None:
    """Offered, called, answered."""
    async with opened(relay) as connection:
        speaker = Speaker(connection, generation)
        await speaker.until("session.created")
        await speaker.send(session(generation, tools=[WEATHER], tool_choice="auto", **in_text(generation)))
        await speaker.until("session.updated")
        await speaker.send(message("Please call get_weather for Paris."))
        await speaker.send({"type": "response.create"})
        events = await speaker.until("response.done")
        (call,) = [item for item in events[-1].response.output if item.type == "function_call"]
        assert json.loads(call.arguments).keys() == {"city"}
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        await speaker.send({"type": "conversation.item.create", "item": output})
        await speaker.send({"type": "response.create"})
        events = await speaker.until("response.done")
        assert "sunny" in "".join(event.delta for event in events if event.type == TEXT_DELTA[generation])


@each_client
async def test_transcription_of_what_is_said(relay: ServedRelay, opened: Any, generation: GenerationName) -> None:
    """The user's words come back, in the same events in both generations."""
    model = {"model": "whisper-1"}
    asked: dict[str, Any] = {
        "ga": {"audio": {"input": {"transcription": model, "turn_detection": SERVER_VAD}}},
        "preview": {"input_audio_transcription": model, "turn_detection": SERVER_VAD},
    }
    async with opened(relay) as connection:
        speaker = Speaker(connection, generation)
        await speaker.until("session.created")
        await speaker.send(session(generation, **asked[generation]))
        await speaker.until("session.updated")
        for sound, times in ((speech(), 10), (silence(), 6)):
            for _ in range(times):
                await speaker.send({"type": "input_audio_buffer.append", "audio": sound})
        events = await speaker.until("conversation.item.input_audio_transcription.completed")
        assert events[-1].transcript


@each_client
async def test_an_error_in_the_clients_own_words(
    relay: ServedRelay, opened: Any, generation: GenerationName
) -> None:
    """An unknown key is named where the client wrote it, with its `event_id`; the session lives."""
    async with opened(relay) as connection:
        speaker = Speaker(connection, generation)
        await speaker.until("session.created")
        await speaker.send({**session(generation, no_such_key=1), "event_id": "mine"})
        async with asyncio.timeout(PATIENCE):
            event = await connection.recv()
        assert (event.type, event.error.code) == ("error", "unknown_parameter")
        assert (event.error.param, event.error.event_id) == ("session.no_such_key", "mine")
        await speaker.send(session(generation, instructions="Be brief."))
        assert (await speaker.until("session.updated"))[-1].session.instructions == "Be brief."


async def test_what_the_ga_service_dropped_is_remembered(relay: ServedRelay) -> None:
    """A preview client's `temperature` is echoed back to it, though GA has no word for it."""
    async with preview(relay) as connection:
        speaker = Speaker(connection, "preview")
        await speaker.until("session.created")
        await speaker.send(session("preview", temperature=0.7))
        assert (await speaker.until("session.updated"))[-1].session.temperature == 0.7


async def test_the_first_event_with_a_shape_decides(relay: ServedRelay) -> None:
    """On the preview's path nothing tells what a client speaks, until it speaks."""
    path = "/openai/realtime?api-version=2025-04-01-preview&deployment=public"
    for generation in UPSTREAMS:
        async with relay.connect(path) as client:
            assert "modalities" in (await read(client))["session"]  # the path's guess
            await write(client, {"type": "input_audio_buffer.append", "audio": silence()})
            await write(client, message("Hello."))
            await write(client, {"type": "response.create", "response": in_text(generation)})
            seen: list[str] = []
            while "response.done" not in seen:
                seen.append((await read(client))["type"])
            assert TEXT_DELTA[generation] in seen


async def test_what_is_lost_is_told_to_who_wants_to_know(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Once a session: in the log, and as `relay.warning` to a client that opted in."""
    async with Simulator(SimulatorConfig(generation="ga")) as simulator:
        relay = await serve_relay(**towards(upstream, azure_openai_endpoint=simulator.endpoint))
        marker = [Subprotocol("realtime"), Subprotocol("openai-beta.realtime-v1")]
        async with relay.connect("/v1/realtime?relay=v1", subprotocols=marker) as client:
            for _ in range(2):
                await write(client, session("preview", temperature=0.7))
            seen: list[Any] = []
            while [event["type"] for event in seen].count("session.updated") < 2:
                seen.append(await read(client))
        warnings = [event for event in seen if event["type"] == "relay.warning"]
        assert [warning["about"] for warning in warnings] == ["translation"]
        assert "temperature" in warnings[0]["message"]
        assert relay.parts.telemetry.losses == 1


async def test_two_preview_sides_lose_nothing(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """What a preview upstream says, with keys of its own, reaches a preview client byte for byte."""
    odd = [
        '{ "type":"session.created", "event_id":"e1","session":{"voice":"alloy","vendor":{"x":1}}}',
        '{"type":"response.audio.delta","event_id":"e2","delta":"AAAA", "vendor":[]}',
        '{"event_id":"e3","type":"conversation.item.created","item":{"id":"i","type":"message","vendor":true}}',
        '{"type":"vendor.own_event","event_id":"e4"}',
    ]

    async def say(connection: ServerConnection) -> None:
        for text in odd:
            await connection.send(text)
        await connection.wait_closed()

    upstream.script = say
    relay = await serve_relay(**towards(upstream, openai_api_version="2025-04-01-preview"))
    path = "/openai/realtime?api-version=2025-04-01-preview"
    async with relay.connect(path, headers={"OpenAI-Beta": "realtime=v1"}) as client, asyncio.timeout(PATIENCE):
        assert [await client.recv() for _ in odd] == odd


OLDEST = "/openai/realtime?api-version=2024-10-01-preview&deployment=d"


async def test_the_oldest_clients_see_only_what_they_know(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """The JavaScript client of 2024-10-01 closes on any event type beyond its 27."""
    async with Simulator(SimulatorConfig(generation="ga")) as simulator:
        relay = await serve_relay(**towards(upstream, azure_openai_endpoint=simulator.endpoint))
        async with relay.connect(OLDEST) as client:
            created = await read(client)
            await write(client, message("Hello."))
            await write(client, {"type": "response.create"})
            seen = [created]
            while seen[-1]["type"] != "response.done":
                seen.append(await read(client))
    assert not {event["type"] for event in seen} & {"conversation.item.done", "conversation.item.added"}
    assert "response.audio.delta" in [event["type"] for event in seen]
    assert all("event_id" in event for event in seen)
