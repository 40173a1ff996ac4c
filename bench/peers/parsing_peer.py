"""A relay as samples write and serve it: aiohttp on both legs and asyncio's own loop; each message is parsed.

A session update is rewritten on its way up, and what the service reports of a session on its way down; what nobody
changed goes on as it came. Run as `parsing_peer.py <port> <upstream port>`.
"""

import asyncio
import json
import sys
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType, web

HTTP = web.AppKey("http", ClientSession)
BACKLOG = 4096
INSTRUCTIONS = "You are a helpful assistant."


def to_upstream(text: str) -> str:
    """Put the server's instructions into a session update; leave all else."""
    event: dict[str, Any] = json.loads(text)
    if event["type"] == "session.update":
        event["session"]["instructions"] = INSTRUCTIONS
        return json.dumps(event)
    return text


def to_client(text: str) -> str:
    """Hide the instructions in what the service reports; leave all else."""
    event: dict[str, Any] = json.loads(text)
    if event["type"] in {"session.created", "session.updated"}:
        event["session"]["instructions"] = ""
        return json.dumps(event)
    return text


async def relay(request: web.Request) -> web.WebSocketResponse:
    """Hold one session."""
    client = web.WebSocketResponse()
    await client.prepare(request)
    async with request.app[HTTP].ws_connect(f"ws://127.0.0.1:{sys.argv[2]}{request.path_qs}") as upstream:
        pumps = [asyncio.ensure_future(up(client, upstream)), asyncio.ensure_future(down(upstream, client))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for each in pumps:
            each.cancel()
    await client.close()
    return client


async def up(client: web.WebSocketResponse, upstream: ClientWebSocketResponse) -> None:
    """Pass the client's events on."""
    async for message in client:
        if message.type == WSMsgType.TEXT:
            await upstream.send_str(to_upstream(message.data))


async def down(upstream: ClientWebSocketResponse, client: web.WebSocketResponse) -> None:
    """Pass the service's events on."""
    async for message in upstream:
        if message.type == WSMsgType.TEXT:
            await client.send_str(to_client(message.data))


async def make() -> web.Application:
    """Make the application; its client lives as long."""
    app = web.Application()
    app[HTTP] = ClientSession(connector=TCPConnector(limit=0))  # else it would hold 100 sessions
    app.router.add_get("/v1/realtime", relay)
    return app


if __name__ == "__main__":
    web.run_app(make(), host="127.0.0.1", port=int(sys.argv[1]), print=None, backlog=BACKLOG)
