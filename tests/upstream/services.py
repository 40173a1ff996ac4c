"""What the tests of the upstream dial: a strict Realtime service, an identity endpoint and a proxy, all local."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.utils import accept_key

__all__ = ["CREATED", "IdentityEndpoint", "Listener", "Proxy", "Service", "answer", "upgraded"]

CREATED = '{"type":"session.created","event_id":"event_1","session":{"id":"sess_1","object":"realtime.session"}}'


async def _nothing_more(_: ServerConnection) -> None:
    pass


@dataclass
class Service:
    """A Realtime service: it refuses what Azure refuses, says `first`, and then follows its script."""

    keys: set[str] = field(default_factory=lambda: {"canary-key"})
    first: str | None = CREATED
    refusal: Response | None = None
    script: Callable[[ServerConnection], Awaitable[None]] = _nothing_more
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    closes: asyncio.Queue[tuple[int | None, str | None]] = field(default_factory=asyncio.Queue)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        self.requests.append(request)
        url = urlsplit(request.path)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not self.keys & {request.headers.get("api-key"), bearer}:
            return connection.respond(HTTPStatus.UNAUTHORIZED, '{"error":{"code":"Unauthorized"}}')
        if url.path != "/openai/v1/realtime" or "api-version" in parse_qs(url.query):
            return connection.respond(HTTPStatus.NOT_FOUND, '{"error":{"code":"DeploymentNotFound"}}')
        return self.refusal

    async def hold(self, connection: ServerConnection) -> None:
        if self.first is not None:
            await connection.send(self.first)
        await self.script(connection)
        await connection.wait_closed()
        self.closes.put_nowait((connection.close_code, connection.close_reason))


def answer(status: int, body: str = "", **headers: str) -> Response:
    """An HTTP answer; underscores in header names stand for hyphens."""
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(status, HTTPStatus(status).phrase, named, body.encode())


@dataclass
class Listener:
    """A TCP server that answers what `says` says, or nothing; `gone` has an entry for each peer that went away."""

    says: Callable[[bytes], bytes] = lambda _: b""
    port: int = 0
    reads: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    gone: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                self.reads.put_nowait(data)
                writer.write(self.says(data))
        self.gone.put_nowait(None)
        writer.close()


def upgraded(raw: bytes) -> Callable[[bytes], bytes]:
    """Complete the handshake and say something at once; answer nothing to what comes later."""

    def says(data: bytes) -> bytes:
        key = re.search(rb"Sec-WebSocket-Key: (\S+)", data)
        if key is None:
            return b""
        accept = accept_key(key[1].decode()).encode()
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        return head + b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + raw

    return says


@dataclass
class Proxy:
    """A CONNECT proxy that knows every name as 127.0.0.1; `asked` are its request heads."""

    refusal: bytes = b""
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        if self.refusal:
            writer.write(self.refusal)
            writer.close()
            return
        port = int(head.split()[1].rpartition(":")[2])
        there, back = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(self.pipe(reader, back), self.pipe(there, writer))

    @staticmethod
    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        writer.close()


@dataclass
class IdentityEndpoint:
    """The managed identity endpoint of App Service; each token that it gives has its own name."""

    life: int = 3600
    status: int = 200
    plain: bool = False
    held: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[dict[str, str]] = field(default_factory=list)
    arrived: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def serve(self, request: web.Request) -> web.Response:
        if request.headers.get("X-IDENTITY-HEADER") != "canary-header":
            return web.json_response({"error": "unauthorized"}, status=401)
        self.asked.append(dict(request.query))
        self.arrived.put_nowait(None)
        number = len(self.asked)
        await self.held.wait()
        if self.plain:
            return web.Response(text="no identity here", status=self.status)
        if self.status != HTTPStatus.OK:
            return web.json_response({"error": "server_error"}, status=self.status)
        token = {"access_token": f"token-{number}", "token_type": "Bearer", "resource": request.query["resource"]}
        return web.json_response({**token, "expires_in": str(self.life)})
