"""Server-side tools and judges for the tests: a profile names them as `tests.conversations.tooling:<name>`."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from pydantic import BaseModel

from app.effects import ToolContext

CANARY_DESCRIPTION = "canary-description: looks things up in the secret archive"


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
