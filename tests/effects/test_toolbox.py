"""The toolbox of one profile."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import structlog

from app.effects import HttpToolConfig, JudgeConfig, JudgesConfig, PythonToolConfig, Toolbox
from app.policy.actions import Effect
from app.policy.judging import Judgement
from app.policy.tools import ServerTool, ToolCall
from tests.effects import given
from tests.effects.service import CANARY, CONTEXT, PATIENCE, Service, call, judge

Opened = Callable[..., Awaitable[Toolbox]]


def python(*names: str, **more: Any) -> dict[str, PythonToolConfig]:
    return {name: PythonToolConfig(python=f"tests.effects.given:{name}", **more) for name in names}


async def test_tools_are_known_once_it_is_open(opened: Opened) -> None:
    """Each with what the filters need to know."""
    assert Toolbox(python("nothing")).tools == {}
    toolbox = await opened(python("nothing", results="client", hidden=False))
    definition = {
        "type": "function",
        "name": "nothing",
        "description": "Say nothing.",
        "parameters": {"type": "object", "properties": {}},
    }
    assert toolbox.tools == {"nothing": ServerTool("nothing", definition, "client", hidden=False)}


def test_effects_have_names_of_their_own() -> None:
    """A call's is told from a judgement's, whose own it is."""
    toolbox = Toolbox({})
    assert toolbox.call(ToolCall("call_7", "x", ""), CONTEXT).id == "tool_call_7"
    assert toolbox.judge(Judgement("judge_7", "user_text", ""), CONTEXT).id == "judge_7"


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("failing", '{"error":"the tool failed"}'),
        ("late", '{"error":"the tool failed"}'),
        ("giving_up", '{"error":"the tool failed"}'),
        ("unwritable", '{"error":"the tool failed"}'),
        ("waiting", '{"error":"the tool took too long"}'),
        ("missing", '{"error":"there is no tool of this name"}'),
    ],
)
async def test_failure_is_a_text_for_the_model(opened: Opened, name: str, output: str) -> None:
    """In our words, and without internals."""
    names = ("failing", "late", "giving_up", "unwritable", "waiting")
    toolbox = await opened(python(*names, timeout=0.2 if name == "waiting" else 20))
    assert await call(toolbox, name) == output


async def test_log_tells_of_failures_without_words_of_theirs(opened: Opened, service: Service) -> None:
    """The type of an exception and its place, or our own words; no name of a tool and nothing that was said."""
    service.answer("/x", status=500, text=CANARY)
    http = HttpToolConfig(url=f"{service.base}/x", description="It.")
    judges = JudgesConfig(user_text=(JudgeConfig(python="tests.effects.given:raising"),))
    toolbox = await opened({**python("failing"), "it": http}, hosts=[service.host], judges=judges)
    with structlog.testing.capture_logs() as lines:
        await call(toolbox, "failing")
        await toolbox.call(ToolCall("c2", "it", "{}"), CONTEXT).run()
        await judge(toolbox, CANARY)
    assert [(each["event"], each.get("error"), each.get("why")) for each in lines] == [
        ("tool failed", "RuntimeError", None),
        ("tool call failed", None, "the tool answered with HTTP 500"),
        ("judge failed", "RuntimeError", None),
    ]
    assert all(each["session"] == "s1" for each in lines)
    assert CANARY not in repr(lines)
    assert "failing" not in repr(lines)


async def cancelled(effect: Effect, watch: given.Watch) -> None:
    """Cancel this work once it has begun, and see it end."""
    task = asyncio.ensure_future(effect.run())
    async with asyncio.timeout(PATIENCE):
        await watch.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await watch.ended.wait()


async def test_cancelled_call_cancels_the_function(opened: Opened) -> None:
    """A cancellation is no failure, and no text comes of it."""
    toolbox = await opened(python("watched", timeout=PATIENCE))
    watch = given.watches["a call"] = given.Watch()
    await cancelled(toolbox.call(ToolCall("c1", "watched", '{"name":"a call"}'), CONTEXT), watch)


async def test_cancelled_judgement_cancels_the_judges(opened: Opened) -> None:
    """Nobody waits for a verdict that nobody wants."""
    judges = JudgesConfig(user_text=(JudgeConfig(python="tests.effects.given:watching"),), timeout=PATIENCE)
    toolbox = await opened(judges=judges)
    watch = given.watches["a text"] = given.Watch()
    await cancelled(toolbox.judge(Judgement("judge_1", "user_text", "a text"), CONTEXT), watch)


async def test_calls_at_once_are_bounded(opened: Opened, service: Service) -> None:
    """One more than there is room for waits until another has ended; its waiting counts as its time."""
    service.wait("/slow")
    slow = HttpToolConfig(url=f"{service.base}/slow", description="It.", timeout=PATIENCE)
    tools = {"slow": slow, **python("nothing", timeout=0.1)}
    toolbox = await opened(tools, hosts=[service.host], at_once=1)
    first = asyncio.create_task(call(toolbox, "slow"))
    async with asyncio.timeout(PATIENCE):
        await service.arrived.get()
        assert await call(toolbox, "nothing") == '{"error":"the tool took too long"}'
        service.go.set()
        assert await first == "late"
    assert await call(toolbox, "nothing") == '{"result":null}'


async def test_judgements_wait_for_no_tool(opened: Opened, service: Service) -> None:
    """A slow tool does not hold up what is to be let through."""
    service.wait("/slow")
    slow = HttpToolConfig(url=f"{service.base}/slow", description="It.", timeout=PATIENCE)
    judges = JudgesConfig(user_text=(JudgeConfig(python="tests.effects.given:polite"),))
    toolbox = await opened({"slow": slow}, hosts=[service.host], judges=judges, at_once=1)
    first = asyncio.create_task(call(toolbox, "slow"))
    async with asyncio.timeout(PATIENCE):
        await service.arrived.get()
        assert await judge(toolbox, "hello")
        service.go.set()
        await first


@pytest.mark.parametrize("name", ["", "a b", "a.b", "ä", "a" * 65, "a\n"])
async def test_name_that_the_service_does_not_take_is_refused(opened: Opened, name: str) -> None:
    """It is refused when the toolbox opens."""
    with pytest.raises(ValueError, match="is no tool's name"):
        await opened({name: PythonToolConfig(python="tests.effects.given:nothing")})


async def test_service_that_is_down_cannot_be_reached(opened: Opened) -> None:
    """The model is told so."""
    down = HttpToolConfig(url="http://127.0.0.1:1/", description="It.")
    assert json.loads(await call(await opened({"it": down}, hosts=["127.0.0.1:1"]), "it")) == {
        "error": "the tool can't be reached"
    }


async def test_closing_twice_is_no_error() -> None:
    """Nor is closing what was never open."""
    toolbox = Toolbox({})
    await toolbox.close()
    await toolbox.open()
    await toolbox.close()
    await toolbox.close()
