"""Server-side tools and judges for the tests: a profile names them as `tests.conversations.tooling:<name>`."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass, field

from pydantic import BaseModel

from app.effects import ToolContext

CANARY_DESCRIPTION = "canary-description: looks things up in the secret archive"


TOOLS = """
[profiles.assistant]
base = "locked"

[profiles.assistant.session]
instructions = { fixed = "canary-prompt: you keep the archive" }

[profiles.assistant.tools.look_up]
python = "tests.conversations.tooling:look_up"

[profiles.assistant.tools.wait]
python = "tests.conversations.tooling:wait"
timeout = 60

[profiles.assistant.tools.fail]
python = "tests.conversations.tooling:fail"
"""
"""A file with one profile, which has tools."""


def arguments(query: str) -> str:
    """Return the arguments of a call."""
    return json.dumps({"query": query})


class Query(BaseModel):
    """What is looked up."""

    query: str


@dataclass
class Desk:
    """Where a test watches the calls of its tools, and lets them go on."""

    called: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    may_end: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    cancelled: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    users: dict[str, str] = field(default_factory=dict)


desk = Desk()


async def look_up(arguments: Query) -> str:
    """canary-description: looks things up in the secret archive"""  # noqa: D400 - a canary
    return f"found {arguments.query}"


async def wait(arguments: Query, context: ToolContext) -> str:
    """Wait until the test lets it go on."""
    desk.users[arguments.query] = context.user
    desk.called[arguments.query].set()
    try:
        await desk.may_end[arguments.query].wait()
    except asyncio.CancelledError:
        desk.cancelled[arguments.query].set()
        raise
    return f"waited for {arguments.query}"


async def fail(arguments: Query) -> str:
    """Fail, with words that nobody may see."""
    raise RuntimeError(f"canary-fault {arguments.query}")


async def decent(text: str) -> bool:
    """Judge: the word `blocked` is not decent."""
    return "blocked" not in text


async def of_alice(text: str, context: ToolContext) -> bool:
    """Judge: it is Alice's in a profile named careful, and decent."""
    return (context.user, context.profile) == ("alice", "careful") and await decent(text)
