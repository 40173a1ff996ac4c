"""Tests of app.session.conversation: the two pumps, and what filters may ask of them."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame
from app.wire import MemorySocket

if TYPE_CHECKING:
    from tests.session.conftest import Converse, Seen

AT_ONCE = 0.02
"""Seconds after which what waits is said to wait; nothing that is expected to happen has to happen within them."""

SOON = 0.02
"""Seconds that a test may well wait for an alarm."""


def numbered(kind: str, count: int) -> list[dict[str, Any]]:
    """Return so many events, each with a type of its own."""
    return [{"type": f"{kind}{number}"} for number in range(1, count + 1)]


async def test_the_first_event_opens_the_conversation(converse: "Converse") -> None:
    """The client hears the `session.created` that the session was begun with, before all else."""
    talk = converse()
    await talk.upstream.says({"type": "session.updated"})
    assert await talk.client.hears_all(2) == ["session.created", "session.updated"]


async def test_events_pass_both_ways_in_order(converse: "Converse") -> None:
    """What one side says the other hears; each message is counted once."""
    talk = converse()
    await talk.client.says(*numbered("up", 3))
    await talk.upstream.says(*numbered("down", 3))
    assert await talk.upstream.hears_all(3) == ["up1", "up2", "up3"]
    assert await talk.client.hears_all(4) == ["session.created", "down1", "down2", "down3"]
    assert [(each.frames, each.bytes) for each in talk.session.relay.heard] == [(3, 45), (4, 77)]


async def test_a_sample_of_the_frames_is_timed(converse: "Converse", tap: "Seen") -> None:
    """The first of each side, and every 64th after it."""
    talk = converse()
    await talk.client.says(*numbered("up", 130))
    await talk.upstream.hears_all(130)
    await talk.client.leaves()
    await talk.ended()
    assert sorted(side for side, _ in tap.delays) == ["client"] * 3 + ["upstream"]
    assert all(seconds >= 0 for _, seconds in tap.delays)


@pytest.mark.parametrize("towards_upstream", [True, False])
async def test_a_reader_that_does_not_read_stops_the_writer(
    converse: "Converse", tap: "Seen", *, towards_upstream: bool
) -> None:
    """With room for one message at each place the writer's fourth finds none; nothing is lost or held between."""
    talk = converse(client_buffer=1, upstream_buffer=1)
    assert await talk.client.hears_all(1) == ["session.created"]
    writer, reader = (talk.client, talk.upstream) if towards_upstream else (talk.upstream, talk.client)
    await writer.says(*numbered("", 3))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(AT_ONCE):
            await writer.socket.send(b'{"type":"too much"}')
    assert tap.messages == 3  # session.created, the one on its way, and the one that waits to be sent
    assert await reader.hears_all(3) == ["1", "2", "3"]
    await writer.says({"type": "4"})
    assert await reader.hears_all(1) == ["4"]


class Thrice(Filter):
    """Tells the client and the upstream each thing three times."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Tell both."""
        self._tell(frame, out)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Tell both."""
        self._tell(frame, out)

    def _tell(self, frame: Frame, out: Outbox) -> None:
        for _ in range(3):
            out.to_client(frame)
            out.to_upstream(frame)


async def test_the_actions_of_two_answers_do_not_mix(converse: "Converse") -> None:
    """Both pumps write three messages a time to both sockets, with room for one: each three stay together."""
    talk = converse(Thrice(), client_buffer=1, upstream_buffer=1)
    said = asyncio.gather(talk.client.says(*numbered("up", 5)), talk.upstream.says(*numbered("down", 5)))
    heard = await asyncio.gather(talk.client.hears_all(33), talk.upstream.hears_all(33))
    await said
    for types in heard:
        assert [types[place : place + 3] for place in range(0, 33, 3)] == [[kind] * 3 for kind in types[::3]]
        assert sorted(types[3::3]) == sorted(f"{way}{number}" for way in ("up", "down") for number in range(1, 6))


async def test_a_single_action_does_not_slip_into_a_list(converse: "Converse") -> None:
    """One event of the upstream's waits until the three of an answer are through."""

    class Answers(Thrice):
        def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
            out.to_client(frame)

    talk = converse(Answers(), client_buffer=1)
    said = asyncio.gather(talk.client.says(*numbered("up", 5)), talk.upstream.says(*numbered("down", 5)))
    types = await talk.client.hears_all(21)
    await said
    for number in range(1, 6):
        assert types[types.index(f"up{number}") :][:3] == [f"up{number}"] * 3


BINARY = b"\x00binary"


class Fussy(MemorySocket):
    """A socket that tells a message which is no text from one that is."""

    async def recv(self) -> bytes:
        """Return a text, or refuse."""
        data = await super().recv()
        if data == BINARY:
            raise Refused("invalid_event", "Binary messages are not taken.")
        return data


BAD = [
    (b"{", "invalid_json", None),
    (b'{"event_id":"e1"}', "invalid_event", "e1"),
    (b'{"type":"a","x":1e999}', "invalid_json", None),
    (BINARY, "invalid_event", None),
]


@pytest.mark.parametrize(("data", "code", "event_id"), BAD)
async def test_a_refused_message_is_answered_and_the_session_lives(
    converse: "Converse", tap: "Seen", data: bytes, code: str, event_id: str | None
) -> None:
    """The client hears an `error` with an `event_id` of the session's, the upstream nothing, and both go on."""
    talk = converse(socket=Fussy)
    await talk.client.says(data, {"type": "up"}, data)
    assert await talk.upstream.hears_all(1) == ["up"]
    assert await talk.client.hears_all(1) == ["session.created"]
    for number in (1, 2):
        error = await talk.client.hears()
        assert (error["type"], error["event_id"]) == ("error", f"event_relay_s1_{number}")
        assert (error["error"]["code"], error["error"]["event_id"]) == (code, event_id)
    assert tap.refusals == [code, code]


class Pauses(Filter):
    """Wants quiet from the client after each of its frames, and remembers when it was asked."""

    def __init__(self) -> None:
        self.asked_at: list[float] = []

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Pause."""
        self.asked_at.append(now)
        super().from_client(frame, now, out)
        out.pause("client", now + SOON)


async def test_a_pause_holds_one_side_only(converse: "Converse") -> None:
    """The client's second frame waits until the time is over; the upstream's pass meanwhile."""
    pauses = Pauses()
    talk = converse(pauses)
    await talk.client.says(*numbered("up", 2))
    await talk.upstream.hears_all(1)
    await talk.upstream.says({"type": "down"})
    assert await talk.client.hears_all(2) == ["session.created", "down"]
    assert await talk.upstream.hears_all(1) == ["up2"]
    first, second = pauses.asked_at
    assert second >= first + SOON


async def test_the_upstream_can_be_paused_too(converse: "Converse") -> None:
    """A pause says which side it means."""
    asked_at: list[float] = []

    class Quiet(Filter):
        def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
            asked_at.append(now)
            super().from_upstream(frame, now, out)
            out.pause("upstream", now + SOON)

    talk = converse(Quiet())
    await talk.upstream.says({"type": "down"})
    assert await talk.client.hears_all(2) == ["session.created", "down"]
    assert asked_at[1] >= asked_at[0] + SOON
