"""What one audio frame costs in the relay's own code, counted and not timed: the same on every machine.

A real `Session` between two lanes, as under `serve`; in the place of the kernel's sockets are transports that only
count. What is counted are calls of the relay's functions, and of C functions by them.
"""
# ruff: noqa: T201 - a command prints

import asyncio
import sys
import timeit
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any, Self

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.protocol import Protocol as WebSocket
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

import app
from app.lane import Lane
from app.policy import Profile, Scene, make_chain, make_fields
from app.policy.actions import Effect
from app.policy.session_news import News
from app.policy.teller import Teller
from app.profiles import Profiles
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.session import Session, SessionConfig
from app.telemetry import Telemetry
from app.wire import Closed
from bench.traffic import append, spoken

__all__ = ["Calls", "Passing", "passing"]

FRAMES = 256
"""A multiple of the sample in which frames are timed, so that each of them has its share of that."""

WARM = 64
CREATED = b'{"type":"session.created","session":{"type":"realtime"}}'
OWN = str(Path(app.__file__).parent)


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
        if not code.co_filename.startswith(OWN):
            return
        if event == "call":
            self.python[code.co_qualname] += 1
        elif event == "c_call":
            self.native[argument.__qualname__] += 1

    def per_frame(self) -> tuple[float, float]:
        """Return Python's and C's calls for each frame."""
        return self.python.total() / FRAMES, self.native.total() / FRAMES


class End:
    """A socket with a lane, on nothing."""

    def __init__(self, websocket: WebSocket) -> None:
        websocket.state = OPEN
        self.lane: Lane = Lane(websocket, self, self._library)
        self.lane.feed(b"GET / HTTP/1.1\r\n\r\n")
        self.written = 0
        self._ended = asyncio.Event()

    def _library(self, data: bytes) -> None:
        """Take what the lane does not."""

    def write(self, data: bytes) -> None:
        """Count what a transport would send."""
        self.written += len(data)

    async def recv(self) -> bytes:
        """Wait for the end."""
        await self._ended.wait()
        raise Closed

    async def send(self, data: bytes) -> None:
        """Count it likewise."""
        self.write(data)

    async def close(self, code: int, reason: str) -> None:  # noqa: ARG002 - a socket's arguments
        """End the session's recv."""
        self._ended.set()

    def abort(self) -> None:
        """Likewise."""
        self._ended.set()


@dataclass(frozen=True, slots=True)
class Passing:
    """A session under way, and one audio frame of its: `pass_on` passes it on."""

    source: End
    sink: End
    frame: bytes

    def pass_on(self) -> None:
        """Read the frame at its source."""
        self.source.lane.feed(self.frame)

    def counted(self) -> Calls:
        """Count the calls of many, which all are passed on at once."""
        for _ in range(WARM):
            self.pass_on()
        before = self.sink.written
        with Calls() as calls:
            for _ in range(FRAMES):
                self.pass_on()
        if self.sink.written - before < FRAMES * (len(self.frame) - 4):  # but for a masking key
            raise RuntimeError("the frames did not take the shortcut")
        return calls

    def timed(self) -> float:
        """Time them, in seconds a frame."""
        return min(timeit.repeat(self.pass_on, number=FRAMES, repeat=20)) / FRAMES


async def passing(profile: str, way: str) -> Passing:
    """Begin a session under a built-in profile; a loop of its own ends it."""
    telemetry, teller = Telemetry(), Teller("bench")
    rules = _unhurried(Profiles.load(None)[profile].profile)
    fields = make_fields(rules, {}, preview_upstream=False, transcription=False)
    news = News(1e9, None, 0.0, refresh=_nobody, drain=_nothing, limits={})
    scene = Scene("bench", None, telemetry, news, teller, 0.0, {}, call=_nobody, judge=_nobody)
    relay = Relay(make_chain(rules, fields, scene), Translation(Spoken("ga", "ga")), telemetry, teller)
    client, upstream = End(ServerProtocol()), End(ClientProtocol(parse_uri("ws://bench")))
    session = Session("bench", (client, upstream), relay, SessionConfig(), telemetry)
    asyncio.get_running_loop().create_task(session.run(CREATED), name="bench")
    while not (client.lane.is_open and upstream.lane.is_open):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)
    if way == "up":
        return Passing(client, upstream, _text(append(), mask=True))
    return Passing(upstream, client, _text(spoken("ga"), mask=False))


def _unhurried(rules: Profile) -> Profile:
    """Return a profile whose rates are never reached: who is too fast is not read."""
    if not rules.limits.any:
        return rules
    return replace(rules, limits=rules.limits.model_copy(update={"events_per_second": 1e9, "audio_rate": 1e9}))


def _text(data: bytes, *, mask: bool) -> bytes:
    return Frame(Opcode.TEXT, data).serialize(mask=mask)


def _nobody(_: object) -> Effect:
    raise RuntimeError


def _nothing() -> Effect:
    raise RuntimeError


async def _measured(profile: str, way: str) -> tuple[Calls, float]:
    under_way = await passing(profile, way)
    return under_way.counted(), under_way.timed()


def main() -> None:
    """Print the counts, a time, and who is called how often."""
    print("| profile | way | Python calls a frame | C calls a frame | µs a frame |")
    print("| --- | --- | ---: | ---: | ---: |")
    for profile in ("open", "locked"):
        for way in ("up", "down"):
            calls, seconds = asyncio.run(_measured(profile, way))
            python, native = calls.per_frame()
            print(f"| {profile} | {way} | {python:.2f} | {native:.2f} | {seconds * 1e6:.1f} |")
            for name, count in (calls.python + calls.native).most_common(60):
                print(f"    {count / FRAMES:6.2f} {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
