"""The browser's end of a call, as far as the relay has it: nothing comes by it, and its close is the hang-up.

What the sideband tells goes to nobody, for the browser hears it from the service itself.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.errors import Ended
from app.telemetry import log_fault
from app.wire import Closed

__all__ = ["CallLeg"]

log = structlog.get_logger()


class CallLeg:
    """The `Socket` of a session's client that speaks WebRTC with the service; `hang_up` ends the call there."""

    lane = None

    def __init__(self, hang_up: Callable[[], Awaitable[None]], call_id: str) -> None:
        self._hang_up = hang_up
        self._call_id = call_id
        self._left = asyncio.Event()
        self._hanging_up: asyncio.Task[None] | None = None

    def leave(self) -> None:
        """Have the client leave: its user has asked for that."""
        self._left.set()

    async def recv(self) -> bytes:
        """Wait for the client to leave; raises `Closed` then, and returns nothing ever."""
        await self._left.wait()
        raise Closed(1000)

    async def send(self, data: bytes) -> None:
        """Drop it."""

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002 - a call ends without words
        """End the call, once, and wait for that; whoever waits no longer does not keep it from being done."""
        if self._hanging_up is None:
            self._hanging_up = asyncio.create_task(self._end())
        await asyncio.shield(self._hanging_up)

    async def _end(self) -> None:
        try:
            await self._hang_up()
        except Ended as ended:
            log.warning("call not hung up", call=self._call_id, code=ended.code, detail=ended.detail)
        except Exception as error:  # noqa: BLE001 - nobody waits for it who could do better
            log_fault(error, "call not hung up", call=self._call_id)

    def abort(self) -> None:
        """Leave it to whoever holds the call to close it: there is no connection to drop."""
