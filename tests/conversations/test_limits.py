"""Limits over real sockets: who uses up a total is told before and at the end; who is too fast is held back."""

import asyncio
import contextlib

import pytest
from websockets.exceptions import ConnectionClosed

from tests.conversations.conftest import ServePair
from tests.conversations.service import Event, Service, message, response, until_type
from tests.conversations.sounds import silence
from tests.conversations.test_backpressure import FLOOD, FRAME, Flood, small
from tests.harness import PATIENCE, closing, read, write

LIMITED = """
[profiles.limited]
base = "open"
[profiles.limited.limits]
{limits}
"""

CREATE = {"type": "response.create"}
SECOND = {"type": "input_audio_buffer.append", "event_id": "mine", "audio": silence() * 10}
"""A second of audio: pieces that need no padding."""

ONE_IN_A_HUNDRED_SECONDS = "audio_rate = 0.01\naudio_burst = 0.01\n"
"""Whoever sends more waits for as long as the relay lets anybody wait."""


DONE, CLEARED = "response.done", "input_audio_buffer.cleared"


async def answer_all(service: Service) -> None:
    """Answer whenever asked, for ten tokens each, and audio at once."""
    await service.greet()
    for number in range(100):
        asked = (await service.read())["type"] == "response.create"
        answer = response(f"resp_{number}", message(f"item_{number}", "Yes.")) if asked else [{"type": CLEARED}]
        await service.say(*answer)


TOTALS: list[tuple[str, int, Event, str]] = [
    # what is limited, to how much, what uses up a fifth of it, and the end of the answer to that
    ("audio_seconds", 5, SECOND, CLEARED),
    ("responses", 5, CREATE, DONE),
    ("tokens", 50, CREATE, DONE),
]


@pytest.mark.parametrize(("about", "limit", "event", "end"), TOTALS, ids=[each[0] for each in TOTALS])
async def test_a_total_is_announced_and_then_ends_the_session(
    serve_pair: ServePair, about: str, limit: int, event: Event, end: str
) -> None:
    """At four fifths by `relay.warning`, to a client that opted in; at the end by 4429 and words."""
    pair = await serve_pair(LIMITED.format(limits=f"{about} = {limit}"))
    pair.play(answer_all)
    seen: list[Event] = []
    async with pair.connect("/v1/realtime?relay=v1") as client:
        for _ in range(5):
            await write(client, event)
            seen += await until_type(client, end)
        with contextlib.suppress(ConnectionClosed):
            await write(client, event)
        code, reason = await closing(client)
    (warning,) = [each for each in seen if each["type"] == "relay.warning"]
    assert (warning["about"], warning["left"]) == (about, limit / 5)
    assert code == 4429
    assert f"has used up its {limit} " in reason


async def test_who_is_too_fast_is_refused_where_the_profile_says_so(serve_pair: ServePair) -> None:
    """With the event's id; what was too much goes nowhere, and the session lives."""
    pair = await serve_pair(LIMITED.format(limits=f'{ONE_IN_A_HUNDRED_SECONDS}too_fast = "refuse"'))
    heard = asyncio.Queue[str]()

    async def script(service: Service) -> None:
        await service.greet()
        while True:
            heard.put_nowait((await service.read())["type"])

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        for event in (SECOND, SECOND, {"type": "input_audio_buffer.clear"}):
            await write(client, event)
        error = (await read(client))["error"]
        async with asyncio.timeout(PATIENCE):
            passed = [await heard.get() for _ in range(2)]
    assert (error["code"], error["event_id"]) == ("audio_too_fast", "mine")
    assert passed == ["input_audio_buffer.append", "input_audio_buffer.clear"]


async def test_who_is_too_fast_is_read_no_faster(serve_ga: ServePair) -> None:
    """The flood comes to rest in the client's own socket; what the service says goes on to be heard."""
    pair = await serve_ga(LIMITED.format(limits=ONE_IN_A_HUNDRED_SECONDS))
    heard: list[str] = []
    stuck = asyncio.Event()

    async def script(service: Service) -> None:
        await service.greet()
        heard.append((await service.read())["type"])
        await stuck.wait()
        await service.say({"type": "input_audio_buffer.cleared"})
        while True:
            heard.append((await service.read())["type"])

    pair.play(script)
    async with pair.connect(sock=small(pair.relay)) as client:
        await read(client)
        flood = Flood(FRAME)
        pushing = asyncio.create_task(flood.run(client))
        async with asyncio.timeout(PATIENCE):
            await flood.stuck.wait()
        assert flood.sent < FLOOD
        stuck.set()
        assert (await read(client))["type"] == "input_audio_buffer.cleared"
        pushing.cancel()
        await asyncio.gather(pushing, return_exceptions=True)
        client.transport.abort()
    assert heard == ["input_audio_buffer.append"]
