"""Sessions that come and go, between the generator and its own upstream or a relay that stands there."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.arrivals import burst, one_by_one
from bench.running import running
from bench.talk import Talk
from bench.variants import DIRECT, LOCKED_OURS, named


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Return a generator, and close it."""
    talk = Talk()
    yield talk
    talk.close()


def test_sessions_come_and_go(talk: Talk) -> None:
    """Where there is no relay nobody has taken any time."""
    with running(DIRECT, talk.port) as relay:
        assert one_by_one(talk, relay, 5) == {"open": 0, "close": 0}


def test_all_may_come_at_once(talk: Talk) -> None:
    """Those who talk go on meanwhile."""
    with running(DIRECT, talk.port) as relay:
        figures = burst(talk, relay, 10)
    assert figures["burst_failed"] == 0
    assert figures["burst_seconds"] > 0
    assert figures["burst_delay"] > 0


def test_each_comes_with_a_ticket_of_its_own(talk: Talk) -> None:
    """Which our relay gives to whoever shows the key, and takes once."""
    with running(named(LOCKED_OURS), talk.port) as relay:
        ways = relay.ways(2)
        assert len({way.headers["Authorization"] for way in (*ways, relay.way)}) == 3
        figures = one_by_one(talk, relay, 2)
        stranger = talk.dial(replace(relay.way, headers={}), may_fail=True)
        talk.need("a stranger to be refused", lambda: stranger.closed)
    assert figures["open"] > 0
    assert figures["close"] > 0
    assert stranger.messages == 0  # a burst is to tell how many there were, and not to stop at the first
