"""A session's seat at a toolbox: what it asks for waits behind its own, and takes the room of no other session.

Whatever comes of it is noted by kind and outcome, never by content.
"""

import asyncio
from collections.abc import Callable

from app.effects.calling import ToolContext
from app.effects.toolbox import Carried, Toolbox
from app.policy.judging import Judgement, Verdict
from app.policy.tools import ToolCall

__all__ = ["Seat"]

AT_ONCE = 8
"""Calls of one session under way at a time, and as many judgements. To wait here costs none of their own time."""

Note = Callable[[str, str], None]
"""Is told what was carried out (`tool`, or a kind of text), and whether it is done, failed, allowed or blocked."""


class Seat:
    """Makes the effects of one session."""

    def __init__(self, toolbox: Toolbox, context: ToolContext, note: Note) -> None:
        self._toolbox = toolbox
        self._context = context
        self._note = note
        self._room_for_calls = asyncio.Semaphore(AT_ONCE)
        self._room_for_judgements = asyncio.Semaphore(AT_ONCE)

    def call(self, call: ToolCall) -> Carried:
        """Make the effect of a tool call; its result is a text for the model, or `Failed`."""
        carried = self._toolbox.call(call, self._context)

        async def work() -> object:
            async with self._room_for_calls:
                result = await carried.run()
            self._note("tool", "done" if isinstance(result, str) else "failed")
            return result

        return Carried(carried.id, work)

    def judge(self, judgement: Judgement) -> Carried:
        """Make the effect of a judgement; its result is a `Verdict`."""
        carried = self._toolbox.judge(judgement, self._context)

        async def work() -> object:
            async with self._room_for_judgements:
                verdict = await carried.run()
            allowed = isinstance(verdict, Verdict) and verdict.allowed
            self._note(judgement.kind, "allowed" if allowed else "blocked")
            return verdict

        return Carried(carried.id, work)
