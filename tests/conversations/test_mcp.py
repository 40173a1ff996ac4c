"""Tools of an MCP server, over real sockets: the relay is its client, and the browser knows of neither."""

import json
import sys

from tests.conversations.conftest import ServePair
from tests.conversations.service import Service, call, message, response, text_of, until_done
from tests.effects.serving_mcp import SERVER
from tests.harness import read, write

PROFILES = f"""
[profiles.assistant]
[profiles.assistant.mcp.archive]
command = {json.dumps(sys.executable)}
args = [{json.dumps(str(SERVER))}]
tools = ["echo"]
prefix = "canary_"
timeout = 60
"""


async def test_a_tool_of_an_mcp_server_is_called_and_nobody_sees_it(serve_ga: ServePair) -> None:
    """The model is offered what the server has, under the profile's prefix, and gets what it answers."""
    offered: list[str] = []

    async def script(service: Service) -> None:
        session = await service.begin()
        offered.extend(tool["name"] for tool in session["tools"])
        await service.hear("response.create")
        await service.say(*response("resp_1", call("item_1", "canary_echo", json.dumps({"text": "from afar"}))))
        output = (await service.hear("conversation.item.create"))["item"]["output"]
        await service.hear("response.create")
        await service.say(*response("resp_2", message("item_9", output)))
        await service.wait_closed()

    pair = await serve_ga(PROFILES)
    pair.play(script)
    async with pair.connect() as client:
        created = await read(client)
        await write(client, {"type": "response.create"})
        events = await until_done(client)
    assert offered == ["canary_echo"]
    assert "from afar" in text_of(events[-1])
    assert "canary" not in json.dumps([created, *events])
