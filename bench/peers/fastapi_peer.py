"""A bare relay: FastAPI under uvicorn, `websockets` upwards, a task for each direction, and no message is read.

Run as `fastapi_peer.py <port> <upstream port>`.
"""

import asyncio
import contextlib
import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

app = FastAPI()


async def up(client: WebSocket, upstream: ClientConnection) -> None:
    """Pass the client's events on."""
    while True:
        await upstream.send(await client.receive_text())


async def down(upstream: ClientConnection, client: WebSocket) -> None:
    """Pass the service's events on."""
    async for message in upstream:
        await client.send_text(str(message))


@app.websocket("/v1/realtime")
async def relay(client: WebSocket) -> None:
    """Hold one session."""
    await client.accept()
    url = f"ws://127.0.0.1:{sys.argv[2]}/v1/realtime?{client.url.query}"
    with contextlib.suppress(WebSocketDisconnect, ConnectionClosed, RuntimeError):
        async with connect(url, compression=None, max_size=None) as upstream:
            pumps = [asyncio.ensure_future(up(client, upstream)), asyncio.ensure_future(down(upstream, client))]
            done, left = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for each in left:
                each.cancel()
            for each in done:
                each.result()


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="error",
        ws_per_message_deflate=False,
        loop="uvloop",
    )
