"""What one audio frame costs in the relay's own code, counted and not timed: the same on every machine.

A real `Session` between memory sockets. What is counted are calls of the relay's functions, and of C functions by
them; what the sockets and the event loop do is not, for it differs between versions of Python.
"""
# ruff: noqa: T201 - a command prints

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any, Self

import app.wire
from app.policy.chain import Chain
from app.policy.gate import Gate, GateRules
from app.policy.model_name import ModelName
from app.policy.teller import Teller
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.session import Session, SessionConfig
from app.telemetry import Telemetry
from app.wire import MemorySocket
from bench.traffic import append, spoken

__all__ = ["Calls", "calls_per_frame"]

FRAMES = 256
"""A multiple of the sample in which frames are timed, so that each of them has its share of that."""

WARM = 64
CREATED = b'{"type":"session.created"}'

Pass = Callable[[int], Awaitable[None]]


OWN = str(Path(app.__file__).parent)
SOCKETS = app.wire.__file__
"""The memory socket lives there: it is none of what a session costs."""


class Calls:
    """Counts calls while it is entered, by name: those of functions in `app`, and those that these make to C."""

    def __init__(self) -> None:
        self.python: Counter[str] = Counter()
        self.native: Counter[str] = Counter()

    def __enter__(self) -> Self:
        sys.setprofile(self._see)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _see(self, frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(OWN) or code.co_filename == SOCKETS:
            return
        if event == "call":
            self.python[code.co_qualname] += 1
        elif event == "c_call":
            self.native[argument.__qualname__] += 1

    def per_frame(self) -> tuple[float, float]:
        """Return Python's and C's calls for each frame."""
        return self.python.total() / FRAMES, self.native.total() / FRAMES


def relay(telemetry: Telemetry) -> Relay:
    """Make a relay with the filters that every frame passes."""
    chain = Chain([Gate(GateRules(), telemetry), ModelName(None, None)])
    return Relay(chain, Translation(Spoken()), telemetry, Teller("bench"))


async def calls_per_frame(way: str) -> Calls:
    """Count the calls of audio frames through a session, up or down."""
    telemetry = Telemetry()
    near_client, client = MemorySocket.pair(1)
    near_upstream, upstream = MemorySocket.pair(1)
    session = Session("bench", (near_client, near_upstream), relay(telemetry), SessionConfig(), telemetry)
    running = asyncio.create_task(session.run(CREATED))
    await client.recv()
    try:
        if way == "up":
            return await _counted(_passing(client, upstream, append()))
        return await _counted(_passing(upstream, client, spoken("ga")))
    finally:
        await client.close(1000, "")
        await running


def _passing(source: MemorySocket, sink: MemorySocket, text: bytes) -> Pass:
    async def passing(count: int) -> None:
        for _ in range(count):
            await source.send(text)
            await sink.recv()

    return passing


async def _counted(passing: Pass) -> Calls:
    await passing(WARM)
    with Calls() as calls:
        await passing(FRAMES)
    return calls


def main() -> None:
    """Print the counts, and who is called how often."""
    print("| way | Python calls a frame | C calls a frame |\n| --- | ---: | ---: |")
    for way in ("up", "down"):
        calls = asyncio.run(calls_per_frame(way))
        python, native = calls.per_frame()
        print(f"| {way} | {python:.2f} | {native:.2f} |")
        for name, count in (calls.python + calls.native).most_common(60):
            print(f"    {count / FRAMES:6.2f} {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
