"""How much of what a peer does not read the kernel may keep.

Left to itself it grows a connection's buffers to megabytes either way, and a session whose client has stalled
would hold them on both of its legs. A session needs less: what is on its way is what one round trip can bring, and
256 KiB in 100 ms are forty times the pace of speech.
"""

import asyncio
import contextlib
import socket

__all__ = ["SIZE", "bound"]

SIZE = 256 * 1024
"""Bytes, each way. The kernel takes as much again for its own accounts."""


def bound(transport: asyncio.BaseTransport | None) -> None:
    """Bound the buffers of a connection, where it is one of the kernel's. What it holds already stays."""
    connection = None if transport is None else transport.get_extra_info("socket")
    if connection is None:
        return
    with contextlib.suppress(OSError):  # it is gone
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SIZE)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SIZE)
