"""A service of secrets and calls that answers as it is told, to the letter, and keeps what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from app.upstream.providers import Target
from tests.conversations.calling import OFFER

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

SECRET = "ek_canary-of-the-service"
KEY = "canary-upstream-key"
ANSWER_SDP = OFFER.replace("actpass", "active")


@dataclass(frozen=True)
class Seen:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return msgspec.json.decode(self.body)


def says(status: int = 200, body: Any = b"", **headers: str) -> Answer:
    """Answer always the same; what is no bytes goes as JSON, and underscores in headers are hyphens."""
    text = body if isinstance(body, bytes) else msgspec.json.encode(body)

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=text, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return answer


MINTED = {"value": SECRET, "expires_at": 1, "session": {"type": "realtime", "model": "secret-deployment"}}
"""What the service mints, if not told otherwise."""


async def hear_out(request: web.Request) -> web.StreamResponse:
    """Be a sideband that says nothing until it is asked to, and waits for the relay to leave."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        assert message.type == WSMsgType.TEXT
        told = {"type": "session.updated", "event_id": "e", "session": {"type": "realtime"}}
        await socket.send_str(msgspec.json.encode(told).decode())
    return socket


@dataclass
class RestService:
    """The service; `answers` are by the last word of the path, and `go` ends what stalls."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answers |= {
            "client_secrets": says(200, MINTED),
            "sessions": says(200, {"client_secret": {"value": SECRET, "expires_at": 1}, "model": "d"}),
            "calls": says(201, ANSWER_SDP.encode(), Location="/v1/realtime/calls/rtc_1"),
            "realtimertc": says(201, ANSWER_SDP.encode()),
            "hangup": says(200, {}),
            "realtime": hear_out,
        }

    @property
    def endpoint(self) -> str:
        """What goes into an endpoint's setting."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """The last words of the paths that were asked for."""
        return [each.path.partition("?")[0].rpartition("/")[2] for each in self.seen]

    def target(self, provider: str = "azure", **more: Any) -> Target:
        """Return a target of this service's."""
        given = {"provider": provider, "endpoint": self.endpoint, "deployment": "d", "api_key": KEY}
        return Target.model_validate({**given, **more})

    async def stall(self, _: web.Request) -> web.StreamResponse:
        """Answer when the test says so."""
        await self.go.wait()
        return web.Response(status=500)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Keep the request, and answer."""
        body = b"" if request.method == "GET" else await request.read()
        self.seen.append(Seen(request.path_qs, {k.lower(): v for k, v in request.headers.items()}, body))
        return await self.answers[request.path.rpartition("/")[2]](request)


@asynccontextmanager
async def rest_serving(ssl: Any = None) -> AsyncIterator[RestService]:
    """Serve it until the test is over."""
    made = RestService()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ssl).start()
        made.port = runner.addresses[0][1]
        yield made
    finally:
        made.go.set()
        await runner.cleanup()
