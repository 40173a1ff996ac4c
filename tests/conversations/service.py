"""A service for scripts, event by event: what a response of GA's consists of, in the order of the wire.

Scripts tell and hear GA; a service that speaks preview says it in preview's words, and hears what stands for it.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection

from app.protocol.catalogue import GenerationName
from app.protocol.dialect import PreviewClient
from app.simulator.session_object import Opening, begun, updated
from tests.harness import read, write

Event = dict[str, Any]


class Service:
    """One connection of a service. `session` is what it begins with, in its own words, and with every field."""

    def __init__(self, connection: ServerConnection, generation: GenerationName = "ga") -> None:
        self.connection = connection
        self.session: Event = begun(Opening(generation, "realtime", "secret-deployment"), "sess_1", 1)
        self._words = PreviewClient() if generation == "preview" else None
        self._heard: deque[Event] = deque()

    async def greet(self) -> None:
        """Begin a session on which the relay imposes nothing."""
        await self._write({"type": "session.created", "event_id": "event_created", "session": self.session})

    async def begin(self) -> Event:
        """Begin a session, take the relay's update, and return the session that was asked for, in GA's words."""
        await self.greet()
        update = await read(self.connection)
        assert update["type"] == "session.update", update
        self.session = updated(self.session, update["session"])
        await self._write({"type": "session.updated", "event_id": "event_updated", "session": self.session})
        asked: Event = self._understood(update)[0]["session"]
        return asked

    async def say(self, *events: Event) -> None:
        """Send events of GA's, each with an id of its own."""
        for number, event in enumerate(events, 1):
            told = {"event_id": f"event_{event['type']}_{number}", **event}
            for each in self._words.write(told) if self._words else [told]:
                await self._write(each)

    async def read(self) -> Event:
        """Return the next event of the relay's, in GA's words."""
        while not self._heard:
            self._heard.extend(self._understood(await read(self.connection)))
        return self._heard.popleft()

    async def hear(self, kind: str) -> Event:
        """Read on to an event of this type."""
        while (event := await self.read())["type"] != kind:
            pass
        return event

    async def wait_closed(self) -> None:
        """Wait until the relay has closed."""
        await self.connection.wait_closed()

    def _understood(self, event: Event) -> list[Event]:
        return self._words.read(event) if self._words else [event]

    async def _write(self, event: Event) -> None:
        await write(self.connection, event)


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


async def until_done(client: ClientConnection) -> list[Any]:
    """Return what a client sees up to the end of a response."""
    return await until_type(client, "response.done")


async def until_type(client: ClientConnection, kind: str) -> list[Any]:
    """Return what a client sees up to an event of this type."""
    events: list[Any] = []
    while not events or events[-1]["type"] != kind:
        events.append(await read(client))
    return events


def text_of(done: Any) -> str:
    """Return what the only output of a response says, in either generation's words."""
    (item,) = done["response"]["output"]
    (part,) = item["content"]
    said: str = part.get("text") or part["transcript"]
    return said
