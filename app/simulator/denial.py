"""Refusals as they go out: an HTTP answer, or an `error` event and a close, as OpenAI does it."""

import http.client
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Response

from app.errors import fitting
from app.simulator.admission import Denied
from app.simulator.outbox import new_id

__all__ = ["denial", "deny_in_band", "http_answer"]


async def deny_in_band(connection: ServerConnection, denied: Denied) -> None:
    """Refuse as OpenAI does: an `error` event, if it has a code, then a close."""
    reason = denied.message
    if denied.code is not None:
        reason = f"{denied.type}.{denied.code}"
        error = {
            "type": denied.type,
            "code": denied.code,
            "message": denied.message,
            "param": None,
            "event_id": None,
        }
        event = {"type": "error", "event_id": new_id("event"), "error": error}
        await connection.send(msgspec.json.encode(event), text=True)
    await connection.close(denied.close_code, fitting(reason))


def denial(denied: Denied) -> Response:
    """Return a refusal as Azure answers it on the handshake."""
    error = {"code": denied.code, "message": denied.message}
    if denied.param is not None:
        error["param"] = denied.param
    response = http_answer(denied.status, {"error": error})
    if denied.retry_after:
        response.headers["Retry-After"] = str(denied.retry_after)
    return response


def http_answer(status: int, body: Any) -> Response:
    """Return an HTTP answer with a JSON body."""
    text = msgspec.json.encode(body)
    headers = Headers(
        {"Content-Type": "application/json", "Content-Length": str(len(text)), "Connection": "close"}
    )
    return Response(status, http.client.responses.get(status, ""), headers, text)
