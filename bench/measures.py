"""The measurements: each drives one running relay for a moment and returns figures, in seconds and bytes.

An event is one message that went the whole way. CPU is the relay's, of user and kernel, divided by them.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.channel import Channel
from bench.figures import QUANTILES, quantile
from bench.machine import kernel_buffers
from bench.running import Running
from bench.talk import Pair, Talk, Way

__all__ = ["WARM", "memory", "paced", "saturated", "sessions"]

WARM = 0.3
"""Seconds of traffic that are not measured."""

FLOODED = 8
"""Sessions that talk as fast as they may."""

UP_BLOCK, DOWN_BLOCK = 32, 4
"""Frames in one write, then."""

IDLE = 100
STUCK = 8
STUCK_LIMIT = 64 * 2**20
"""Bytes for one client that does not read, after which nobody would call the relay bounded."""


class Meter:
    """What the relay, and the generator itself, take from here on."""

    def __init__(self, relay: Running) -> None:
        self._relay = relay
        self._began = self._now()

    def _now(self) -> tuple[float, ...]:
        return self._relay.cpu(), self._relay.waited(), time.process_time(), time.monotonic()

    def figures(self, name: str, events: int) -> dict[str, float]:
        """Return what it was, as figures of this name."""
        cpu, waited, own, seconds = (now - then for now, then in zip(self._now(), self._began, strict=True))
        return {
            f"cpu_{name}": cpu / max(1, events),
            f"rate_{name}": events / seconds,
            f"load_{name}": cpu / seconds,
            f"waited_{name}": waited / seconds,
            f"generator_{name}": own / max(1, events),
            f"generator_load_{name}": own / seconds,
        }


@contextmanager
def sessions(talk: Talk, way: Way, count: int) -> Iterator[list[Pair]]:
    """Have so many sessions, and close them."""
    pairs = talk.open(way, count)
    try:
        yield pairs
    finally:
        talk.end(pairs)


def paced(talk: Talk, relay: Running, count: int, seconds: float) -> dict[str, float]:
    """Let so many sessions talk at the pace of speech."""
    with sessions(talk, relay.way, count) as pairs:
        talk.pace(pairs)
        talk.engine.run(WARM)
        for end in _ends(pairs):
            end.messages, end.delays = 0, []
        meter = Meter(relay)
        talk.engine.run(seconds)
        figures = meter.figures(str(count), _messages(_ends(pairs)))
        delays = {"up": _delays(pair.upstream for pair in pairs), "down": _delays(pair.client for pair in pairs)}
        lost = talk.hush(pairs)
    quantiles = {
        f"{way}_{count}_{share}": quantile(values, share)
        for way, values in delays.items()
        for share in QUANTILES
        if values
    }
    return {**figures, **quantiles, "lost": lost}


def _ends(pairs: Sequence[Pair]) -> list[Channel]:
    return [end for pair in pairs for end in (pair.client, pair.upstream)]


def _delays(ends: Iterator[Channel]) -> list[float]:
    return sorted(delay / 1e9 for end in ends for delay in end.delays or ())


def saturated(talk: Talk, relay: Running, way: str, seconds: float) -> dict[str, float]:
    """Let a few sessions send as fast as they are read, up or down."""
    size, block = (len(talk.said.up), UP_BLOCK) if way == "up" else (len(talk.said.down), DOWN_BLOCK)
    frames = talk.said.up if way == "up" else talk.said.down
    with sessions(talk, relay.way, FLOODED) as pairs:
        senders = [pair.client if way == "up" else pair.upstream for pair in pairs]
        receivers = [pair.upstream if way == "up" else pair.client for pair in pairs]
        for sender in senders:
            sender.flood(frames * block)
        talk.engine.run(WARM)
        meter, before = Meter(relay), _messages(receivers)
        talk.engine.run(seconds)
        figures = meter.figures(way, _messages(receivers) - before)
        for sender in senders:
            sender.calm(size)
        talk.engine.run(0.1)
    return figures


def _messages(ends: Sequence[Channel]) -> int:
    return sum(end.messages for end in ends)


def memory(talk: Talk, relay: Running) -> dict[str, float]:
    """Find what a relay that has just begun holds, what an idle session adds, and one whose client does not read.

    The idle ones stay while the others are added: what they would leave free would hide the growth.
    """
    base = _warm(talk, relay)
    with sessions(talk, relay.way, IDLE):
        idle = relay.memory()
        with sessions(talk, relay.way, STUCK) as pairs:
            opened = relay.memory()
            _jam(talk, pairs)
            stuck = relay.memory() - opened
            kernel = kernel_buffers(Path("/proc/net/tcp").read_text(), relay.way.port, talk.port)
            for pair in pairs:  # nobody will read what is on its way
                pair.upstream.drop()
                pair.client.drop()
    return {
        "memory_base": base,
        "memory_idle": (idle - base) / IDLE,
        "memory_stuck": stuck / STUCK,
        "kernel_stuck": kernel / STUCK,
    }


def _warm(talk: Talk, relay: Running) -> int:
    """Have one session, so that all is loaded that a session needs; return the memory that is held then."""
    with sessions(talk, relay.way, 1) as pairs:
        talk.pace(pairs)
        talk.engine.run(WARM)
        talk.hush(pairs)
    return relay.memory()


def _jam(talk: Talk, pairs: list[Pair]) -> None:
    """Send until nothing more is taken, for clients that read nothing."""
    for pair in pairs:
        pair.client.deaf()
        pair.upstream.flood(talk.said.down * DOWN_BLOCK)
    seen = -1
    while (sent := sum(pair.upstream.flooded for pair in pairs)) != seen and sent < STUCK_LIMIT * len(pairs):
        seen = sent
        talk.engine.run(0.3)
