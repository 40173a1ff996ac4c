"""The opening handshake: read from the ASGI scope, accepted, or refused in the form that the caller can read.

A browser sees nothing but 1006 of an HTTP denial. So who offers subprotocols or sends an Origin is accepted, told
by an `error` event, and closed with code and reason; everybody else gets the HTTP status and OpenAI's error body.
"""

from collections.abc import Iterable
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import JSONResponse
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.auth.credentials import Handshake
from app.errors import Ended, Ending, error_body, error_event
from app.web.admission import ORIGIN_REFUSED, TOO_MANY_ATTEMPTS

__all__ = ["accept", "denial", "read_handshake", "refuse"]

SELECTED = ("realtime", "relay.v1")
"""The subprotocols that may be selected, the preferred first."""

GONE = (OSError, WebSocketDisconnect, RuntimeError)
"""What servers and Starlette raise when one writes to a connection that has ended."""

FORWARDED_FOR = "x-forwarded-for"
MAX_FIELDS = 100
PLAIN = frozenset({ORIGIN_REFUSED, TOO_MANY_ATTEMPTS})
"""Error codes that are told by HTTP alone, with no further work: to a foreign Origin, and to one who guesses."""


def read_handshake(scope: Scope) -> Handshake:
    """Read what the caller brought; of equal names the first counts, and 100 fields of a query."""
    fields = scope["query_string"].decode("latin-1").split("&")[:MAX_FIELDS]
    query = parse_qsl("&".join(fields), keep_blank_values=True)
    server, client = scope.get("server"), scope.get("client")
    return Handshake(
        path=scope["path"],
        headers=_headers(scope["headers"]),
        query=dict(reversed(query)),
        subprotocols=tuple(scope.get("subprotocols", ())),
        local_address=server[0] if server else None,
        peer=client[0] if client else None,
    )


def _headers(lines: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Take the first of equal names, but all lines that proxies add to: a caller's own come first."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in lines:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name not in headers:
            headers[name] = value
        elif name == FORWARDED_FOR:
            headers[name] += f",{value}"
    return headers


async def accept(websocket: WebSocket, handshake: Handshake) -> None:
    """Accept, and select `realtime` or `relay.v1` if it is offered: never the subprotocol that carries the key.

    Raises `Ended` if the caller has left meanwhile.
    """
    try:
        selected = next((each for each in SELECTED if each in handshake.subprotocols), None)
        await websocket.accept(subprotocol=selected)
    except GONE:
        raise Ended(Ending.CLIENT_LEFT, detail="before it was accepted") from None


async def refuse(websocket: WebSocket, handshake: Handshake, name: str, ended: Ended) -> None:
    """Tell a caller who was not let in what is wrong, and how to mend it; `name` is the request's id."""
    try:
        if _reads_in_band(handshake) and ended.code not in PLAIN:
            await _refuse_in_band(websocket, handshake, name, ended)
        else:
            await websocket.send_denial_response(denial(name, ended))
    except (Ended, *GONE):
        return  # the caller has left, and hears no more


def _reads_in_band(handshake: Handshake) -> bool:
    return bool(handshake.subprotocols) or handshake.origin is not None


async def _refuse_in_band(websocket: WebSocket, handshake: Handshake, name: str, ended: Ended) -> None:
    await accept(websocket, handshake)
    event = error_event(ended, f"event_relay_{name}")
    await websocket.send_text(msgspec.json.encode(event).decode())
    await websocket.close(ended.close_code, ended.reason)


def denial(name: str, ended: Ended) -> JSONResponse:
    """Make the HTTP answer to a caller who is not let in; `name` is the request's id."""
    headers = {"x-request-id": name}
    if ended.retry_after is not None:
        headers["retry-after"] = str(ended.retry_after)
    return JSONResponse(error_body(ended), ended.ending.value.status, headers)
