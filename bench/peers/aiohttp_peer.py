"""A bare relay: aiohttp on both legs, a task for each direction, and no message is read.

Run as `aiohttp_peer.py <port> <upstream port>`.
"""

import asyncio
import sys

import uvloop
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType, web

Leg = web.WebSocketResponse | ClientWebSocketResponse
HTTP = web.AppKey("http", ClientSession)
BACKLOG = 4096


async def pump(source: Leg, sink: Leg) -> None:
    """Pass on until the source has closed."""
    async for message in source:
        if message.type == WSMsgType.TEXT:
            await sink.send_str(message.data)


async def relay(request: web.Request) -> web.WebSocketResponse:
    """Hold one session."""
    client = web.WebSocketResponse()
    await client.prepare(request)
    async with request.app[HTTP].ws_connect(f"ws://127.0.0.1:{sys.argv[2]}{request.path_qs}") as upstream:
        pumps = [asyncio.ensure_future(pump(client, upstream)), asyncio.ensure_future(pump(upstream, client))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for each in pumps:
            each.cancel()
    await client.close()
    return client


async def make() -> web.Application:
    """Make the application; its client lives as long."""
    app = web.Application()
    app[HTTP] = ClientSession(connector=TCPConnector(limit=0))  # else it would hold 100 sessions
    app.router.add_get("/v1/realtime", relay)
    return app


if __name__ == "__main__":
    loop = uvloop.new_event_loop()
    web.run_app(make(), host="127.0.0.1", port=int(sys.argv[1]), print=None, backlog=BACKLOG, loop=loop)
