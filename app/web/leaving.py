"""A caller may leave before its answer is there: what is done for it then is dropped at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar, cast

from starlette.types import Message

from app.errors import Ended, Ending

__all__ = ["unless_left"]

T = TypeVar("T")


async def unless_left(receive: Callable[[], Awaitable[Message]], work: Coroutine[Any, Any, T]) -> T:
    """Do the work, but drop it at once if the caller leaves. Raises `Ended` then.

    Of one who has said all that there is to say, the next message received is that it left. The work is done in
    the caller's own task, and by its cancellation it is dropped, as `asyncio.timeout` does it.
    """
    task = cast("asyncio.Task[object]", asyncio.current_task())
    left = over = False

    def drop(watch: "asyncio.Future[Message]") -> None:
        nonlocal left
        if not over:
            left = True
            task.cancel()
        if not watch.cancelled():
            watch.exception()  # of which nobody need be told: a connection that fails is gone

    leaving = asyncio.ensure_future(receive())
    leaving.add_done_callback(drop)
    try:
        return await work
    finally:
        over = True
        leaving.cancel()
        if left and not task.uncancel():  # else somebody else has cancelled it, too
            raise Ended(Ending.CLIENT_LEFT, detail="while the upstream was dialled") from None
