"""A session's list of tools, which two sides write: the server's stand first, and the client's beside them.

The client never learns of the server's: not by the list, not by an index into it, not by what it may call for.
A tool of the client's that has the name of one of the server's is left out, as anything that a rule does not let
pass is: a refusal would confirm the name to whoever guesses it.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.policy.session_fields.fields import OMIT

__all__ = ["ToolLists"]

Tool = Mapping[str, Any]

NONE: frozenset[str] = frozenset()
INDEX = re.compile(r"\btools\[(\d{1,6})\]")
"""How the service names an entry of the list."""


class ToolLists:
    """Puts the lists together and takes them apart.

    `server` are definitions; `own` are those that a rule names, which the client runs and may therefore call for.
    `foreign`: the client may offer other things than functions, such as MCP servers.
    """

    def __init__(self, server: Sequence[Tool], own: Sequence[Tool] = (), *, foreign: bool = False) -> None:
        self.server = [dict(each) for each in server]
        self.names = _names(server)
        self.own = _names(own) - self.names
        self._foreign = foreign
        self._callable = self.own

    def offered(self, value: Any) -> Any:
        """Return what may be offered of a client's list; `OMIT` where it is none."""
        if not self.server and self._foreign:
            return value
        return [each for each in value if self._fits(each)] if isinstance(value, list) else OMIT

    def beside(self, value: Any) -> Any:
        """Return the list that goes to the upstream: the server's tools, and these."""
        return [*self.server, *self.without(value)] if self.server else value

    def without(self, value: Any) -> list[Any]:
        """Return a list without the server's tools; an empty one for what is no list."""
        return [each for each in value if _name(each) not in self.names] if isinstance(value, list | tuple) else []

    def names_servers(self, choice: Any) -> bool:
        """Tell whether a choice of a tool is one of the server's."""
        return _name(choice) in self.names

    def remember(self, offered: Any) -> None:
        """Note what the client offers from now on."""
        self._callable = self.own | _names(offered)

    def may_choose(self, choice: Any, offered: Any = None) -> bool:
        """Tell whether the client may ask for this choice: a word, or one of its own tools.

        `offered` are those of one response, None where it has those of the session.
        """
        if not self.server or isinstance(choice, str):
            return True
        names = self._callable if offered is None else self.own | _names(offered)
        return _name(choice) in names or (self._foreign and _is_mcp(choice))

    def shifted(self, text: str) -> str | None:
        """Return an error's words with the client's own indices; None where they point at a server's tool."""
        skipped = len(self.server)
        if any(int(found) < skipped for found in INDEX.findall(text)):
            return None
        return INDEX.sub(lambda found: f"tools[{int(found[1]) - skipped}]", text)

    def _fits(self, tool: Any) -> bool:
        if not isinstance(tool, dict) or _name(tool) in self.names:
            return False
        return self._foreign or (tool.get("type") == "function" and isinstance(tool.get("name"), str))


def _is_mcp(choice: Any) -> bool:
    return isinstance(choice, Mapping) and choice.get("type") == "mcp" and choice.get("name") is None


def _name(tool: Any) -> str | None:
    name = tool.get("name") if isinstance(tool, Mapping) else None
    return name if isinstance(name, str) else None


def _names(tools: Any) -> frozenset[str]:
    if not isinstance(tools, list | tuple) or not tools:
        return NONE
    return frozenset(name for each in tools if (name := _name(each)) is not None)
