"""How an MCP server is reached: streamable HTTP, or a command that speaks over its standard streams.

Both through the official package. What one HTTP answer may hold is bounded here, since the package reads JSON
answers whole. A command gets the environment that it was given, and of the relay's own only what every program
needs (`PATH`, `HOME` and the like). What it says on its standard error goes nowhere: it may quote a session.
"""

import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TextIO

import httpx2
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

__all__ = ["MAX_MESSAGE", "over_http", "over_stdio"]

MAX_MESSAGE = 4 * 1024 * 1024
"""Bytes of one message from a server."""
SILENCE = 300.0
"""Seconds for which a stream of the server's may be silent."""


@asynccontextmanager
async def over_http(url: str, headers: Mapping[str, str], timeout: float) -> AsyncIterator[Client]:  # noqa: ASYNC109
    """Connect to a URL. No proxy of the environment's is used, and no redirect leaves the URL's origin."""
    async with httpx2.AsyncClient(
        headers={**headers, "Accept-Encoding": "identity"},
        timeout=httpx2.Timeout(timeout, read=SILENCE),
        trust_env=False,
        event_hooks={"response": [_bound]},
    ) as http:
        transport = streamable_http_client(url, http_client=http, max_sse_event_size=MAX_MESSAGE)
        async with Client(transport, read_timeout_seconds=timeout, cache=None) as client:
            yield client


@asynccontextmanager
async def over_stdio(
    command: str,
    args: Sequence[str],
    env: Mapping[str, str],
    timeout: float,  # noqa: ASYNC109 - the package's
) -> AsyncIterator[Client]:
    """Start a command and connect to it; it ends with the connection."""
    server = StdioServerParameters(command=command, args=list(args), env=dict(env))
    with _nowhere() as nowhere:
        transport = stdio_client(server, errlog=nowhere)
        async with Client(transport, read_timeout_seconds=timeout, cache=None) as client:
            yield client


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - whoever asks for it closes it


async def _bound(response: httpx2.Response) -> None:
    """Have an answer end with an error where it grows too large; a stream of events may go on."""
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise httpx2.DecodingError("compressed", request=response.request)
    stream = response.stream
    if isinstance(stream, httpx2.AsyncByteStream) and "event-stream" not in response.headers.get(
        "Content-Type", ""
    ):
        response.stream = _Bounded(stream)


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > MAX_MESSAGE:
                raise httpx2.StreamError("too large")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()
