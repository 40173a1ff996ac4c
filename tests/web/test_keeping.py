"""What the relay keeps of the way in, while a session lasts: a thousand idle ones are a thousand times that."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.protocol import OPEN

from app.upstream.socket import Connection
from tests.harness import ScriptedUpstream, Serve, read, towards


def waiting(coroutine: Any) -> Iterator[str]:
    """Yield the files of what waits in a task, from its beginning to where it waits."""
    while hasattr(coroutine, "cr_code"):
        yield coroutine.cr_code.co_filename
        coroutine = coroutine.cr_await


async def test_a_session_keeps_no_layer_of_the_framework(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Between the server and the endpoint stand the application and its routes, and nothing else."""
    relay = await serve_relay(**towards(upstream))
    async with relay.connect() as client:
        await read(client)
        (task,) = relay.server.server_state.tasks
        files = list(waiting(task.get_coro()))
        assert any(each.endswith("app/web/socket.py") for each in files)
        framework = {Path(each).name for each in files if "/fastapi/" in each or "/starlette/" in each}
        assert framework == {"routing.py"}


async def test_a_session_keeps_nothing_of_the_handshakes(serve_relay: Serve, upstream: ScriptedUpstream) -> None:
    """Neither side's: there stand the caller's credential, and the upstream's key."""
    relay = await serve_relay(**towards(upstream))
    async with relay.connect() as client:
        await read(client)
        connections = relay.server.server_state.connections
        dialled = [each for each in gc.get_objects() if type(each) is Connection]
        sides: list[Any] = [*connections, *(each for each in dialled if each.protocol.state is OPEN)]
        assert len(sides) == 2
        assert [dict(said.headers) for side in sides for said in (side.request, side.response)] == [{}] * 4
        assert [side.scope["headers"] for side in sides if hasattr(side, "scope")] == [[]]
