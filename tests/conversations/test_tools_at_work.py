"""While a tool works, over real sockets: what flows beside it, who interrupts it, and what a reload does to it."""

import asyncio
import json

import pytest

from tests.conversations.conftest import Pair, ServePair
from tests.conversations.service import Service, call, message, response, text_of, until_done, until_type
from tests.conversations.sounds import speech
from tests.conversations.tooling import TOOLS, arguments, desk
from tests.harness import PATIENCE, read, write


@pytest.fixture
async def pair(serve_pair: ServePair) -> Pair:
    """Two who converse through a relay whose profile has tools."""
    return await serve_pair(TOOLS)


AUDIO = {"ga": "response.output_audio.delta", "preview": "response.audio.delta"}


async def test_audio_flows_both_ways_while_a_tool_works(pair: Pair) -> None:
    """However long it takes: a tool runs beside the pumps, never in them."""
    query, heard = f"flow of {pair}", asyncio.Event()
    spoken = message("item_1", "I am looking.")
    where = {"response_id": "resp_1", "item_id": "item_1", "output_index": 1, "content_index": 0}

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        events = list(response("resp_1", call("item_2", "wait", arguments(query)), spoken))
        await service.say(*events[:10])
        async with asyncio.timeout(PATIENCE):
            await desk.called[query].wait()
        await service.say({"type": "response.output_audio.delta", **where, "delta": speech()})
        assert (await service.hear("input_audio_buffer.append"))["audio"] == speech()
        heard.set()
        await service.say(*events[10:])
        await service.hear("conversation.item.create")
        await service.hear("response.create")
        await service.say(*response("resp_2", message("item_9", "Done.")))
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        delta = (await until_type(client, AUDIO[pair.client]))[-1]
        assert (delta["delta"], delta["output_index"]) == (speech(), 0)
        await write(client, {"type": "input_audio_buffer.append", "audio": speech()})
        async with asyncio.timeout(PATIENCE):
            await heard.wait()
        assert text_of((await until_done(client))[-1]) == "I am looking."
        assert not desk.may_end[query].is_set()
        desk.may_end[query].set()
        assert (await until_done(client))[-1]["response"]["id"] == "resp_2"


async def test_a_barge_in_cancels_what_runs(pair: Pair) -> None:
    """The user speaks: the tool ends, the model learns of it, and the client's waiting has an end."""
    query, outputs = f"barge-in of {pair}", asyncio.Queue[str]()

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        await service.say(*response("resp_1", call("item_1", "wait", arguments(query))))
        async with asyncio.timeout(PATIENCE):
            await desk.called[query].wait()
        started = {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_2"}
        await service.say(started)
        outputs.put_nowait((await service.hear("conversation.item.create"))["item"]["output"])
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
        async with asyncio.timeout(PATIENCE):
            assert "error" in json.loads(await outputs.get())
            await desk.cancelled[query].wait()
    assert (events[-1]["response"]["status"], events[-1]["response"]["output"]) == ("cancelled", [])
    assert not any(word in json.dumps(events) for word in ("item_1", "wait", "barge"))


async def test_a_client_that_leaves_cancels_what_runs(pair: Pair) -> None:
    """The tool is told; nothing works on for nobody."""
    query = f"gone from {pair}"

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        await service.say(*response("resp_1", call("item_1", "wait", arguments(query))))
        await service.wait_closed()

    pair.play(script)
    async with asyncio.timeout(PATIENCE):
        async with pair.connect() as client:
            await read(client)
            await write(client, {"type": "response.create"})
            await desk.called[query].wait()
        await desk.cancelled[query].wait()
