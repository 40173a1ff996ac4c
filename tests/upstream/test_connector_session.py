"""A session that is to be in force before anybody speaks: acknowledged, or there is none."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from app.errors import Ended, Ending
from app.upstream.connector import Connector
from tests.upstream.services import CREATED, Service
from tests.upstream.test_connector import azure

Start = Callable[..., Awaitable[Service]]
Make = Callable[..., Connector]

WANTED = {"type": "session.update", "session": {"type": "realtime", "instructions": "canary-prompt"}}
UPDATE = json.dumps(WANTED).encode()


def says(*events: Any) -> Callable[[ServerConnection], Awaitable[None]]:
    """Be a service that answers the update with these events; a number closes with that code."""

    async def script(connection: ServerConnection) -> None:
        assert json.loads(await connection.recv()) == WANTED
        for event in events:
            if isinstance(event, int):
                await connection.close(event)
            else:
                await connection.send(event if isinstance(event, str) else json.dumps(event))

    return script


async def test_the_session_is_in_force(service: Start, connector: Make) -> None:
    """What comes before the acknowledgement is no answer; the first event then tells the effective session."""
    effective = {"id": "sess_1", "instructions": "canary-prompt"}
    updated = {"type": "session.updated", "event_id": "e", "session": effective}
    served = await service(script=says({"type": "conversation.created", "event_id": "c"}, updated))
    upstream = await connector().open(azure(served.endpoint), request_id="s1", update=UPDATE)
    assert json.loads(upstream.created) == {**json.loads(CREATED), "session": effective}
    upstream.socket.abort()


def refused(code: str, param: Any) -> dict[str, Any]:
    """Return the service's complaint."""
    error = {"type": "invalid_request_error", "code": code, "param": param, "message": "canary-message"}
    return {"type": "error", "event_id": "e", "error": error}


REFUSALS: list[tuple[Any, Ending, str]] = [
    (refused("unknown_parameter", "session.foo"), Ending.BAD_REQUEST, "session.foo"),
    (refused("invalid_value", "session.tools[0].name"), Ending.BAD_REQUEST, "session.tools[0].name"),
    (refused("invalid_value", "canary value"), Ending.BAD_REQUEST, "the session"),
    (refused("invalid_value", None), Ending.BAD_REQUEST, "the session"),
    ({"type": "error", "event_id": "e", "error": "canary"}, Ending.BAD_REQUEST, "the session"),
    ("canary no json", Ending.UPSTREAM_FAILED, ""),
    ("[]", Ending.UPSTREAM_FAILED, ""),
    (1011, Ending.UPSTREAM_FAILED, ""),
    (1013, Ending.UPSTREAM_UNAVAILABLE, ""),
]


@pytest.mark.parametrize(("answer", "ending", "field"), REFUSALS)
async def test_without_its_session_there_is_none(
    service: Start, connector: Make, answer: Any, ending: Ending, field: str
) -> None:
    """An error, a close, or nonsense is a refusal; the caller learns the field, never what was in it."""
    served = await service(script=says(answer))
    with pytest.raises(Ended) as caught:
        await connector().open(azure(served.endpoint), request_id="s1", update=UPDATE)
    assert caught.value.ending is ending
    assert field in caught.value.message
    assert "canary" not in caught.value.message + caught.value.detail + caught.value.reason


async def test_an_acknowledgement_that_never_comes(service: Start, connector: Make) -> None:
    """The dial's time is for all of it."""
    served = await service(script=says())
    with pytest.raises(Ended) as caught:
        await connector(timeout=0.2).open(azure(served.endpoint), request_id="s1", update=UPDATE)
    assert caught.value.ending is Ending.DIAL_TIMEOUT
    await served.closes.get()
