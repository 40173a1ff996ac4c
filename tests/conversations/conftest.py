"""What the conversations share: a client and a service of any two generations, with a relay between them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection

from app.protocol.catalogue import GenerationName
from app.simulator import Simulator
from tests.conversations.clerk import PROFILES
from tests.conversations.service import Service
from tests.effects.service import Service as Endpoint
from tests.harness import ScriptedUpstream, Serve, ServedRelay, towards

PAIRS: list[tuple[GenerationName, GenerationName]] = [
    ("ga", "ga"),
    ("preview", "ga"),
    ("ga", "preview"),
    ("preview", "preview"),
]

Script = Callable[[Service], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pair:
    """A relay; `client` and `service` are the generations of those who speak through it."""

    relay: ServedRelay
    upstream: ScriptedUpstream
    client: GenerationName
    service: GenerationName

    def __str__(self) -> str:
        return f"{self.client} on {self.service}"

    def connect(self, path: str = "/v1/realtime", **options: Any) -> connect:
        """Open a client's connection; a preview client says by its header what it speaks."""
        marker = {"OpenAI-Beta": "realtime=v1"} if self.client == "preview" else {}
        return self.relay.connect(path, headers=marker, **options)

    def play(self, script: Script) -> None:
        """Have the service do what the script says."""

        async def run(connection: ServerConnection) -> None:
            await script(Service(connection, self.service))

        self.upstream.script = run


ServePair = Callable[[str], Awaitable[Pair]]


@pytest.fixture(params=PAIRS, ids="{0[0]} on {0[1]}".format)
def serve_pair(
    request: pytest.FixtureRequest, serve_relay: Serve, upstream: ScriptedUpstream, tmp_path: Path
) -> ServePair:
    """Return a function that serves a relay with these profiles, for each two generations."""
    client, service = request.param
    return _serving(client, service, serve_relay, upstream, tmp_path)


@pytest.fixture
def serve_ga(serve_relay: Serve, upstream: ScriptedUpstream, tmp_path: Path) -> ServePair:
    """Return such a function, for what has nothing to do with generations."""
    return _serving("ga", "ga", serve_relay, upstream, tmp_path)


def _serving(
    client: GenerationName,
    service: GenerationName,
    serve_relay: Serve,
    upstream: ScriptedUpstream,
    directory: Path,
) -> ServePair:
    async def serve(profiles: str) -> Pair:
        file = directory / "profiles.toml"
        file.write_text(profiles)
        version = "v1" if service == "ga" else "2025-04-01-preview"
        relay = await serve_relay(**towards(upstream, profiles_file=file, openai_api_version=version))
        return Pair(relay, upstream, client, service)

    return serve


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """An HTTP service of the operator's, for tools and judges."""
    made = Endpoint()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.port = runner.addresses[0][1]
        yield made
    finally:
        made.go.set()
        await runner.cleanup()


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """The file with the clerk's profile."""
    path = tmp_path / "profiles.toml"
    path.write_text(PROFILES)
    return path


@pytest.fixture
async def serve_clerk(serve_relay: Serve, profiles: Path) -> Callable[..., Any]:
    """Return a function that serves a relay with these profiles in front of a simulated service."""

    async def start(simulator: Simulator, generation: GenerationName = "ga") -> ServedRelay:
        version = "v1" if generation == "ga" else "2025-04-01-preview"
        scripted: Any = simulator
        return await serve_relay(**towards(scripted, profiles_file=profiles, openai_api_version=version))

    return start
