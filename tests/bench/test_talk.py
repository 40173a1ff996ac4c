"""The generator against its own upstream, with nothing between them."""

import select
import socket
from collections.abc import Iterator

import pytest

from bench.measures import paced, saturated
from bench.running import running
from bench.talk import Talk, Way
from bench.variants import DIRECT


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Return a generator, and close it."""
    talk = Talk()
    yield talk
    talk.close()


def test_a_session_opens_and_closes(talk: Talk) -> None:
    """It has been greeted, its update was answered, and nothing is counted yet."""
    pairs = talk.open(Way(talk.port), 2)
    assert [(pair.client.messages, pair.upstream.messages) for pair in pairs] == [(0, 0)] * 2
    talk.end(pairs)
    assert all(pair.client.closed and pair.upstream.closed for pair in pairs)


def test_nothing_is_lost_at_the_pace_of_speech(talk: Talk) -> None:
    """And the delay of each message is known, either way."""
    with running(DIRECT, talk.port) as relay:
        figures = paced(talk, relay, 3, 0.3)
    assert figures["lost"] == 0
    assert figures["rate_3"] > 0
    assert 0 < figures["up_3_0.5"] <= figures["up_3_0.99"]
    assert 0 < figures["down_3_0.5"] <= figures["down_3_0.99"]


@pytest.mark.parametrize("way", ["up", "down"])
def test_sessions_can_talk_as_fast_as_they_are_read(talk: Talk, way: str) -> None:
    """What the generator costs is told beside it."""
    with running(DIRECT, talk.port) as relay:
        figures = saturated(talk, relay, way, 0.1)
    assert figures[f"rate_{way}"] > 0
    assert figures[f"generator_{way}"] > 0


def test_one_who_looks_around_first_finds_nothing(talk: Talk) -> None:
    """The upstream answers a plain request, and waits for the next."""
    with socket.create_connection(("127.0.0.1", talk.port), timeout=5) as visitor:
        visitor.sendall(b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
        talk.engine.run(5, lambda: bool(select.select([visitor], [], [], 0)[0]))
        assert visitor.recv(100).startswith(b"HTTP/1.1 404 ")
    talk.end(talk.open(Way(talk.port), 1))


def test_one_who_is_not_let_in_says_so(talk: Talk) -> None:
    """Nobody listens on that port any more."""
    gone = Talk()
    way = Way(gone.port)
    gone.close()
    with pytest.raises(ConnectionError, match="not let in"):
        talk.open(way, 1)
