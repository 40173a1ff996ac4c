"""Sessions between the generator's clients and its upstream, with whatever is measured between them.

The upstream is a service in so far as it greets: `session.created` at once, `session.updated` to an update. All
else it counts. Sessions open one after another, so that the n-th client's upstream is known without asking.
"""

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bench.channel import Channel
from bench.engine import IN, Engine, Pacer
from bench.traffic import BURST, BURST_EVERY, UP_EVERY, traffic
from bench.wire import accept_key

__all__ = ["Pair", "Talk", "Way"]

HOST = "127.0.0.1"
PATIENCE = 15.0
"""Seconds for anything that must happen; then the run ends with an error that names it."""

BACKLOG = 4096
KEY = b"AAECAwQFBgcICQoLDA0ODw=="
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FIRST_TEXTS = 4096
"""A message of the client's that is longer than this is no session update."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a client reaches what is measured."""

    port: int
    path: str = "/v1/realtime?model=bench"
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self) -> bytes:
        """Return the opening request."""
        lines = [
            f"GET {self.path} HTTP/1.1",
            f"Host: {HOST}:{self.port}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {KEY.decode()}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Pair:
    """Both ends of one session."""

    client: Channel
    upstream: Channel


class Talk:
    """The generator: clients, the upstream, and the loop that runs both. `said` is what both say."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.said = traffic("ga")
        self._accepted: list[Channel] = []
        self._listener = socket.create_server((HOST, 0), backlog=BACKLOG)
        self._listener.settimeout(0)
        self.engine.watch(self._listener.fileno(), IN, self._accept)

    @property
    def port(self) -> int:
        """Where the upstream listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def close(self) -> None:
        """Listen no more."""
        self.engine.forget(self._listener.fileno())
        self._listener.close()
        self.engine.close()

    # The upstream

    def _accept(self, _: int) -> None:
        try:
            connection, _address = self._listener.accept()
        except BlockingIOError:
            return
        channel = Channel(self.engine, connection, masked=False)
        channel.on_head = lambda: self._greet(channel)
        channel.on_text = lambda text: self._hear(channel, text)

    def _greet(self, channel: Channel) -> None:
        fields = _fields(channel.head)
        if b"sec-websocket-key" not in fields:  # a relay that looks around first
            channel.send(NOT_FOUND)
            channel.drop()
            return
        answer = [
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + accept_key(fields[b"sec-websocket-key"]),
        ]
        if b"realtime" in [each.strip() for each in fields.get(b"sec-websocket-protocol", b"").split(b",")]:
            answer.append(b"Sec-WebSocket-Protocol: realtime")
        channel.send(b"\r\n".join([*answer, b"", b""]) + self.said.created)
        self._accepted.append(channel)

    def _hear(self, channel: Channel, text: bytes) -> None:
        if b'"session.update"' in text[:FIRST_TEXTS]:
            channel.send(self.said.updated)

    # The clients

    def dial(self, way: Way, *, may_fail: bool = False) -> Channel:
        """Begin a connection; it is ready when its first message has come.

        One that is refused is an error, or, where it may fail, just closed.
        """
        connection = socket.socket()
        connection.settimeout(0)
        connection.connect_ex((HOST, way.port))
        channel = Channel(self.engine, connection, masked=True)
        channel.on_head = (lambda: _drop_refused(channel)) if may_fail else (lambda: _check(channel.head))
        channel.send(way.request())
        return channel

    def open(self, way: Way, count: int) -> list[Pair]:
        """Open so many sessions, and set all counts to 0."""
        pairs = [self._open(way) for _ in range(count)]
        self.engine.run(0.1)  # what the relay says to the upstream of itself is said by now
        for pair in pairs:
            for end in (pair.client, pair.upstream):
                end.walker.keeps_all = False
                end.messages = 0
        return pairs

    def _open(self, way: Way) -> Pair:
        self._accepted.clear()
        client = self.dial(way)
        self.need("a session to open", lambda: client.closed or bool(client.messages and self._accepted))
        client.send(self.said.update)
        self.need("a session update to be answered", lambda: client.closed or client.messages > 1)
        if client.closed:
            raise ConnectionError("the session was not let in")
        return Pair(client, self._accepted[-1])

    def end(self, pairs: list[Pair]) -> None:
        """Close the sessions from the client's side, and wait until both sides are closed."""
        for pair in pairs:
            pair.client.close()
        self.engine.run(3.0, lambda: all(pair.client.closed and pair.upstream.closed for pair in pairs))
        for pair in pairs:
            pair.client.drop()
            pair.upstream.drop()

    def need(self, what: str, until: Callable[[], bool]) -> None:
        """Run until something holds. Raises `TimeoutError`."""
        self.engine.need(what, PATIENCE, until)

    # Traffic

    def pace(self, pairs: list[Pair]) -> None:
        """Let all sessions talk at the pace of speech, until `hush`."""
        now = time.monotonic_ns()
        said = self.said
        ups = [_sender(pair.client, pair.upstream, said.up, 1) for pair in pairs]
        downs = [_sender(pair.upstream, pair.client, said.burst, BURST) for pair in pairs]
        self.engine.pacers += [Pacer(UP_EVERY, ups, now), Pacer(BURST_EVERY, downs, now)]

    def hush(self, pairs: list[Pair]) -> int:
        """Say nothing more, wait for what is on its way, and return how many messages did not come."""
        self.engine.pacers.clear()

        def missing() -> int:
            return sum(len(pair.client.stamps) + len(pair.upstream.stamps) for pair in pairs)

        self.engine.run(PATIENCE, lambda: not missing())
        return missing()


def _sender(from_: Channel, to: Channel, data: bytes, messages: int) -> Callable[[int], None]:
    to.delays = []

    def send(_: int) -> None:
        to.stamps.extend([time.monotonic_ns()] * messages)
        from_.send(data)

    return send


def _fields(head: bytes) -> dict[bytes, bytes]:
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def _check(head: bytes) -> None:
    status = head.split(b"\r\n", 1)[0]
    if not _is_in(head):
        raise ConnectionError(f"the handshake was answered with {status.decode('latin-1')}")


def _drop_refused(channel: Channel) -> None:
    if not _is_in(channel.head):
        channel.drop()


def _is_in(head: bytes) -> bool:
    return b" 101 " in head.split(b"\r\n", 1)[0] + b" "
