"""Functions that the tests configure as tools and judges; some are flawed on purpose."""

import asyncio
import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, RootModel

from app.effects import ToolContext
from app.policy.judging import Verdict


@dataclass(frozen=True)
class Watch:
    """What a test waits for: that a function has begun, and that it has ended."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        """Wait for ever, and tell when cancelled."""
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()


watches: dict[str, Watch] = {}
"""By the name or text that a function is called with."""

NOT_A_FUNCTION = 1


class City(BaseModel):
    name: str
    days: int = 1


class Names(RootModel[list[str]]):
    pass


class Nothing(BaseModel):
    pass


class Report(BaseModel):
    sky: str
    kind: ClassVar[str] = "weather"


async def weather(arguments: City) -> dict[str, Any]:
    """Tell the weather of a city."""
    return {"sky": "blue", "city": arguments.name, "days": arguments.days}


async def whose(arguments: Nothing, context: ToolContext) -> str:  # noqa: ARG001 - there are none
    """Tell who asks."""
    return f"{context.user} of {context.profile} in {context.session}"


async def report(arguments: City) -> Report:  # noqa: ARG001 - the sky is the same everywhere
    """Tell the weather as a model."""
    return Report(sky="grey")


async def nothing(arguments: Nothing) -> None:
    """Say nothing."""


async def unnumbered(arguments: Nothing) -> list[float]:  # noqa: ARG001 - there are none
    """Return what JSON has no word for."""
    return [1.5, math.nan]


async def echo(arguments: City) -> str:
    """Repeat."""
    return arguments.name


async def unwritable(arguments: Nothing) -> object:  # noqa: ARG001 - there are none
    """Return what cannot be JSON."""
    return {"what": object()}


async def failing(arguments: Nothing) -> str:  # noqa: ARG001 - there are none
    """Fail."""
    raise RuntimeError("canary-secret")


async def late(arguments: Nothing) -> str:  # noqa: ARG001 - there are none
    """Raise a time-out of its own."""
    raise TimeoutError("canary-secret")


async def giving_up(arguments: Nothing) -> str:  # noqa: ARG001 - there are none
    """Cancel nobody but itself."""
    raise asyncio.CancelledError


async def waiting(arguments: Nothing) -> str:  # noqa: ARG001 - there are none
    """Wait for ever."""
    await asyncio.Event().wait()
    return "never"


async def watched(arguments: City) -> str:
    """Wait for ever, before a test's eyes."""
    await watches[arguments.name].wait()
    return "never"


def plain(arguments: Nothing) -> str:  # noqa: ARG001 - there are none
    """Be no coroutine."""
    return ""


async def bare(arguments) -> str:  # type: ignore[no-untyped-def]  # noqa: ANN001, ARG001 - the flaw
    """Have no annotation."""
    return ""


async def of_names(arguments: Names) -> str:  # noqa: ARG001 - the flaw is the annotation
    """Take a list."""
    return ""


async def none_at_all() -> str:
    """Take nothing."""
    return ""


async def too_many(arguments: Nothing, context: ToolContext, more: int) -> str:  # noqa: ARG001 - the flaw
    """Take three."""
    return ""


async def by_name(*, arguments: Nothing) -> str:  # noqa: ARG001 - the flaw
    """Take nothing by its place."""
    return ""


async def unreadable(arguments: "Nowhere") -> str:  # type: ignore[name-defined]  # noqa: ARG001, F821 - the flaw
    """Have an annotation that names nothing."""
    return ""


async def undescribed(arguments: Nothing) -> str:  # noqa: ARG001 - there are none
    return ""


async def polite(text: str) -> bool:
    return "rude" not in text


async def known(text: str, context: ToolContext) -> Verdict:  # noqa: ARG001 - judged by who says it
    return Verdict(allowed=context.user == "alice")


async def refusing(text: str) -> Verdict:  # noqa: ARG001 - refused whatever it is
    return Verdict(allowed=False)


async def unclear(text: str) -> str:
    return text


async def raising(text: str) -> bool:
    raise RuntimeError(text)


async def undecided(text: str) -> bool:  # noqa: ARG001 - nobody reads it
    await asyncio.Event().wait()
    return True


async def watching(text: str) -> bool:
    await watches[text].wait()
    return True


async def leaving(text: str) -> bool:  # noqa: ARG001 - nobody reads it
    raise asyncio.CancelledError
