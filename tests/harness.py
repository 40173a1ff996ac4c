"""What the tests share: a relay behind a real uvicorn on a port of its own, and an upstream that does as told."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from app.__main__ import uvicorn_config
from app.auth.static_keys import hash_key
from app.protocol.frame import Frame
from app.settings import Settings
from app.web.protocol import RelayProtocol

PATIENCE = 60.0
"""Seconds after which a test gives up waiting for what must happen; nothing is asserted on it."""

KEY = "rk_canary-key-of-alice"

CREATED: dict[str, Any] = {
    "type": "session.created",
    "event_id": "event_created",
    "session": {"type": "realtime", "object": "realtime.session", "id": "sess_1", "model": "secret-deployment"},
}


def is_decoded(frame: Frame) -> bool:
    """Tell whether anybody has asked for the event of a frame that was read."""
    return frame._event is not None  # noqa: SLF001 - nothing else tells


async def read(connection: ClientConnection | ServerConnection) -> Any:
    """Return the next event."""
    async with asyncio.timeout(PATIENCE):
        return msgspec.json.decode(await connection.recv())


async def write(connection: ClientConnection | ServerConnection, event: object) -> None:
    """Send an event as JSON text."""
    await connection.send(msgspec.json.encode(event).decode())


async def closing(connection: ClientConnection | ServerConnection) -> tuple[int, str]:
    """Wait for the end and return what the peer's close frame said; what still comes before it is dropped."""
    async with asyncio.timeout(PATIENCE):
        try:
            while True:
                await connection.recv()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what sockets bring about on their own; there is nothing else to wait on."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - the condition is another side's, and tells nobody
            await asyncio.sleep(0.002)


Script = Callable[[ServerConnection], Awaitable[None]]


async def converse(connection: ServerConnection) -> None:
    """Create the session, then wait for the client to leave."""
    await write(connection, CREATED)
    await connection.wait_closed()


@dataclass
class ScriptedUpstream:
    """A Realtime service that does what its script says, to the letter, and keeps what it saw."""

    script: Script = converse
    respond: Callable[[Request], Awaitable[Response | None]] | None = None
    connections: list[ServerConnection] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    finished: asyncio.Queue[tuple[int | None, str | None]] = field(default_factory=asyncio.Queue)
    server: Server | None = None

    @property
    def endpoint(self) -> str:
        """What goes into AZURE_OPENAI_ENDPOINT."""
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def admit(self, _: ServerConnection, request: Request) -> Response | None:
        """Answer the handshake with HTTP if the test says so."""
        self.requests.append(request)
        return await self.respond(request) if self.respond else None

    async def handle(self, connection: ServerConnection) -> None:
        """Run the script for one connection, and note how it was closed."""
        self.connections.append(connection)
        try:
            await self.script(connection)
        except ConnectionClosed:
            pass
        finally:
            await connection.close()
            self.finished.put_nowait((connection.close_code, connection.close_reason))

    async def freed(self) -> tuple[int | None, str | None]:
        """Wait until one connection has ended and return how."""
        async with asyncio.timeout(PATIENCE):
            return await self.finished.get()


@dataclass
class ServedRelay:
    """A relay that listens."""

    port: int
    server: uvicorn.Server
    settings: Settings

    @property
    def url(self) -> str:
        """The base for WebSocket URLs."""
        return f"ws://127.0.0.1:{self.port}"

    @property
    def http(self) -> str:
        """The base for HTTP URLs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def parts(self) -> Any:
        """The endpoint with all that it needs."""
        app: Any = self.server.config.app
        return app.state.realtime

    def connect(self, path: str = "/v1/realtime", *, key: str | None = KEY, **options: Any) -> connect:
        """Open a client's connection, with Alice's key unless told otherwise."""
        headers = dict(options.pop("headers", {}))
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        return connect(
            self.url + path,
            additional_headers=headers,
            proxy=None,
            compression=None,
            max_size=None,
            open_timeout=PATIENCE,
            close_timeout=1,
            **options,
        )


class ByQueues(RelayProtocol):
    """A protocol that has no lane: messages go the ordinary way, as under plain uvicorn."""

    state_name = "nothing of that name"


BOTH_WAYS = pytest.mark.parametrize(
    "serve_relay", [RelayProtocol, ByQueues], ids=["by lanes", "by queues"], indirect=True
)
"""The mark of a module whose tests are to hold either way."""


@asynccontextmanager
async def serving(
    settings: Settings, certificate: Path | None = None, protocol: type[RelayProtocol] = RelayProtocol
) -> AsyncIterator[ServedRelay]:
    """Serve a relay as `realtime-relay serve` does; the port takes connections from the first moment.

    With a certificate (PEM, and its key with it) over TLS.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn_config(settings, "127.0.0.1", 0)
        config.ssl_certfile = certificate
        config.ws = protocol
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listener]))
        try:
            await until(lambda: server.started or running.done())
            assert server.started, "the relay did not start"
            yield ServedRelay(listener.getsockname()[1], server, settings)
        finally:
            server.should_exit = True
            await running


Serve = Callable[..., Awaitable[ServedRelay]]


def configured(**given: Any) -> Settings:
    """Return settings of these fields alone, whatever the environment holds."""
    return Settings(_env_file=None, **given)


def towards(upstream: ScriptedUpstream, /, **given: Any) -> dict[str, Any]:
    """Return the settings of a relay in front of this upstream, to which Alice has a key."""
    return {
        "azure_openai_endpoint": upstream.endpoint,
        "azure_openai_deployment_name": "secret-deployment",
        "azure_openai_api_key": "canary-upstream-key",
        "auth": {"keys": {"alice": hash_key(KEY)}},
        **given,
    }


ROOT = Path(__file__).parent.parent
