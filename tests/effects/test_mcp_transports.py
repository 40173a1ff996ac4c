"""How an MCP server is reached, and what of an HTTP answer is read."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from aiohttp import web
from mcp import MCPError

from app.effects.mcp_transports import MAX_MESSAGE, over_http
from tests.effects.mcp_server import make
from tests.effects.service import CANARY, PATIENCE, Service
from tests.effects.serving_mcp import serving


def discovering(**how: Any) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer each JSON-RPC request with this result's text, whatever it is."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(content_type="application/json", **how)

    return answer


async def test_headers_go_to_the_server(service: Service) -> None:
    """Each request carries what the operator configured, and asks for nothing compressed."""
    service.answers["/mcp"] = discovering(text="{}")
    with pytest.raises(ExceptionGroup) as raised:
        async with over_http(f"{service.base}/mcp", {"api-key": CANARY}, PATIENCE):
            pass
    assert raised.group_contains(MCPError)
    assert service.seen
    assert all(each.headers["api-key"] == CANARY for each in service.seen)
    assert all(each.headers["Accept-Encoding"] == "identity" for each in service.seen)


async def test_redirect_to_another_origin_is_not_followed(service: Service, another: Service) -> None:
    """The secret stays where it belongs."""
    service.redirect("/mcp", f"{another.base}/mcp")
    with pytest.raises(ExceptionGroup) as raised:
        async with over_http(f"{service.base}/mcp", {"api-key": CANARY}, PATIENCE):
            pass
    assert raised.group_contains(MCPError)
    assert another.seen == []


async def test_answer_without_bounds_is_not_read(service: Service) -> None:
    """A JSON answer ends where a message may."""
    service.answers["/mcp"] = discovering(body=b" " * (MAX_MESSAGE + 1))
    with pytest.raises(ExceptionGroup) as raised:
        async with over_http(f"{service.base}/mcp", {}, PATIENCE):
            pass
    assert raised.group_contains(MCPError, match="too large")


async def test_compressed_answer_is_not_read(service: Service) -> None:
    """Its true size would be known only after it was unpacked."""
    service.answers["/mcp"] = discovering(body=b"", headers={"Content-Encoding": "gzip"})
    with pytest.raises(ExceptionGroup) as raised:
        async with over_http(f"{service.base}/mcp", {}, PATIENCE):
            pass
    assert raised.group_contains(httpx2.DecodingError)


RESULTS = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "old", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "old", "inputSchema": {"type": "object"}}]},
}


async def old_server(request: web.Request) -> web.Response:
    """Speak the protocol of 2025: a handshake, and answers as streams of events."""
    message = await request.json() if request.method == "POST" else {}
    if "id" not in message:
        return web.Response(status=202 if message else 405)
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
    if message["method"] in RESULTS:
        answer["result"] = RESULTS[message["method"]]
    else:
        answer["error"] = {"code": -32601, "message": "no such method"}
    return web.Response(text=f"event: message\ndata: {json.dumps(answer)}\n\n", content_type="text/event-stream")


async def test_server_of_the_older_protocol_is_understood(service: Service) -> None:
    """Its answers are streams of events, which may go on."""
    service.answers["/mcp"] = old_server
    async with over_http(f"{service.base}/mcp", {}, PATIENCE) as client:
        assert [each.name for each in (await client.list_tools()).tools] == ["old"]


async def test_server_of_the_newer_protocol_is_understood() -> None:
    """Its answers are JSON."""
    async with (
        serving(make().streamable_http_app()) as port,
        over_http(f"http://127.0.0.1:{port}/mcp", {}, PATIENCE) as client,
    ):
        assert len((await client.list_tools()).tools) == 8
