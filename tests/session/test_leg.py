"""Tests of app.session.leg: one socket of a session, and what its closing means."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.errors import Ended, Ending
from app.policy.chain import Chain
from app.policy.teller import Teller
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.session.leg import ClientLeg, Turns, UpstreamLeg
from app.telemetry import Telemetry
from app.wire import Closed, MemorySocket

EXPIRED = b'{"type":"error","error":{"code":"session_expired"}}'
REASON = "a reason that names canary"


def the_relay() -> Relay:
    """Return a relay without filters."""
    return Relay(Chain([]), Translation(Spoken()), Telemetry(), Teller("s1"))


def upstream_leg(*, expired: bool = False) -> UpstreamLeg:
    """Return a leg whose service may have announced its session cap."""
    relay = the_relay()
    if expired:
        relay.from_upstream(EXPIRED, 0.0)
    return UpstreamLeg(MemorySocket.pair()[0], lambda: 0.0, relay)


CLIENT_CLOSES = [
    (1000, Ending.CLIENT_LEFT),
    (1001, Ending.CLIENT_LEFT),
    (1005, Ending.CLIENT_LEFT),
    (1006, Ending.CLIENT_LEFT),
    (1007, Ending.NOT_UTF8),
    (1009, Ending.FRAME_TOO_BIG),
    (3000, Ending.CLIENT_LEFT),
    (4999, Ending.CLIENT_LEFT),
]

PASSED_ON = [(1000, False), (1008, False), (1009, False), (1000, True), (1001, True)]
"""Close codes of the upstream that the client hears with their reasons, and whether the cap was announced."""

REPLACED = [
    # the upstream's code, whether the cap was announced, and how the session ends
    (1001, False, Ending.UPSTREAM_FAILED),
    (1002, False, Ending.UPSTREAM_FAILED),
    (1003, False, Ending.UPSTREAM_FAILED),
    (1005, False, Ending.UPSTREAM_FAILED),
    (1006, False, Ending.UPSTREAM_FAILED),
    (1006, True, Ending.UPSTREAM_FAILED),
    (1007, False, Ending.UPSTREAM_FAILED),
    (1010, False, Ending.UPSTREAM_FAILED),
    (1011, False, Ending.UPSTREAM_FAILED),
    (1012, False, Ending.UPSTREAM_UNAVAILABLE),
    (1013, False, Ending.UPSTREAM_UNAVAILABLE),
    (1014, False, Ending.UPSTREAM_FAILED),
    (1015, False, Ending.UPSTREAM_FAILED),
    (3000, False, Ending.UPSTREAM_REFUSED),
    (3000, True, Ending.UPSTREAM_REFUSED),
    (3003, False, Ending.UPSTREAM_FAILED),
    (4000, False, Ending.UPSTREAM_REFUSED),
    (4004, False, Ending.UPSTREAM_REFUSED),
    (4999, False, Ending.UPSTREAM_FAILED),
]


@pytest.mark.parametrize(("code", "ending"), CLIENT_CLOSES)
def test_what_a_clients_close_means(code: int, ending: Ending) -> None:
    """1007 and 1009 are our own side's word on a message; all other codes say that the client left."""
    ended = ClientLeg(MemorySocket.pair()[0], lambda: 0.0, the_relay()).ended(Closed(code, REASON))
    assert ended.ending is ending
    assert "canary" not in f"{ended.message}{ended.reason}{ended.detail}"
    assert ending is not Ending.CLIENT_LEFT or ended.detail == f"the client closed with {code}"


@pytest.mark.parametrize(("code", "expired"), PASSED_ON)
def test_closes_of_the_upstream_that_reach_the_client(code: int, *, expired: bool) -> None:
    """1000, 1008, 1009, and 1001 after `session_expired`, keep their code and reason."""
    ended = upstream_leg(expired=expired).ended(Closed(code, REASON))
    assert (ended.ending, ended.close_code, ended.reason) == (Ending.UPSTREAM_DONE, code, REASON)


@pytest.mark.parametrize(("code", "expired", "ending"), REPLACED)
def test_closes_of_the_upstream_that_do_not(code: int, *, expired: bool, ending: Ending) -> None:
    """All others become an ending of ours, in our words: a provider's may quote keys. The log learns the code."""
    ended = upstream_leg(expired=expired).ended(Closed(code, REASON))
    assert (ended.ending, ended.close_code) == (ending, ending.value.close_code)
    assert ended.detail == f"the upstream closed with {code}"
    assert "canary" not in f"{ended.message}{ended.reason}{ended.detail}"


async def test_a_close_is_an_end_for_reader_and_writer() -> None:
    """`recv` and `send` raise what the close means."""
    near, far = MemorySocket.pair()
    leg = ClientLeg(near, lambda: 0.0, the_relay())
    await far.close(1009, "")
    for act in (leg.recv, lambda: leg.send(b"late")):
        assert (await ending_of(act)) is Ending.FRAME_TOO_BIG


async def ending_of(act: Callable[[], Awaitable[object]]) -> Ending:
    """Return how something ends that ends."""
    with pytest.raises(Ended) as ended:
        async with asyncio.timeout(5):
            await act()
    return ended.value.ending


async def test_messages_pass() -> None:
    """What one end sends, `recv` returns, and what `send` is given arrives."""
    near, far = MemorySocket.pair()
    leg = ClientLeg(near, lambda: 0.0, the_relay())
    await far.send(b"in")
    await leg.send(b"out")
    assert (await leg.recv(), await far.recv()) == (b"in", b"out")


async def test_a_leg_stalls_while_its_message_finds_no_room() -> None:
    """The time runs from the beginning of the send under way, and ends with it."""
    now = 10.0
    near, far = MemorySocket.pair(1)
    leg = ClientLeg(near, lambda: now, the_relay())
    assert leg.stalled_for(99.0) == 0.0
    await leg.send(b"1")
    assert leg.stalled_for(99.0) == 0.0
    sending = asyncio.create_task(leg.send(b"2"))
    await asyncio.wait([sending], timeout=0.01)
    now = 12.0
    assert leg.stalled_for(15.0) == 5.0
    await far.recv()
    await sending
    assert leg.stalled_for(15.0) == 0.0


async def test_a_pause_holds_the_reader() -> None:
    """Nothing is read before the time; then everything is, without another pause."""
    loop = asyncio.get_running_loop()
    near, far = MemorySocket.pair()
    leg = ClientLeg(near, loop.time, the_relay())
    await far.send(b"1")
    await far.send(b"2")
    until = loop.time() + 0.03
    leg.pause(until)
    assert await leg.recv() == b"1"
    assert loop.time() >= until
    assert await leg.recv() == b"2"


async def test_a_pause_that_is_over_holds_nobody() -> None:
    """A time that has gone by is no pause."""
    near, far = MemorySocket.pair()
    leg = ClientLeg(near, lambda: 100.0, the_relay())
    leg.pause(99.0)
    await far.send(b"1")
    async with asyncio.timeout(5):
        assert await leg.recv() == b"1"


async def test_a_pause_can_be_made_longer_while_it_lasts() -> None:
    """The later word counts, also for a reader that already waits."""
    loop = asyncio.get_running_loop()
    near, far = MemorySocket.pair()
    leg = ClientLeg(near, loop.time, the_relay())
    await far.send(b"1")
    leg.pause(loop.time() + 0.02)
    receiving = asyncio.create_task(leg.recv())
    await asyncio.wait([receiving], timeout=0.01)
    until = loop.time() + 0.05
    leg.pause(until)
    assert await receiving == b"1"
    assert loop.time() >= until


async def test_a_close_says_code_and_reason() -> None:
    """Where the peer reads, it hears both, and nothing is dropped."""
    near, far = MemorySocket.pair()
    await ClientLeg(near, lambda: 0.0, the_relay()).close(3008, "idle", 5)
    with pytest.raises(Closed) as closed:
        await far.recv()
    assert closed.value == Closed(3008, "idle")
    assert not near.aborted


async def test_a_close_that_takes_too_long_is_forced() -> None:
    """A peer that reads nothing cannot hold the session's end."""
    near, _ = MemorySocket.pair(1)
    leg = ClientLeg(near, lambda: 0.0, the_relay())
    await leg.send(b"never read")
    await leg.close(1000, "", 0.01)
    assert near.aborted


async def test_turns_are_taken_in_the_order_of_asking() -> None:
    """Who asks first writes first; a place that is given up is passed over, and at last anybody may write."""
    turns = Turns()
    first, second, third, fourth = (turns.ask() for _ in range(4))
    assert first is None
    assert not any(each is None or each.done() for each in (second, third, fourth))
    turns.leave(second)
    turns.leave(first)
    assert third is not None
    assert third.done()
    assert fourth is not None
    assert not fourth.done()
    turns.leave(third)
    assert fourth.done()
    turns.leave(fourth)
    assert turns.ask() is None


async def test_who_is_stopped_while_waiting_blocks_nobody() -> None:
    """Neither before its turn came nor in the moment in which it did."""
    turns = Turns()
    turns.ask()
    stopped, in_that_moment, last = (turns.ask() for _ in range(3))
    assert stopped is not None
    stopped.cancel()
    turns.leave(stopped)
    assert in_that_moment is not None
    assert last is not None
    assert not in_that_moment.done()
    turns.leave(None)
    assert in_that_moment.done()
    turns.leave(in_that_moment)
    assert last.done()
