"""A caller who leaves before its answer is there."""

import asyncio
from typing import Any

import pytest

from app.errors import Ended, Ending
from app.web.leaving import unless_left
from tests.harness import PATIENCE

GONE = {"type": "websocket.disconnect"}


class Caller:
    """One who can be waited for; the work for it ends when it is told to, or is dropped."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        self.begun, self.dropped = asyncio.Event(), asyncio.Event()
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def receive(self) -> Any:
        """Return its next message, or fail as it is told."""
        message = await self.messages.get()
        if isinstance(message, Exception):
            raise message
        return message

    async def work(self) -> str:
        """Do what takes until the answer is there."""
        self.begun.set()
        try:
            return await self.answer
        except asyncio.CancelledError:
            self.dropped.set()
            raise

    def served(self) -> "asyncio.Task[str]":
        """Serve it."""
        return asyncio.ensure_future(unless_left(self.receive, self.work()))


async def ending_of(serving: "asyncio.Task[str]") -> Ending:
    """Return how it ended."""
    with pytest.raises(Ended) as caught:
        async with asyncio.timeout(PATIENCE):
            await serving
    return caught.value.ending


@pytest.mark.parametrize("message", [GONE, RuntimeError("the connection broke")])
async def test_who_leaves_is_worked_for_no_more(message: Any) -> None:
    """The work is dropped, and it is told that the caller left; also where its connection fails."""
    caller = Caller()
    serving = caller.served()
    await caller.begun.wait()
    caller.messages.put_nowait(message)
    assert await ending_of(serving) is Ending.CLIENT_LEFT
    assert caller.dropped.is_set()
    assert serving.cancelling() == 0


async def test_who_stays_gets_its_answer_and_is_heard_afterwards() -> None:
    """Nobody listens any more when the answer is there: the next message is for whoever asks next."""
    caller = Caller()
    serving = caller.served()
    await caller.begun.wait()
    caller.answer.set_result("answer")
    assert await serving == "answer"
    caller.messages.put_nowait("next")
    assert await caller.receive() == "next"


async def test_what_goes_wrong_with_the_work_is_told_as_it_is() -> None:
    """It is not taken for a leaving."""
    caller = Caller()
    serving = caller.served()
    caller.answer.set_exception(Ended(Ending.UPSTREAM_FAILED))
    assert await ending_of(serving) is Ending.UPSTREAM_FAILED


async def test_an_answer_stands_when_its_caller_leaves_in_the_same_moment() -> None:
    """Who then speaks to it learns that it is gone; nothing is cancelled behind its back."""
    caller = Caller()
    serving = caller.served()
    await caller.begun.wait()
    caller.answer.set_result("answer")
    caller.messages.put_nowait(GONE)
    assert await serving == "answer"
    assert serving.cancelling() == 0


async def test_a_cancellation_from_outside_is_one() -> None:
    """Also beside a leaving, for which it must not be taken."""
    caller = Caller()
    serving = caller.served()
    await caller.begun.wait()
    caller.messages.put_nowait(GONE)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert caller.dropped.is_set()
