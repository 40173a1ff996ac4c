"""The kernel's buffers of a connection."""

import asyncio
import socket

from app.buffers import SIZE, bound


class Over(asyncio.BaseTransport):
    """A transport over a socket, or over none."""

    def __init__(self, raw: socket.socket | None) -> None:
        super().__init__({"socket": raw})


def test_both_directions_are_bounded() -> None:
    """However large they were; the kernel takes as much again for its accounts, and may allow less."""
    with socket.socket() as raw:
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            raw.setsockopt(socket.SOL_SOCKET, option, 8 * SIZE)
        bound(Over(raw))
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            assert SIZE // 2 <= raw.getsockopt(socket.SOL_SOCKET, option) <= 2 * SIZE


def test_where_there_is_no_socket_there_is_nothing_to_bound() -> None:
    """A test's transport has none, and some servers tell of no transport."""
    bound(None)
    bound(Over(None))


def test_a_connection_that_is_gone_needs_no_bound() -> None:
    """It is closed, and whoever has it will find out."""
    raw = socket.socket()
    raw.close()
    bound(Over(raw))
