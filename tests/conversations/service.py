"""A service for scripts, event by event: what a response of GA's consists of, in the order of the wire."""

from collections.abc import Iterator
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection

from tests.harness import CREATED, read, write

Event = dict[str, Any]


async def begin(connection: ServerConnection) -> Event:
    """Begin a session, take the relay's update, and return the session that was asked for."""
    await write(connection, CREATED)
    update = await read(connection)
    assert update["type"] == "session.update", update
    session: Event = update["session"]
    await write(
        connection,
        {"type": "session.updated", "event_id": "event_0", "session": {**CREATED["session"], **session}},
    )
    return session


def message(item_id: str, text: str) -> Event:
    """Return a message of the model's, as it is when it is done."""
    content = [{"type": "output_text", "text": text}]
    return {"id": item_id, "type": "message", "role": "assistant", "status": "completed", "content": content}


def call(item_id: str, name: str, arguments: str) -> Event:
    """Return a function call of the model's, as it is when it is done."""
    return {
        "id": item_id,
        "type": "function_call",
        "status": "completed",
        "name": name,
        "call_id": f"call_{item_id}",
        "arguments": arguments,
    }


def response(response_id: str, *items: Event, previous: str | None = None) -> Iterator[Event]:
    """Yield the events of one response with these items; ids of events are left to `say`."""
    head: Event = {
        "object": "realtime.response",
        "id": response_id,
        "conversation_id": "conv_1",
        "status_details": None,
    }
    begun: Event = {**head, "status": "in_progress", "output": [], "usage": None}
    yield {"type": "response.created", "response": begun}
    for index, item in enumerate(items):
        yield from _item(response_id, index, item, previous)
        previous = item["id"]
    usage = {"total_tokens": 10, "input_tokens": 5, "output_tokens": 5}
    yield {
        "type": "response.done",
        "response": {**head, "status": "completed", "output": list(items), "usage": usage},
    }


def _item(response_id: str, index: int, item: Event, previous: str | None) -> Iterator[Event]:
    emptied: Event = {"arguments": ""} if "arguments" in item else {"content": []}
    begun = {**item, "status": "in_progress", **emptied}
    of = {"response_id": response_id, "output_index": index}
    where = {**of, "item_id": item["id"]}
    yield {"type": "response.output_item.added", **of, "item": begun}
    yield {"type": "conversation.item.added", "previous_item_id": previous, "item": begun}
    if item["type"] == "function_call":
        where = {**where, "call_id": item["call_id"]}
        yield {"type": "response.function_call_arguments.delta", **where, "delta": item["arguments"]}
        named = {"name": item["name"], "arguments": item["arguments"]}
        yield {"type": "response.function_call_arguments.done", **where, **named}
    else:
        text = item["content"][0]["text"]
        where = {**where, "content_index": 0}
        yield {"type": "response.content_part.added", **where, "part": {"type": "text", "text": ""}}
        yield {"type": "response.output_text.delta", **where, "delta": text}
        yield {"type": "response.output_text.done", **where, "text": text}
        yield {"type": "response.content_part.done", **where, "part": {"type": "text", "text": text}}
    yield {"type": "conversation.item.done", "previous_item_id": previous, "item": item}
    yield {"type": "response.output_item.done", **of, "item": item}


async def say(connection: ServerConnection, *events: Event) -> None:
    """Send events, each with an id of its own."""
    for number, event in enumerate(events, 1):
        await write(connection, {"event_id": f"event_{event['type']}_{number}", **event})


async def hear(connection: ServerConnection, kind: str) -> Event:
    """Read on to an event of this type."""
    while True:
        event: Event = await read(connection)
        if event["type"] == kind:
            return event


async def until_done(client: ClientConnection) -> list[Any]:
    """Return what a client sees up to the end of a response."""
    events: list[Any] = []
    while not events or events[-1]["type"] != "response.done":
        events.append(await read(client))
    return events
