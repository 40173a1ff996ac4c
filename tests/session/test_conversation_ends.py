"""Tests of app.session.conversation: how a session ends, and that nothing is left of it."""

import asyncio
from typing import TYPE_CHECKING

import pytest
import structlog

from app.errors import Ended, Ending
from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame
from app.session import SessionConfig
from app.wire import Closed

if TYPE_CHECKING:
    from tests.session.conftest import Converse, Seen

SOON = 0.02
"""Seconds that a test may well wait for an end."""

HASTY = SessionConfig(send_timeout=SOON, close_timeout=SOON)

EXPIRED = {"type": "error", "error": {"code": "session_expired", "message": "Over."}}


@pytest.mark.parametrize("code", [1000, 1001, 1006, 4000])
async def test_a_client_that_leaves_ends_the_session(converse: "Converse", code: int) -> None:
    """The upstream is closed with 1000, whatever the client's code was."""
    talk = converse()
    await talk.client.leaves(code, "bye")
    assert (await talk.ended()).ending is Ending.CLIENT_LEFT
    assert await talk.upstream.closed() == Closed(1000, "")


UPSTREAM_CLOSES = [
    # the upstream's code, how the session ends, and the code that the client gets
    (1000, Ending.UPSTREAM_DONE, 1000),
    (1001, Ending.UPSTREAM_FAILED, 1011),
    (1006, Ending.UPSTREAM_FAILED, 1011),
    (1008, Ending.UPSTREAM_DONE, 1008),
    (1009, Ending.UPSTREAM_DONE, 1009),
    (1011, Ending.UPSTREAM_FAILED, 1011),
    (1012, Ending.UPSTREAM_UNAVAILABLE, 1013),
    (1013, Ending.UPSTREAM_UNAVAILABLE, 1013),
    (3000, Ending.UPSTREAM_REFUSED, 1011),
    (4000, Ending.UPSTREAM_REFUSED, 1011),
    (4004, Ending.UPSTREAM_REFUSED, 1011),
    (4999, Ending.UPSTREAM_FAILED, 1011),
]


@pytest.mark.parametrize(("code", "ending", "told"), UPSTREAM_CLOSES)
async def test_an_upstream_that_closes_ends_the_session(
    converse: "Converse", code: int, ending: Ending, told: int
) -> None:
    """The client hears all that was said before, then the close: theirs where it is harmless, else one of ours."""
    talk = converse()
    await talk.upstream.says({"type": "last"})
    await talk.upstream.leaves(code, "theirs")
    assert (await talk.ended()).ending is ending
    assert await talk.client.hears_all(2) == ["session.created", "last"]
    reason = "theirs" if ending is Ending.UPSTREAM_DONE else ending.value.message
    assert await talk.client.closed() == Closed(told, reason)


async def test_the_services_own_cap_reaches_the_client(converse: "Converse") -> None:
    """1001 after `session_expired` keeps code and reason, and the event came before it."""
    talk = converse()
    await talk.upstream.says(EXPIRED)
    await talk.upstream.leaves(1001, "Your session hit the maximum duration of 60 minutes.")
    assert (await talk.ended()).ending is Ending.UPSTREAM_DONE
    assert await talk.client.hears_all(2) == ["session.created", "error"]
    assert await talk.client.closed() == Closed(1001, "Your session hit the maximum duration of 60 minutes.")


async def test_an_upstream_that_sends_no_event_has_failed(converse: "Converse") -> None:
    """Both sides are closed, and the client hears nothing of what it sent."""
    talk = converse()
    await talk.upstream.says(b"canary")
    assert (await talk.ended()).ending is Ending.UPSTREAM_FAILED
    assert await talk.client.hears_all(1) == ["session.created"]
    assert await talk.client.closed() == Closed(1011, "The service failed.")
    assert await talk.upstream.closed() == Closed(1000, "")


async def test_a_client_that_reads_too_slowly_is_let_go(converse: "Converse") -> None:
    """A message that finds no room in time ends it with 4408; a client that still reads nothing is cut."""
    talk = converse(config=HASTY, client_buffer=1)
    await talk.upstream.says({"type": "more"})
    ended = await talk.ended()
    assert (ended.ending, ended.close_code) == (Ending.CLIENT_TOO_SLOW, 4408)
    assert talk.near_client.aborted
    assert await talk.upstream.closed() == Closed(1000, "")


async def test_an_upstream_that_reads_too_slowly_has_failed(converse: "Converse") -> None:
    """The client hears 1011."""
    talk = converse(config=HASTY, upstream_buffer=1)
    await talk.client.says({"type": "1"}, {"type": "2"})
    ended = await talk.ended()
    assert (ended.ending, ended.detail) == (Ending.UPSTREAM_FAILED, "the upstream reads too slowly")
    assert (await talk.client.closed()).code == 1011
    assert talk.near_upstream.aborted


class Fails(Filter):
    """Breaks at the client's `break`, and ends the session at its `end`; ticks break where they are asked for."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Break or end."""
        match frame.type:
            case "break":
                raise ValueError("canary")
            case "end":
                raise Ended(Ending.POLICY, "Enough.")
            case "break later":
                self.wake_at = now
        super().from_client(frame, now, out)

    def tick(self, now: float, out: Outbox) -> None:
        """Break."""
        raise ValueError("canary", now, out)


@pytest.mark.parametrize("kind", ["break", "break later"])
async def test_a_fault_of_ours_ends_the_session(converse: "Converse", kind: str) -> None:
    """Both sides are closed, the client with 1011; the log has the kind and place of the fault, not its words."""
    talk = converse(Fails())
    with structlog.testing.capture_logs() as lines:
        await talk.client.says({"type": kind})
        ended = await talk.ended()
    assert (ended.ending, ended.detail) == (Ending.RELAY_FAULT, "ValueError")
    assert await talk.client.hears_all(1) == ["session.created"]
    assert await talk.client.closed() == Closed(1011, "The relay failed.")
    assert (await talk.upstream.closed()).code == 1000
    assert [(line["event"], line["error"], line["session"]) for line in lines] == [
        ("relay fault", "ValueError", "s1")
    ]
    assert "canary" not in str(lines)


async def test_a_filter_may_end_the_session(converse: "Converse") -> None:
    """The client hears the filter's words."""
    talk = converse(Fails())
    await talk.client.says({"type": "end"})
    assert (await talk.ended()).ending is Ending.POLICY
    await talk.client.hears()
    assert await talk.client.closed() == Closed(1008, "Enough.")


async def test_the_first_who_ends_it_says_how(converse: "Converse") -> None:
    """A second end changes nothing."""
    talk = converse()
    await talk.client.hears()
    talk.session.end(Ended(Ending.DRAINING))
    talk.session.end(Ended(Ending.IDLE))
    assert (await talk.ended()).ending is Ending.DRAINING
    assert (await talk.client.closed()).code == 1012


async def test_a_session_that_is_over_before_it_begins(converse: "Converse") -> None:
    """It closes both sides, and says nothing."""
    talk = converse()
    talk.session.end(Ended(Ending.DRAINING))
    assert (await talk.ended()).ending is Ending.DRAINING
    assert (await talk.client.closed(), await talk.upstream.closed()) == (
        Closed(1012, Ending.DRAINING.value.message),
        Closed(1000, ""),
    )


async def test_closing_is_bounded(converse: "Converse", tap: "Seen") -> None:
    """Peers that read nothing are cut when the time for closing is over."""
    talk = converse(config=SessionConfig(close_timeout=SOON), client_buffer=2, upstream_buffer=1)
    await talk.client.says({"type": "fills"}, {"type": "waits"})
    await talk.upstream.says({"type": "fills"})
    await tap.has_seen(4)
    await talk.client.leaves()
    talk.session.end(Ended(Ending.DRAINING))
    assert (await talk.ended()).ending is Ending.DRAINING
    assert (talk.near_client.aborted, talk.near_upstream.aborted) == (True, True)


async def test_a_cancelled_session_leaves_nothing(converse: "Converse") -> None:
    """Both connections are dropped at once, the cancellation goes on, and no task is left."""
    talk = converse()
    await talk.client.hears()
    talk.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talk.ended()
    assert (talk.near_client.aborted, talk.near_upstream.aborted) == (True, True)
    assert (await talk.client.closed(), await talk.upstream.closed()) == (Closed(1006), Closed(1006))
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_session_cancelled_while_it_closes_leaves_nothing(converse: "Converse") -> None:
    """Whoever stops waiting for the closing handshakes gets both connections dropped."""
    talk = converse(client_buffer=1)
    assert await talk.client.hears_all(1) == ["session.created"]
    await talk.upstream.says({"type": "fills the buffer"})
    await talk.upstream.leaves(1000)
    await asyncio.wait([asyncio.create_task(talk.upstream.closed())], timeout=5)
    talk.running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await talk.ended()
    assert (talk.near_client.aborted, talk.near_upstream.aborted) == (True, True)
    assert asyncio.all_tasks() == {asyncio.current_task()}
