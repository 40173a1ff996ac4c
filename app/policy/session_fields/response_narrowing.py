"""What goes to the upstream of a response that a client asks for with terms of its own.

A response's own terms stand above the session's, so a rule for a field holds here too; what it does not let pass
is left out, and the session's value holds. In an answer outside of the conversation the server's tools are not
offered: there is nothing that their outputs could be attached to.
"""

from collections.abc import Mapping
from typing import Any

from app.policy.session_fields.fields import FIELDS, OMIT, nested
from app.policy.session_fields.item_rules import ItemRules
from app.policy.session_fields.narrowing import Narrowing
from app.policy.session_fields.session_rules import ResponseRules, SessionRules
from app.policy.session_fields.tool_lists import ToolLists
from app.protocol.dialect.passage import invalid

__all__ = ["ResponseNarrowing"]

INPUTS = ("append_input_items", "input_items")
"""`input`, as the protocol's first draft called it; between two sides that speak preview it stands as it came."""
RULED = ("input", "conversation", "metadata")
ELSEWHERE = frozenset((key,) for key in (*RULED, *INPUTS))


class ResponseNarrowing:
    """Makes the responses that are asked of the upstream."""

    def __init__(
        self,
        rules: SessionRules,
        response: ResponseRules,
        items: ItemRules,
        narrowing: Narrowing,
        tools: ToolLists,
    ) -> None:
        self._rules = rules
        self._response = response
        self._items = items
        self._narrowing = narrowing
        self._tools = tools

    def create(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """Return the terms of a response. Raises `Refused` for an item that may not pass."""
        values = self._values(response)
        rest = self._narrowing.beyond(response, ELSEWHERE)
        for key in RULED:
            if key in response and getattr(self._response, key) == "free":
                rest[key] = response[key]
        if "input" in rest:
            self._check_input(rest["input"])
        if self._items.none and self._response.input == "free" and self._rules.other == "free":
            rest |= {key: response[key] for key in INPUTS if key in response}
        values |= self._tools_of(values, rest.get("conversation"))
        return nested(values, rest)

    def _values(self, response: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields that pass; one that only a session has, as everything else does."""
        wishes = self._narrowing.wishes(response)
        allowed = {
            name: wish for name, wish in wishes.items() if FIELDS[name].in_response or self._rules.other == "free"
        }
        if "tool_choice" in allowed and not self._tools.may_choose(allowed["tool_choice"], allowed.get("tools")):
            del allowed["tool_choice"]
        return allowed

    def _tools_of(self, values: Mapping[str, Any], conversation: Any) -> dict[str, Any]:
        if not self._tools.server:
            return {}
        if conversation is None or conversation == "auto":
            return {"tools": self._tools.beside(values["tools"])} if "tools" in values else {}
        imposed = self._rules.tools.imposed
        return {"tools": values.get("tools", [] if imposed is OMIT else self._tools.without(imposed))}

    def _check_input(self, items: Any) -> None:
        if self._items.none:
            return
        if not isinstance(items, list):
            raise invalid("response.input")
        for index, item in enumerate(items):
            self._items.check(item, f"response.input[{index}]")
