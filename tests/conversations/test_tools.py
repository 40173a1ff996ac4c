"""Server-side tools over real sockets: what broke other middle tiers, and what a client sees of a call."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.conversations.service import begin, call, hear, message, response, say, until_done
from tests.conversations.tooling import CANARY_DESCRIPTION, desk
from tests.harness import PATIENCE, ScriptedUpstream, Serve, ServedRelay, read, towards, write

PROFILES = """
[profiles.assistant]
base = "locked"

[profiles.assistant.session]
instructions = { fixed = "canary-prompt: you keep the archive" }

[profiles.assistant.tools.look_up]
python = "tests.conversations.tooling:look_up"

[profiles.assistant.tools.wait]
python = "tests.conversations.tooling:wait"
timeout = 60

[profiles.assistant.tools.fail]
python = "tests.conversations.tooling:fail"
"""


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """A file with one profile, which has tools."""
    path = tmp_path / "profiles.toml"
    path.write_text(PROFILES)
    return path


@pytest.fixture
async def relay(serve_relay: Serve, upstream: ScriptedUpstream, profiles: Path) -> ServedRelay:
    """A relay in front of the scripted upstream, with that profile."""
    return await serve_relay(**towards(upstream, profiles_file=profiles))


def arguments(query: str) -> str:
    """Return the arguments of a call."""
    return json.dumps({"query": query})


Script = Callable[[ServerConnection], Awaitable[None]]


def calling(*items: dict[str, Any]) -> Script:
    """Return a service whose model answers with these items, and then says what the tools returned."""

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        await hear(connection, "response.create")
        await say(connection, *response("resp_1", *items))
        outputs = []
        while (event := await read(connection))["type"] != "response.create":
            outputs.append(event["item"]["output"])
            await say(connection, {"type": "conversation.item.added", "previous_item_id": None, **taken(event)})
        await say(connection, *response("resp_2", message("item_9", " and ".join(outputs))))
        await connection.wait_closed()

    return script


def taken(event: dict[str, Any]) -> dict[str, Any]:
    """Return the item of an event as the service took it over."""
    return {"item": {"id": "item_output", "status": "completed", **event["item"]}}


async def test_a_tool_is_called_and_nobody_sees_it(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """One response is what the client gets for its `response.create`: the one in which the model answers."""
    upstream.script = calling(call("item_1", "look_up", arguments("canary-query")))
    async with relay.connect() as client:
        created = await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    assert created["session"].get("tools", []) == []
    assert [event["type"] for event in events] == [
        event["type"] for event in response("resp_2", message("item_9", ""))
    ]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "found canary-query"
    everything = json.dumps([created, *events[:-1]])
    assert not any(word in everything for word in ("look_up", CANARY_DESCRIPTION, "canary-prompt", "item_1"))


ORDERS = [
    (message("item_1", "Let me see."), call("item_2", "look_up", arguments("it"))),
    (call("item_2", "look_up", arguments("it")), message("item_1", "Let me see.")),
]


@pytest.mark.parametrize("items", ORDERS, ids=["message first", "call first"])
async def test_a_message_and_a_call_in_one_response(
    relay: ServedRelay, upstream: ScriptedUpstream, items: tuple[dict[str, Any], ...]
) -> None:
    """In either order: the message is seen, as the first and only output; the call is not."""
    upstream.script = calling(*items)
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        first, second = await until_done(client), await until_done(client)
    assert [item["id"] for item in first[-1]["response"]["output"]] == ["item_1"]
    assert {event["output_index"] for event in first if "output_index" in event} == {0}
    assert {event["previous_item_id"] for event in first if "previous_item_id" in event} == {None}
    assert second[-1]["response"]["output"][0]["content"][0]["text"] == "found it"
    assert "look_up" not in json.dumps([first, second])


async def test_two_sessions_with_pending_tools_at_once(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """Another user's `response.done` and result touch nobody else; the tool learns whose call it is."""

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        create = await hear(connection, "response.create")
        query = create["response"]["metadata"]["query"]
        await say(connection, *response("resp_1", call("item_1", "wait", arguments(query))))
        output = await hear(connection, "conversation.item.create")
        await hear(connection, "response.create")
        await say(connection, *response("resp_2", message("item_9", output["item"]["output"])))
        await connection.wait_closed()

    upstream.script = script
    async with relay.connect() as first, relay.connect() as second:
        for client, query in ((first, "first"), (second, "second")):
            await read(client)
            await write(client, {"type": "response.create", "response": {"metadata": {"query": query}}})
            async with asyncio.timeout(PATIENCE):
                await desk.called[query].wait()
        for client, query in ((second, "second"), (first, "first")):
            desk.may_end[query].set()
            events = await until_done(client)
            assert events[-1]["response"]["output"][0]["content"][0]["text"] == f"waited for {query}"
    assert "alice" in desk.users["first"]


async def test_events_flow_while_a_tool_works(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """However long it takes: a tool runs beside the pumps, never in them."""

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        await hear(connection, "response.create")
        spoken = message("item_1", "I am looking.")
        events = list(response("resp_1", call("item_2", "wait", arguments("flow")), spoken))
        await say(connection, *events[:7])
        async with asyncio.timeout(PATIENCE):
            await desk.called["flow"].wait()
        await say(connection, *events[7:])
        await hear(connection, "input_audio_buffer.clear")
        await say(connection, {"type": "input_audio_buffer.cleared"})
        await hear(connection, "conversation.item.create")
        await hear(connection, "response.create")
        await say(connection, *response("resp_2", message("item_9", "Done.")))
        await connection.wait_closed()

    upstream.script = script
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        first = await until_done(client)
        assert first[-1]["response"]["output"][0]["content"][0]["text"] == "I am looking."
        await write(client, {"type": "input_audio_buffer.clear"})
        assert (await read(client))["type"] == "input_audio_buffer.cleared"
        assert not desk.may_end["flow"].is_set()
        desk.may_end["flow"].set()
        assert (await until_done(client))[-1]["response"]["id"] == "resp_2"


async def test_a_tool_that_fails_tells_the_model_and_nobody_else(
    relay: ServedRelay, upstream: ScriptedUpstream, capfd: pytest.CaptureFixture[str]
) -> None:
    """The model reads that it failed; the exception's words stand in no log and in no event."""
    upstream.script = calling(call("item_1", "fail", arguments("x")))
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    assert "error" in events[-1]["response"]["output"][0]["content"][0]["text"]
    assert "canary-fault" not in json.dumps(events) + "".join(capfd.readouterr())


async def test_a_client_that_leaves_cancels_what_runs(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """The tool is told; nothing works on for nobody."""
    upstream.script = calling(call("item_1", "wait", arguments("gone")))
    async with asyncio.timeout(PATIENCE):
        async with relay.connect() as client:
            await read(client)
            await write(client, {"type": "response.create"})
            await desk.called["gone"].wait()
        await desk.cancelled["gone"].wait()


async def test_a_barge_in_cancels_what_runs(relay: ServedRelay, upstream: ScriptedUpstream) -> None:
    """The user speaks: the tool ends, the model learns of it, and the client's waiting has an end."""
    outputs = asyncio.Queue[str]()

    async def script(connection: ServerConnection) -> None:
        await begin(connection)
        await hear(connection, "response.create")
        await say(connection, *response("resp_1", call("item_1", "wait", arguments("barge"))))
        async with asyncio.timeout(PATIENCE):
            await desk.called["barge"].wait()
        await say(
            connection, {"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "item_2"}
        )
        outputs.put_nowait((await hear(connection, "conversation.item.create"))["item"]["output"])
        await connection.wait_closed()

    upstream.script = script
    async with relay.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
        async with asyncio.timeout(PATIENCE):
            assert "error" in json.loads(await outputs.get())
            await desk.cancelled["barge"].wait()
    assert events[-1]["response"]["status"] == "cancelled"
    assert events[-1]["response"]["output"] == []
