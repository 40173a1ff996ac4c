"""Tests of app.lane.laned: a library's protocol with a lane before it, and one that has become another."""

import asyncio
from typing import Any

import pytest
from websockets.protocol import SERVER, Protocol

from app.lane import Laned


class Library(asyncio.Protocol):
    """A library's protocol, as far as it is asked for anything."""

    def __init__(self, state: Any) -> None:
        self.state = state
        self.seen: list[Any] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.seen.append(transport)

    def data_received(self, data: bytes) -> None:
        """Take it."""
        self.seen.append(data)

    def pause_writing(self) -> None:
        """Note it."""
        self.seen.append("pause")

    def resume_writing(self) -> None:
        """Note it."""
        self.seen.append("resume")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it."""
        self.seen.append(exc)


class WithLane(Laned, Library):
    """The library's, with a lane."""

    state_name = "state"


class Renamed(Laned, Library):
    """What it becomes when the library calls its state by another name."""

    state_name = "other"


class Transport(asyncio.Transport):
    """A transport, as far as it is asked for anything."""

    limit: int | None = None

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002 - its own
        """Note the limit."""
        self.limit = high

    protocol: asyncio.BaseProtocol | None = None

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Note who is to be called."""
        self.protocol = protocol


def begun(made: type[Laned], state: Any) -> Any:
    """Return one whose connection is made."""
    protocol: Any = made(state)  # type: ignore[call-arg]  # its other base's
    protocol.connection_made(Transport())
    return protocol


def test_what_happens_to_the_transport_is_known_to_both() -> None:
    """To the library, and to the lane."""
    protocol = begun(WithLane, Protocol(SERVER))
    assert protocol.seen[0].limit == 1
    rooms = []
    for happens in (protocol.pause_writing, protocol.resume_writing, lambda: protocol.connection_lost(None)):
        happens()
        rooms.append(protocol.lane.has_room)
    assert rooms == [False, True, False]
    assert protocol.seen[1:] == ["pause", "resume", None]


def test_behind_the_peers_end_there_is_no_room() -> None:
    """For the library may have ended its own part by then, and what is written behind that is an error."""
    protocol = begun(WithLane, Protocol(SERVER))
    protocol.pause_writing()
    protocol.eof_received()
    protocol.resume_writing()
    assert not protocol.lane.has_room


def test_behind_the_handshake_the_lane_is_called_itself() -> None:
    """Also by a transport that has kept whom to call."""
    protocol = begun(WithLane, Protocol(SERVER))
    transport: Any = protocol.seen.pop()
    protocol.data_received(b"GET / HTTP/1.1\r\n")
    assert transport.protocol is None
    protocol.data_received(b"\r\n\x89")
    assert transport.protocol == protocol
    assert protocol.data_received == protocol.lane.feed
    protocol.data_received(b"\x80mask")
    assert protocol.seen == [b"GET / HTTP/1.1\r\n", b"\r\n", b"\x89\x80mask"]


@pytest.mark.parametrize(("made", "state"), [(Renamed, Protocol(SERVER)), (WithLane, "no state")])
def test_another_library_works_without_a_lane(made: type[Laned], state: Any) -> None:
    """All goes its ordinary way."""
    protocol = begun(made, state)
    assert protocol.lane is None
    protocol.data_received(b"\r\n\r\n")
    protocol.pause_writing()
    protocol.resume_writing()
    protocol.connection_lost(None)
    assert protocol.seen[1:] == [b"\r\n\r\n", "pause", "resume", None]
