"""What a server-side tool is, and how a client is shown what came of a call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from app.policy.actions import Effect
from app.policy.teller import Teller
from app.protocol.frame import Frame

__all__ = ["SHOWN", "Calling", "Failed", "ServerTool", "ToolCall", "ToolRules", "announcement"]

SHOWN = '{"status": "shown to the user"}'
"""What the model reads of a result that is for the client alone."""


class ToolRules(BaseModel):
    """How server-side tools are called, and how their results are shown."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    max_rounds: PositiveInt = Field(
        default=8, description="Responses in a row that may call tools, without a new turn of the user's."
    )
    announce: Literal["relay", "voicerag"] = Field(
        default="relay",
        description="How a client is shown a result: `relay.tool_result` for those who opted in to the relay's own"
        " events, or `extension.middle_tier_tool_response` for all, as clients of the VoiceRAG sample expect.",
    )


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool of the server's, as the model is told of it in `definition`.

    `results`: who learns what came of a call; `hidden`: the client sees neither calls nor outputs.
    """

    name: str
    definition: Mapping[str, Any]
    results: Literal["server", "client", "both"] = "server"
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call: the protocol's `call_id`, the tool's name, and its arguments as the model wrote them (JSON)."""

    id: str
    name: str
    arguments: str


Calling = Callable[[ToolCall], Effect]
"""Makes the work that a call is."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What came of a call that failed: words for the model, and for nobody else."""

    text: str


def announcement(
    call: ToolCall, result: str, previous: str | None, rules: ToolRules, teller: Teller
) -> Frame | None:
    """Make the event that shows a result to the client, or None where it knows no such event.

    `previous` is the item that stands before the call, for the client.
    """
    if rules.announce == "voicerag":
        shown = {"previous_item_id": previous, "tool_name": call.name, "tool_result": result}
        return teller.event("extension.middle_tier_tool_response", **shown)
    if not teller.opted_in:
        return None
    return teller.event("relay.tool_result", name=call.name, call_id=call.id, result=result)
