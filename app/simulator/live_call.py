"""One call: a session that several hear and speak in, as the browser and the sidebands of a real one do.

The browser's data channel stands on a WebSocket here, since no media flow. What would flow as media is told to
nobody, and with Azure's filter the browser hears of the harmless events alone.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from app.simulator.faults import Faults
from app.simulator.live import Observe, say
from app.simulator.outbox import Close
from app.simulator.session import Session

__all__ = ["FILTERED", "LiveCall"]

MEDIA = "response.output_audio.delta"
"""What a WebSocket carries as an event, and WebRTC as sound."""

FILTERED = frozenset(
    {
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "output_audio_buffer.started",
        "output_audio_buffer.stopped",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.added",
        "conversation.item.created",
        "response.output_text.delta",
        "response.output_text.done",
        "response.output_audio_transcript.delta",
        "response.output_audio_transcript.done",
    }
)
"""All that `webrtcfilter=on` lets through to the browser (Azure's page on WebRTC)."""


class Member:
    """One who takes part in a call; `hears` are the types of events that it gets, None for all."""

    def __init__(self, connection: ServerConnection, faults: Faults, hears: frozenset[str] | None) -> None:
        self._connection = connection
        self._faults = faults
        self._hears = hears
        self._waiting: asyncio.Queue[dict[str, Any] | Close] = asyncio.Queue()
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, said: dict[str, Any] | Close) -> None:
        """Say it, if it is for this one."""
        if isinstance(said, Close) or self._hears is None or said["type"] in self._hears:
            self._waiting.put_nowait(said)

    async def write(self) -> None:
        """Say what is to be said, for ever."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await say(self._connection, await self._waiting.get(), self._faults, self._gone)


class LiveCall:
    """A call, from the answer to its offer until it is hung up, expires, or its browser leaves.

    `filtered`: the browser hears of the harmless events alone. `forget` is called when it has ended.
    """

    def __init__(
        self, session: Session, *, filtered: bool, observe: Observe | None, forget: Callable[[], object]
    ) -> None:
        self.session = session
        self.ended = asyncio.Event()
        self._observe = observe
        self._forget = forget
        self._browser_hears = FILTERED if filtered else None
        self._members: set[Member] = set()
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._ticking = asyncio.create_task(self._tick())

    def end(self) -> None:
        """Hang up."""
        if not self.ended.is_set():
            self._spread([Close(1000, "")])

    async def closed(self) -> None:
        """Wait for the end of what runs by itself."""
        await self._ticking

    async def join(self, connection: ServerConnection, faults: Faults, *, browser: bool) -> None:
        """Take part, until either side ends it; a browser that leaves ends the call."""
        member = Member(connection, faults, self._browser_hears if browser else None)
        for said in self.session.begin():
            member.tell(said)
        self._members.add(member)
        async with asyncio.TaskGroup() as tasks:
            writer = tasks.create_task(member.write())
            await self._hear(connection, writer)
        self._members.discard(member)
        if browser:
            self.end()

    async def _hear(self, connection: ServerConnection, writer: asyncio.Task[None]) -> None:
        """Take what comes, until the connection ends; then there is nobody to write to."""
        try:
            async for message in connection:
                data = message.encode() if isinstance(message, str) else message
                if self._observe is not None:
                    self._observe(self.session.id, data)
                self._spread(self.session.receive(data, self._loop.time()))
                self._woken.set()
        except ConnectionClosed:
            pass
        finally:
            writer.cancel()

    def _spread(self, everything: list[dict[str, Any] | Close]) -> None:
        for said in everything:
            if isinstance(said, Close):
                self.ended.set()
                self._woken.set()
            if isinstance(said, Close) or said["type"] != MEDIA:
                for member in self._members:
                    member.tell(said)

    async def _tick(self) -> None:
        while not self.ended.is_set():
            timer = self._loop.call_at(self.session.wake_at or 0, self._woken.set)
            await self._woken.wait()
            self._woken.clear()
            timer.cancel()
            self._spread(self.session.tick(self._loop.time()))
        self._forget()
