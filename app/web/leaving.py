"""A caller may leave before its answer is there: what is done for it then is dropped at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Message

from app.errors import Ended, Ending

__all__ = ["unless_left"]

T = TypeVar("T")


async def unless_left(receive: Callable[[], Awaitable[Message]], work: Coroutine[Any, Any, T]) -> T:
    """Do the work, but drop it at once if the caller leaves. Raises `Ended` then.

    Of one who has said all that there is to say, the next message received is that it left.
    """
    leaving = asyncio.ensure_future(receive())
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait((leaving, working), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Ended(Ending.CLIENT_LEFT, detail="while the upstream was dialled")
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.gather(leaving, working, return_exceptions=True)
