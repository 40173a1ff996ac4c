"""No text has two readings: what the upstream parses is what the policy saw, whatever a client writes."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection, serve

from app.errors import Refused
from app.protocol.catalogue import GA
from app.protocol.frame import from_client
from tests.harness import CREATED, PATIENCE, ScriptedUpstream, configured, serving, towards, write

LAST = '{"type":"response.cancel","response_id":"the last"}'

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(["\u2028", "\x00", "é", "😀", "</script>"]),
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
types = st.sampled_from([*GA.client, "no.such.event"])
keys = st.sampled_from(["type", "session", "event_id", "audio", "response", "x"])


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """Write an event with equal keys, odd escapes and odd spaces, such as two parsers may read differently."""
    pairs = [("type", draw(types)), *draw(st.lists(st.tuples(keys, values | types), max_size=5))]
    order = draw(st.permutations(pairs))
    space = draw(st.sampled_from(["", " ", "\n\t"]))
    members = [
        f"{space}{escaped(draw, key)}{space}:{json.dumps(value, ensure_ascii=draw(st.booleans()))}"
        for key, value in order
    ]
    return "{" + ",".join(members) + "}" + space


def escaped(draw: st.DrawFn, key: str) -> str:
    """Spell a key as it is, or with one of its letters as an escape."""
    place = draw(st.integers(0, len(key) - 1))
    odd = f"\\u{ord(key[place]):04x}" if draw(st.booleans()) else key[place]
    return f'"{key[:place]}{odd}{key[place + 1 :]}"'


appends = st.builds(
    '{{"type":"input_audio_buffer.append","audio":"{}"}}'.format,
    st.text(alphabet='AZaz09+/="\\,:{}é\n', max_size=12),
)
texts = spellings() | appends | st.text()


def strictly(text: str) -> Any:
    """Parse as the strictest reader would: no equal keys, no NaN, no infinity."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), "equal keys"
        return dict(pairs)

    def never(constant: str) -> Any:
        raise AssertionError(constant)

    return json.loads(text, object_pairs_hook=unique, parse_constant=never)


def seen_by_policy(text: str) -> list[Any]:
    """Return the event that the filters are asked about, and that none refuses: one or none."""
    try:
        frame = from_client(text.encode())
    except Refused:
        return []
    return [frame.event] if frame.type in GA.client else []


def without_model(event: Any) -> Any:
    """Return the event as the policy changes it: a client's `session.model` goes nowhere."""
    if event["type"] != "session.update" or not isinstance(event.get("session"), dict):
        return event
    return {**event, "session": {key: value for key, value in event["session"].items() if key != "model"}}


class Line:
    """A client, a relay, and an upstream that keeps what it hears."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[str] = asyncio.Queue()
        self._stack = AsyncExitStack()
        self._client: ClientConnection

    async def open(self) -> None:
        """Connect all three."""
        upstream = ScriptedUpstream(self._listen)
        upstream.server = await self._stack.enter_async_context(serve(upstream.handle, "127.0.0.1", 0))
        relay = await self._stack.enter_async_context(serving(configured(**towards(upstream))))
        self._client = await self._stack.enter_async_context(relay.connect())
        self._reading = asyncio.create_task(self._read_all())

    async def close(self) -> None:
        """Take it all down."""
        await self._stack.aclose()
        await self._reading

    async def _listen(self, connection: ServerConnection) -> None:
        await write(connection, CREATED)
        async for message in connection:
            assert isinstance(message, str)
            self._heard.put_nowait(message)

    async def _read_all(self) -> None:
        async for _ in self._client:
            pass

    async def exchange(self, batch: list[str]) -> list[Any]:
        """Send texts, and return the events that arrive, in order."""
        for text in batch:
            await self._client.send(text)
        await self._client.send(LAST)
        events: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while (message := await self._heard.get()) != LAST:
                events.append(strictly(message))
        return events


def test_the_upstream_reads_what_the_policy_saw() -> None:
    """Over real sockets, for many texts: event for event, value for value, type for type."""
    line = Line()

    @given(st.lists(texts, max_size=8))
    def holds(batch: list[str]) -> None:
        sendable = [text.encode("utf-8", "ignore").decode() for text in batch]
        expected = [without_model(event) for text in sendable for event in seen_by_policy(text)]
        # repr tells 1 from 1.0 and from True.
        assert [repr(event) for event in runner.run(line.exchange(sendable))] == [
            repr(event) for event in expected
        ]

    with asyncio.Runner() as runner:
        runner.run(line.open())
        try:
            holds()
        finally:
            runner.run(line.close())
