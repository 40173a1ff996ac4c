"""Sessions that come: what one costs to open and to close, and what becomes of 200 that come at once.

Where a relay has tickets each comes with one of its own. They are minted beforehand: that is not measured.
"""

import time
from collections.abc import Sequence

from bench.channel import Channel
from bench.measures import WARM, sessions
from bench.running import Running
from bench.talk import PATIENCE, Talk, Way

__all__ = ["AT_ONCE", "burst", "one_by_one"]

AT_ONCE = 200
TALKING = 20
"""Sessions that talk at the pace of speech while the others come."""


def one_by_one(talk: Talk, relay: Running, count: int) -> dict[str, float]:
    """Open sessions one after another, and then close them likewise; CPU of each, in seconds.

    One is open when its first event has come: by then our relay has verified the ticket, dialled, put its policy
    in force and seen that acknowledged.
    """
    ways = relay.ways(count)
    began = relay.cpu()
    clients = [_opened(talk, way) for way in ways]
    opened = relay.cpu()
    for client in clients:
        client.close()
        talk.need("a session to close", lambda client=client: client.closed)  # type: ignore[misc]
    talk.engine.run(WARM)  # what a relay does behind a session's end is its cost, too
    return {"open": (opened - began) / count, "close": (relay.cpu() - opened) / count}


def _opened(talk: Talk, way: Way) -> Channel:
    client = talk.dial(way)
    talk.need("a session to open", lambda: bool(client.messages) or client.closed)
    if client.closed:
        raise ConnectionError("a session was not let in")
    return client


def burst(talk: Talk, relay: Running, count: int = AT_ONCE) -> dict[str, float]:
    """Let so many come at once.

    Tells how many were not let in, in how many seconds the others were, and the longest delay of one who talked.
    """
    ways = relay.ways(count)
    with sessions(talk, relay.way, TALKING) as pairs:
        talk.pace(pairs)
        talk.engine.run(WARM)
        for pair in pairs:
            pair.client.delays, pair.upstream.delays = [], []
        began = time.monotonic()
        clients = [talk.dial(way, may_fail=True) for way in ways]
        talk.engine.run(PATIENCE, lambda: all(client.messages or client.closed for client in clients))
        figures = {
            "burst_failed": float(sum(not client.messages for client in clients)),
            "burst_seconds": time.monotonic() - began,
            "burst_delay": _longest([end for pair in pairs for end in (pair.client, pair.upstream)]),
        }
        talk.hush(pairs)
        _end(talk, clients)
    return figures


def _longest(ends: Sequence[Channel]) -> float:
    return max((delay / 1e9 for end in ends for delay in end.delays or ()), default=0.0)


def _end(talk: Talk, clients: Sequence[Channel]) -> None:
    for client in clients:
        client.close()
    talk.engine.run(PATIENCE, lambda: all(client.closed for client in clients))
    for client in clients:
        client.drop()
