"""Server-side tools over real sockets: what broke other middle tiers, and what a client sees of a call."""

import asyncio
import json
from typing import Any

import pytest

from tests.conversations.conftest import Pair, Script, ServePair
from tests.conversations.service import Service, call, message, response, text_of, until_done
from tests.conversations.tooling import CANARY_DESCRIPTION, TOOLS, arguments, desk
from tests.harness import PATIENCE, read, write


@pytest.fixture
async def pair(serve_pair: ServePair) -> Pair:
    """Two who converse through a relay whose profile has tools."""
    return await serve_pair(TOOLS)


def calling(*items: dict[str, Any]) -> Script:
    """Return a service whose model answers with these items, and then says what the tools returned."""

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        await service.say(*response("resp_1", *items))
        outputs = []
        while (event := await service.read())["type"] != "response.create":
            outputs.append(event["item"]["output"])
            item = {"id": "item_output", "status": "completed", **event["item"]}
            await service.say({"type": "conversation.item.added", "previous_item_id": None, "item": item})
        await service.say(*response("resp_2", message("item_9", " and ".join(outputs))))
        await service.wait_closed()

    return script


SEEN = {
    "ga": [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ],
    "preview": [
        "response.created",
        "response.output_item.added",
        "conversation.item.created",
        "response.content_part.added",
        "response.text.delta",
        "response.text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
    ],
}
"""An answer in text, in the client's own words."""


async def test_a_tool_is_called_and_nobody_sees_it(pair: Pair) -> None:
    """One response is what the client gets for its `response.create`: the one in which the model answers."""
    pair.play(calling(call("item_1", "look_up", arguments("canary-query"))))
    async with pair.connect() as client:
        created = await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    assert (created["session"]["tools"], created["session"]["instructions"]) == ([], "")
    assert [event["type"] for event in events] == SEEN[pair.client]
    assert text_of(events[-1]) == "found canary-query"
    everything = json.dumps([created, *events])
    assert not any(word in everything for word in ("look_up", CANARY_DESCRIPTION, "canary-prompt", "item_1"))


ORDERS = [
    (message("item_1", "Let me see."), call("item_2", "look_up", arguments("it"))),
    (call("item_2", "look_up", arguments("it")), message("item_1", "Let me see.")),
]


@pytest.mark.parametrize("items", ORDERS, ids=["message first", "call first"])
async def test_a_message_and_a_call_in_one_response(pair: Pair, items: tuple[dict[str, Any], ...]) -> None:
    """In either order: the message is seen, as the first and only output, and once; the call is not."""
    pair.play(calling(*items))
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        first, second = await until_done(client), await until_done(client)
    assert [event["type"] for event in first] == SEEN[pair.client]
    assert [item["id"] for item in first[-1]["response"]["output"]] == ["item_1"]
    assert {event["output_index"] for event in first if "output_index" in event} == {0}
    assert {event["previous_item_id"] for event in first if "previous_item_id" in event} == {None}
    assert text_of(second[-1]) == "found it"
    assert not any(word in json.dumps([first, second]) for word in ("look_up", "item_2", "call_"))


async def test_a_response_that_is_cut_short_hides_its_call(pair: Pair) -> None:
    """An item that never ended is told by `response.done` alone; what is hidden is not in it, either."""
    said, hidden = message("item_1", "Let me"), call("item_2", "look_up", '{"query": "canary-half')

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        *events, done = response("resp_1", said, hidden)
        reason = {"type": "cancelled", "reason": "turn_detected"}
        output = [{**each, "status": "incomplete"} for each in (said, hidden)]
        cut = {**done["response"], "status": "cancelled", "status_details": reason, "output": output}
        begun = [each for each in events if each["type"].endswith((".created", ".added"))]
        await service.say(*begun, {"type": "response.done", "response": cut})
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    kinds = [event["type"] for event in events]
    assert sorted(kinds) == sorted(set(kinds))
    assert [item["id"] for item in events[-1]["response"]["output"]] == ["item_1"]
    assert not any(word in json.dumps(events) for word in ("look_up", "canary", "item_2"))


async def test_two_sessions_with_pending_tools_at_once(pair: Pair) -> None:
    """Another user's `response.done` and result touch nobody else; the tool learns whose call it is."""

    async def script(service: Service) -> None:
        await service.begin()
        create = await service.hear("response.create")
        query = create["response"]["metadata"]["query"]
        await service.say(*response("resp_1", call("item_1", "wait", arguments(query))))
        output = await service.hear("conversation.item.create")
        await service.hear("response.create")
        await service.say(*response("resp_2", message("item_9", output["item"]["output"])))
        await service.wait_closed()

    pair.play(script)
    queries = [f"{each} of {pair}" for each in ("first", "second")]
    async with pair.connect() as first, pair.connect() as second:
        for client, query in zip((first, second), queries, strict=True):
            await read(client)
            await write(client, {"type": "response.create", "response": {"metadata": {"query": query}}})
            async with asyncio.timeout(PATIENCE):
                await desk.called[query].wait()
        for client, query in zip((second, first), reversed(queries), strict=True):
            desk.may_end[query].set()
            events = await until_done(client)
            assert text_of(events[-1]) == f"waited for {query}"
    assert {desk.users[query] for query in queries} == {"alice"}


async def test_a_tool_that_fails_tells_the_model_and_nobody_else(
    pair: Pair, capfd: pytest.CaptureFixture[str]
) -> None:
    """The model reads that it failed; the exception's words stand in no log and in no event."""
    pair.play(calling(call("item_1", "fail", arguments("x"))))
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    assert "error" in text_of(events[-1])
    assert "canary-fault" not in json.dumps(events) + "".join(capfd.readouterr())
