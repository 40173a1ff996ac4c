"""Tests of app.effects.seat: one session's place at a toolbox."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from app.effects import JudgeConfig, JudgesConfig, PythonToolConfig, Seat, Toolbox
from app.effects.seat import AT_ONCE
from app.policy.judging import Judgement, Verdict
from app.policy.tools import Failed, ToolCall
from tests.effects.given import Watch, watches
from tests.effects.service import CONTEXT, PATIENCE

Opened = Callable[..., Awaitable[Toolbox]]


def tools(*names: str) -> dict[str, PythonToolConfig]:
    """Return tools that the tests know by these names."""
    return {name: PythonToolConfig(python=f"tests.effects.given:{name}", timeout=PATIENCE) for name in names}


async def test_what_came_of_it_is_noted(opened: Opened) -> None:
    """By kind and outcome; the result itself is the session's."""
    noted: Counter[tuple[str, str]] = Counter()
    judges = JudgesConfig(user_text=(JudgeConfig(python="tests.effects.given:refusing"),))
    toolbox = await opened(tools("nothing", "failing"), judges=judges)
    seat = Seat(toolbox, CONTEXT, lambda *words: noted.update([words]))
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await seat.call(ToolCall("c1", "nothing", "{}")).run(), str)
        assert isinstance(await seat.call(ToolCall("c2", "failing", "{}")).run(), Failed)
        assert await seat.judge(Judgement("judge_1", "user_text", "a text")).run() == Verdict(allowed=False)
        assert await seat.judge(Judgement("judge_2", "model_output", "a text")).run() == Verdict(allowed=True)
    assert noted == {
        ("tool", "done"): 1,
        ("tool", "failed"): 1,
        ("user_text", "blocked"): 1,
        ("model_output", "allowed"): 1,
    }


async def test_a_session_waits_behind_itself_alone(opened: Opened) -> None:
    """One that has its fill of calls under way makes no other session wait."""
    toolbox = await opened(tools("watched", "nothing"))
    greedy, modest = (Seat(toolbox, CONTEXT, lambda *_: None) for _ in range(2))
    running = []
    for number in range(AT_ONCE):
        watch = watches[f"greedy {number}"] = Watch()
        call = ToolCall(f"c{number}", "watched", f'{{"name":"greedy {number}"}}')
        running.append(asyncio.ensure_future(greedy.call(call).run()))
        async with asyncio.timeout(PATIENCE):
            await watch.begun.wait()
    waiting = asyncio.ensure_future(greedy.call(ToolCall("c9", "nothing", "{}")).run())
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await modest.call(ToolCall("c1", "nothing", "{}")).run(), str)
    assert not waiting.done()
    running[0].cancel()
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await waiting, str)
    for each in running:
        each.cancel()
    await asyncio.gather(*running, return_exceptions=True)
