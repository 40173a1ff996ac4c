"""What the assistant says: an honest echo, and calls of the tools that the user names.

It says what it read or heard, quotes what a tool returned, and always says that it is simulated.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from app.simulator.arguments import arguments_for
from app.simulator.items import Entry, text_of
from app.simulator.session_object import Terms

__all__ = ["Call", "Say", "plan"]

QUOTED = 400
"""Characters that are quoted of what somebody wrote."""


@dataclass(frozen=True, slots=True)
class Say:
    """A message, to be written or spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function call."""

    name: str
    arguments: str


def plan(context: Sequence[Entry], terms: Terms) -> list[Say | Call]:
    """Return the outputs of one response to a conversation: at least one."""
    return _calls(context, terms) or [Say(_answer(context))]


def _calls(context: Sequence[Entry], terms: Terms) -> list[Say | Call]:
    last = context[-1].item if context else {}
    said = text_of(last) if last.get("role") == "user" else ""
    named = [(tool, found) for tool in _offered(terms) if (found := _asked(tool["name"], said)) is not None]
    if not named and (terms.tool_choice == "required" or isinstance(terms.tool_choice, dict)):
        named = [(tool, "") for tool in _offered(terms)[:1]]
    return [
        Call(tool["name"], _encoded(arguments_for(tool.get("parameters"), hint)))
        for tool, hint in (named if terms.parallel else named[:1])
    ]


def _offered(terms: Terms) -> list[Mapping[str, Any]]:
    choice = terms.tool_choice
    functions = [tool for tool in terms.tools if tool.get("type", "function") == "function"]
    if isinstance(choice, dict):
        return [tool for tool in functions if tool["name"] == choice.get("name")]
    return [] if choice == "none" else functions


def _asked(name: str, said: str) -> str | None:
    """Look for a tool's name in what was said; returns what follows it, or None."""
    spelt = r"[\s_-]+".join(re.escape(word) for word in re.split(r"[_-]+", name))
    found = re.search(rf"(?<![\w-]){spelt}(?![\w-])(.*)", said, re.IGNORECASE | re.DOTALL)
    return found and found[1].strip(" :,.?!()\"'\n")


def _encoded(arguments: dict[str, Any]) -> str:
    return msgspec.json.encode(arguments).decode()


def _answer(context: Sequence[Entry]) -> str:
    outputs: list[str] = []
    for entry in reversed(context):
        if entry.item["type"] != "function_call_output":
            break
        outputs.insert(0, entry.item["output"])
    if outputs:
        return f"This is a simulated answer. The tool returned: {_quoted(' and '.join(outputs))}"
    users = [entry for entry in context if entry.item.get("role") == "user"]
    if not users:
        return "This is a simulated answer. Nobody has said anything yet."
    return f"This is a simulated answer. {_perceived(users[-1])}"


def _perceived(entry: Entry) -> str:
    kinds = {part["type"] for part in entry.item["content"]}
    perceived = []
    if entry.audio:
        perceived.append(f"I heard {entry.audio_ms / 1000:.1f} seconds of speech.")
    if "input_image" in kinds:
        perceived.append("I was shown an image.")
    if "input_text" in kinds:
        perceived.append(f"You wrote: {_quoted(text_of(entry.item))}")
    return " ".join(perceived) or "I heard nothing."


def _quoted(text: str) -> str:
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
