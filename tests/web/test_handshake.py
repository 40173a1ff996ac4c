"""How the opening request is read, and that a refusal of somebody who has left is no error."""

from typing import Any

from starlette.websockets import WebSocket

from app.errors import Ended, Ending
from app.web.handshake import read_handshake, refuse

SCOPE: dict[str, Any] = {
    "type": "websocket",
    "path": "/v1/realtime",
    "query_string": b"model=first&model=second&intent=transcription&empty=",
    "headers": [(b"host", b"relay.example"), (b"x-twice", b"first"), (b"x-twice", b"second")],
    "subprotocols": ["realtime", "openai-insecure-api-key.k"],
    "server": ("192.0.2.1", 443),
    "extensions": {"websocket.http.response": {}},
}


def test_the_first_of_equal_names_counts() -> None:
    """In headers and in the query alike, so that nobody behind us reads another one."""
    handshake = read_handshake(SCOPE)
    assert handshake.query == {"model": "first", "intent": "transcription", "empty": ""}
    assert handshake.headers == {"host": "relay.example", "x-twice": "first"}
    assert handshake.asked_model == "first"
    assert handshake.transcription
    assert handshake.local_address == "192.0.2.1"


def test_the_lines_that_proxies_add_are_one() -> None:
    """A proxy may add a line of its own: then the caller's stands before it, and is not the one that counts."""
    lines = [(b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"203.0.113.9")]
    handshake = read_handshake({**SCOPE, "headers": [*SCOPE["headers"], *lines]})
    assert handshake.headers["x-forwarded-for"] == "198.51.100.1,203.0.113.9"


def test_a_server_that_does_not_know_its_address_has_none() -> None:
    """Then nobody is on this machine as far as dev mode goes."""
    assert read_handshake({**SCOPE, "server": None}).local_address is None


def test_of_a_query_the_first_hundred_fields_count() -> None:
    """A hostile query costs no more than its first fields."""
    hostile = {**SCOPE, "query_string": b"&".join(b"f%d=v" % number for number in range(5000))}
    assert len(read_handshake(hostile).query) == 100


async def test_who_has_left_is_told_nothing() -> None:
    """The server raises when it writes to a connection that is gone; nobody is there to be told."""

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(_: Any) -> None:
        raise OSError

    for subprotocols in ([], ["realtime"]):
        websocket = WebSocket({**SCOPE, "subprotocols": subprotocols}, receive, send)
        await websocket.receive()
        await refuse(websocket, read_handshake(websocket.scope), "name", Ended(Ending.UNAUTHENTICATED))
