"""A local HTTP service that answers as told, and what the tests say to a toolbox."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from app.effects import Toolbox, ToolContext
from app.policy.judging import Judgement, Kind, Verdict
from app.policy.tools import Failed, ToolCall

__all__ = ["CANARY", "CONTEXT", "PATIENCE", "Seen", "Service", "call", "judge", "streaming"]

CANARY = "canary-secret"
CONTEXT = ToolContext("s1", "alice", "assistant")
PATIENCE = 20.0
"""Seconds after which a test gives up waiting for what must happen."""

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Service:
    """Answers by path; else with what it saw."""

    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    arrived: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    requests: list[web.Request] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    tls: ssl.SSLContext | None = None
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def base(self) -> str:
        return f"http://{self.host}"

    def answer(self, path: str, *, status: int = 200, **how: Any) -> None:
        """Answer this path with a plain response."""

        async def plain(_: web.Request) -> web.Response:
            return web.Response(status=status, **how)

        self.answers[path] = plain

    def redirect(self, path: str, to: str, status: int = 307) -> None:
        self.answer(path, status=status, headers={"Location": to, "Set-Cookie": "who=alice"})

    def wait(self, path: str) -> None:
        """Answer this path only when told to `go`; a request whose caller hung up has no `transport`."""

        async def waiting(request: web.Request) -> web.Response:
            self.requests.append(request)
            self.arrived.put_nowait(request.path)
            await self.go.wait()
            return web.Response(text="late")

        self.answers[path] = waiting

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(Seen(request.method, request.raw_path, dict(request.headers), body))
        if request.path in self.answers:
            return await self.answers[request.path](request)
        return web.json_response({"target": request.raw_path, "body": body.decode()})


def streaming(part: bytes, service: Service | None = None, **headers: str) -> Answer:
    """Answer with this part without end; with a service, once, and then nothing until it says `go`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        while True:
            await response.write(part)
            if service is not None:
                await service.go.wait()
                return response

    return answer


async def call(toolbox: Toolbox, name: str, arguments: object = "{}") -> str:
    """Return what the model reads."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    async with asyncio.timeout(PATIENCE):
        result = await toolbox.call(ToolCall("c1", name, text), CONTEXT).run()
    read = result.text if isinstance(result, Failed) else result
    assert isinstance(read, str)
    assert isinstance(result, Failed) == read.startswith('{"error"')
    assert CANARY not in read
    return read


async def judge(toolbox: Toolbox, text: str, kind: Kind = "user_text") -> bool:
    """Return whether it was allowed."""
    async with asyncio.timeout(PATIENCE):
        verdict = await toolbox.judge(Judgement("1", kind, text), CONTEXT).run()
    assert isinstance(verdict, Verdict)
    return verdict.allowed
