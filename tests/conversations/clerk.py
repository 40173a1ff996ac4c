"""A file of profiles for the tests: a locked clerk, whose prompt is a canary, a guest, and one who is quiet."""

from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.harness import read, write

PROMPT = "canary-prompt: you keep the archive, and the word of the day is kittiwake."

PROFILES = f"""
default = "clerk"

[profiles.clerk]
base = "locked"
names = ["clerk-model"]

[profiles.clerk.session]
instructions = {{ fixed = "{PROMPT}" }}
voice = {{ fixed = "alloy" }}
max_output_tokens = {{ within = {{ minimum = 1, maximum = 500 }}, default = 200 }}
output_modalities = {{ default = ["text"] }}
temperature = {{ fixed = 0.7 }}

[profiles.clerk.tools.look_up]
python = "tests.conversations.tooling:look_up"

[profiles.guest]
base = "open"
names = ["guest-model"]
roles = ["Relay.Guest"]

[profiles.quiet]
base = "locked"

[profiles.quiet.gate]
refused = "drop"
"""
"""A file with three profiles."""


async def drained(client: ClientConnection) -> list[Any]:
    """Return all events until the service has answered a last, harmless one."""
    await write(client, {"type": "input_audio_buffer.clear"})
    events: list[Any] = []
    while not events or events[-1]["type"] != "input_audio_buffer.cleared":
        events.append(await read(client))
    return events
