"""A reload of the profiles under running sessions, over real sockets."""

import asyncio
import json

from tests.conversations.conftest import ServePair
from tests.conversations.service import Service, call, message, response, text_of, until_done
from tests.effects.service import Service as Endpoint
from tests.harness import PATIENCE, read, write

ASSISTANT = """
[profiles.assistant]
base = "locked"
hosts = ["{host}"]
[profiles.assistant.tools.ask]
url = "http://{host}/ask"
description = "Asks."
timeout = 60
"""


async def test_a_tool_at_work_outlives_a_reload(serve_pair: ServePair, endpoint: Endpoint) -> None:
    """Its call ends well, and so does the next one: a session keeps the tools that it began with."""
    endpoint.wait("/ask")
    pair = await serve_pair(ASSISTANT.format(host=endpoint.host))

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        outputs = []
        for number in range(2):
            await service.say(*response(f"resp_{number}", call(f"item_{number}", "ask", "{}")))
            outputs.append((await service.hear("conversation.item.create"))["item"]["output"])
            await service.hear("response.create")
        await service.say(*response("resp_9", message("item_9", json.dumps(outputs))))
        await service.wait_closed()

    pair.play(script)
    async with pair.connect() as client:
        await read(client)
        await write(client, {"type": "response.create"})
        async with asyncio.timeout(PATIENCE):
            await endpoint.arrived.get()
        await pair.relay.parts.profiles.reload()
        async with pair.connect() as newcomer:
            await read(newcomer)
        endpoint.go.set()
        events = await until_done(client)
    assert json.loads(text_of(events[-1])) == ["late", "late"]
