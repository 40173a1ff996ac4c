"""What a tool is to the toolbox, and how work is carried out within its time.

A tool's failure is text for the model: our own words, never those of an exception. A cancellation from outside
goes through, always; one that a tool brought upon itself is a failure of the tool's.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

__all__ = [
    "NOTHING",
    "CalledOff",
    "Tool",
    "ToolConfig",
    "ToolContext",
    "ToolFailure",
    "as_text",
    "bounded",
    "definition",
    "failure",
    "within",
]

T = TypeVar("T")

NOTHING = '{"result":null}'
"""What the model reads of a tool that said nothing."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """For whom a tool is called: names of the session, the user and the profile."""

    session: str
    user: str
    profile: str


class ToolConfig(BaseModel):
    """What every tool is configured with, wherever it runs."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    timeout: float = Field(default=10, gt=0, le=600, description="Seconds that one call may take.")
    max_output: int = Field(default=65_536, gt=0, le=1_048_576, description="Bytes that one call may return.")
    results: Literal["server", "client", "both"] = Field(
        default="server", description="Who gets the result: the model (`server`), the client, or both."
    )
    hidden: bool = Field(default=True, description="The client does not see the call.")


class Tool(Protocol):
    """One tool, ready to be called."""

    @property
    def definition(self) -> Mapping[str, Any]:
        """The GA function tool: `type`, `name`, `description`, `parameters`."""

    @property
    def config(self) -> ToolConfig:
        """Its bounds, and who sees what."""

    async def call(self, arguments: str, context: ToolContext) -> str:
        """Carry it out with `arguments`, a JSON text. Raises `ToolFailure` for what the model is to be told."""


class ToolFailure(Exception):
    """A call came to nothing; `words` and `more` are for the model, `words` alone for the log."""

    def __init__(self, words: str, **more: Any) -> None:
        super().__init__(words)
        self.words = words
        self.more = more

    @property
    def text(self) -> str:
        """What the model reads."""
        return failure(self.words, **self.more)


class CalledOff(Exception):
    """The work was cancelled, and not by whoever waits for it."""


def failure(words: str, **more: Any) -> str:
    """Tell the model of a failure, as JSON text: `{"error": words, …}`."""
    return json.dumps({"error": words, **more}, ensure_ascii=False, separators=(",", ":"))


def definition(name: str, description: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make a GA function tool."""
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


def as_text(value: object) -> str:
    """Return text as it is, and anything else as JSON text. Raises `ValueError` for what cannot be JSON."""
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else to_json(value, inf_nan_mode="null").decode()


def bounded(text: str, limit: int) -> str:
    """Return text that fits on a wire; more than `limit` bytes are a failure, for half an answer misleads."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) > limit:
        raise ToolFailure("the tool's output was too large", limit_in_bytes=limit)
    return encoded.decode() or NOTHING


async def within(seconds: float, work: Callable[[], Awaitable[T]]) -> T:
    """Do the work in this time. Raises `ToolFailure` when it is up, and `CalledOff`."""
    task = asyncio.current_task()
    asked = task.cancelling() if task else 0
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await work()
    except TimeoutError:
        if limit.expired():
            raise ToolFailure("the tool took too long") from None
        raise
    except asyncio.CancelledError:
        if task and task.cancelling() > asked:
            raise
        raise CalledOff from None
