"""Tests of a session on a real connection, and of what goes wrong there on demand."""

import asyncio
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from app.simulator import Faults, Simulator
from tests.simulator.conftest import Dial
from tests.simulator.playing import audio, silence, speech

PATIENCE = 20.0
HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}


async def read(connection: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return msgspec.json.decode(await connection.recv())


async def until(connection: ClientConnection, kind: str) -> list[Any]:
    """Read on to an event of this type; returns all that came."""
    events = [await read(connection)]
    while events[-1]["type"] != kind:
        events.append(await read(connection))
    return events


async def write(connection: ClientConnection, kind: str, **fields: Any) -> None:
    await connection.send(msgspec.json.encode({"type": kind, **fields}), text=True)


async def ask(connection: ClientConnection) -> None:
    await write(connection, "conversation.item.create", item=HELLO)
    await write(connection, "response.create")


async def test_a_spoken_turn_over_a_socket(dial: Dial) -> None:
    """What is spoken into the socket comes back as a whole answer."""
    connection = await dial()
    for piece in (speech(), silence(400)):
        await write(connection, "input_audio_buffer.append", audio=audio(piece))
    events = await until(connection, "rate_limits.updated")
    assert [event["type"] for event in events][:2] == ["session.created", "input_audio_buffer.speech_started"]
    assert events[-2]["response"]["status"] == "completed"


async def test_binary_messages_are_read_too(dial: Dial) -> None:
    """An event is taken from a binary message as from text."""
    connection = await dial()
    await connection.send(b'{"type": "session.update", "session": {"type": "realtime"}}')
    await until(connection, "session.updated")


async def test_a_stall_silences_the_service_and_not_its_ears(simulator: Simulator) -> None:
    """From the event on the session says nothing, while the client is still heard."""
    heard, last = [], asyncio.Event()

    def observe(session_id: str, data: bytes) -> None:
        heard.append((session_id, msgspec.json.decode(data)["type"]))
        if len(heard) == 3:
            last.set()

    async with Simulator(simulator.config, observe=observe) as stalled:
        stalled.faults = Faults(stall="response.output_audio.delta")
        async with connect(f"{stalled.url}/v1/realtime?model=m") as connection:
            await ask(connection)
            events = await until(connection, "response.output_audio_transcript.delta")
            await write(connection, "input_audio_buffer.clear")
            async with asyncio.timeout(PATIENCE):
                await last.wait()
                await stalled.inject(send='{"type": "marker"}')
            assert (await read(connection))["type"] == "marker"
    session_id = events[0]["session"]["id"]
    kinds = ["conversation.item.create", "response.create", "input_audio_buffer.clear"]
    assert heard == [(session_id, kind) for kind in kinds]


async def test_a_stall_may_end(simulator: Simulator, dial: Dial) -> None:
    """After its seconds a stall is over."""
    simulator.faults = Faults(stall="session.created", stall_seconds=0.01)
    await until(await dial(), "session.created")


async def test_a_stalled_handshake(simulator: Simulator, dial: Dial) -> None:
    """The handshake itself may stall."""
    simulator.faults = Faults(stall="handshake")
    with pytest.raises(TimeoutError):
        await dial(open_timeout=0.05)
    simulator.faults = Faults(stall="handshake", stall_seconds=0.01)
    await until(await dial(), "session.created")


async def test_a_close_in_the_middle(simulator: Simulator, dial: Dial) -> None:
    """The service closes with the code and the reason that were asked for."""
    simulator.faults = Faults(close="response.output_audio.delta", close_code=4321, close_reason="é" * 100)
    connection = await dial()
    await ask(connection)
    with pytest.raises(ConnectionClosedError) as closed:
        await until(connection, "response.done")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4321, "é" * 61)


async def test_a_dropped_connection(simulator: Simulator, dial: Dial) -> None:
    """A lost connection says no goodbye, and its session is over."""
    simulator.faults = Faults(drop="response.done")
    connection = await dial()
    await ask(connection)
    with pytest.raises(ConnectionClosedError) as closed:
        await until(connection, "response.done")
    assert closed.value.rcvd is None
    async with asyncio.timeout(PATIENCE):
        await simulator.empty()
    assert simulator.sessions == []


async def test_bad_json(simulator: Simulator, dial: Dial) -> None:
    """A message that does not parse comes before the event that was named."""
    simulator.faults = Faults(bad_json="session.created")
    connection = await dial()
    with pytest.raises(msgspec.DecodeError):
        await read(connection)
    assert (await read(connection))["type"] == "session.created"


async def test_a_large_frame(simulator: Simulator, dial: Dial) -> None:
    """A frame of 3.5 MB arrives in one piece."""
    simulator.faults = Faults(large=3_500_000)
    connection = await dial()
    await ask(connection)
    delta = (await until(connection, "response.output_audio.delta"))[-1]["delta"]
    assert len(delta) > 3_500_000


async def test_a_burst(simulator: Simulator, dial: Dial) -> None:
    """Many deltas come at once."""
    simulator.faults = Faults(burst=500)
    connection = await dial()
    await ask(connection)
    events = await until(connection, "response.done")
    assert [event["type"] for event in events].count("response.output_audio.delta") >= 500


async def test_a_session_expires(simulator: Simulator) -> None:
    """At its end the session says so and closes with 1001."""
    config = simulator.config.model_copy(update={"session_seconds": 0.01})
    async with Simulator(config) as short, connect(f"{short.url}/v1/realtime?model=m") as connection:
        assert (await until(connection, "error"))[-1]["error"]["code"] == "session_expired"
        with pytest.raises(ConnectionClosedOK) as closed:
            await read(connection)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001


async def test_who_does_not_read_is_still_heard(dial: Dial, simulator: Simulator) -> None:
    """A client that reads nothing can send all the same: the answers wait, not the ears."""
    simulator.faults = Faults(large=3_500_000)
    connection = await dial()
    async with asyncio.timeout(PATIENCE):
        await ask(connection)
        for _ in range(40):
            await write(connection, "input_audio_buffer.append", audio=audio(silence(10_000)))
    await until(connection, "response.done")
