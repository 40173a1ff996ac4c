"""Results that a profile shows to the client, over real sockets."""

from typing import Any

import pytest
from websockets.typing import Subprotocol

from tests.conversations.conftest import Pair, ServePair
from tests.conversations.service import Event, Service, call, message, response, text_of, until_done
from tests.conversations.tooling import arguments
from tests.harness import read, write

SHOWING = """
[profiles.assistant]
base = "locked"
[profiles.assistant.tools.look_up]
python = "tests.conversations.tooling:look_up"
results = "{results}"
[profiles.assistant.tool_calls]
announce = "{announce}"
"""
OPTED_IN: dict[str, Any] = {"subprotocols": [Subprotocol("realtime"), Subprotocol("relay.v1")]}


async def script(service: Service) -> None:
    """Call the tool, and answer with what the model got of the result."""
    await service.begin()
    await service.hear("response.create")
    await service.say(*response("resp_1", call("item_1", "look_up", arguments("it"))))
    output = (await service.hear("conversation.item.create"))["item"]["output"]
    await service.hear("response.create")
    await service.say(*response("resp_2", message("item_9", output)))
    await service.wait_closed()


async def asked(pair: Pair, **options: Any) -> list[Event]:
    """Ask for an answer, and return what the client sees of it."""
    pair.play(script)
    async with pair.connect(**options) as client:
        await read(client)
        await write(client, {"type": "response.create"})
        return await until_done(client)


def not_the_apis(events: list[Event]) -> list[Event]:
    """Return the events that the API does not have, without what differs from run to run, and the greeting."""
    told = [event for event in events if event["type"].startswith(("relay.", "extension."))]
    return [
        {key: value for key, value in event.items() if key != "event_id"}
        for event in told
        if event["type"] != "relay.ready"
    ]


SHOWN = {"type": "relay.tool_result", "name": "look_up", "call_id": "call_item_1", "result": "found it"}
VOICERAG = {
    "type": "extension.middle_tier_tool_response",
    "previous_item_id": None,
    "tool_name": "look_up",
    "tool_result": "found it",
}
STATUS = '{"status": "shown to the user"}'

RESULTS: list[tuple[str, str, dict[str, Any], list[Event], str]] = [
    # who learns it, how it is announced, the client's options, what it is shown, what the model reads
    ("both", "relay", OPTED_IN, [SHOWN], "found it"),
    ("both", "relay", {}, [], "found it"),
    ("client", "relay", OPTED_IN, [SHOWN], STATUS),
    ("both", "voicerag", {}, [VOICERAG], "found it"),
    ("client", "voicerag", {}, [VOICERAG], STATUS),
    ("server", "voicerag", OPTED_IN, [], "found it"),
]


@pytest.mark.parametrize(("results", "announce", "options", "shown", "read_by_model"), RESULTS)
async def test_who_learns_a_result(  # noqa: PLR0917 - a table's columns
    serve_pair: ServePair, results: str, announce: str, options: Any, shown: list[Event], read_by_model: str
) -> None:
    """The client by an event that it knows, and the model by its output."""
    pair = await serve_pair(SHOWING.format(results=results, announce=announce))
    events = await asked(pair, **options)
    assert not_the_apis(events) == shown
    assert text_of(events[-1]) == read_by_model
