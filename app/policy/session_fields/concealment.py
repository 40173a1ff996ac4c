"""What the client sees of a session that the server's rules made: what it may see, and its own.

A key that was there stays, with a value of its kind, for old clients are strict: nothing is deleted, and null
stands only where null is a value. What the rules hide is looked for in the service's own words too.
"""

import re
from collections.abc import Mapping
from typing import Any

from app.policy.session_fields.field_rules import FieldRule
from app.policy.session_fields.fields import SessionField, found, replaced, strangers
from app.policy.session_fields.hidden_texts import hidden_texts, texts_of
from app.policy.session_fields.own_values import OwnValues
from app.policy.session_fields.session_rules import SessionRules
from app.policy.session_fields.tool_lists import ToolLists

__all__ = ["WITHHELD", "Concealment"]

WITHHELD = "The service refused an event. Its words are withheld here, for they quote what the client may not see."

Object = Mapping[str, Any]

CODE = re.compile(r"[a-z0-9_]+")
INSTEAD = {"message": WITHHELD, "type": "invalid_request_error"}
"""What stands for words that quote, where null is no value."""
NAMES = frozenset({"type", "event_id"})
PLAIN = frozenset({"type", "object", "id", "model", "expires_at", "status", "conversation_id", "usage"})
"""What a session or a response says of itself."""
SAID = frozenset({"output", "metadata"})
"""What a response holds of the model's and of the client's own."""
EMPTIED = [{"type": "input_text", "text": ""}]


class Concealment:
    """Takes out of the upstream's events what the rules hide; a method returns the same object if nothing is."""

    def __init__(self, rules: SessionRules, tools: ToolLists, own: OwnValues) -> None:
        self._rules = rules
        self._tools = tools
        self._own = own
        texts = rules.hidden_texts | texts_of("tools", tools.server) if tools.server else rules.hidden_texts
        names = tools.names | tools.own if "tools" in rules.hidden else tools.names
        self._texts = hidden_texts(texts, names)
        self.needed = bool(rules.hidden or tools.server)

    def session(self, session: Object) -> Object:
        """Return a session, or a response, with what the client may see of its fields."""
        out = session
        for field, value in found(session):
            shown = self._shown(field, value)
            if shown is not value:
                out = replaced(out, field.path, shown)
        for path, value in strangers(session):
            if path[0] not in PLAIN | SAID and self._texts.quoted_in(value):
                out = replaced(out, path, "" if isinstance(value, str) else None)
        return out

    def response(self, response: Object) -> Object:
        """Return a response; the reason of a failed one is the service's own words."""
        match response:
            case {"status_details": {"error": dict(error)} as details}:
                response = {**response, "status_details": {**details, "error": self.error(error)}}
        return self.session(response)

    def error(self, error: Object) -> Object:
        """Return what an error says, its words withheld where they quote what is hidden."""
        out = {key: self._words(key, value) for key, value in error.items()}
        code = out.get("code")
        if out.get("message") == WITHHELD and isinstance(code, str) and not CODE.fullmatch(code):
            out["code"] = None
        return out

    def beside(self, event: Object, key: str) -> Object:
        """Return an event whose other keys, and `key` where it is no object, quote nothing."""
        return {
            name: value if self._is_plain(name, value, key) or not self._texts.quoted_in(value) else None
            for name, value in event.items()
        }

    def _is_plain(self, name: str, value: Any, key: str) -> bool:
        return name in NAMES or (name == key and isinstance(value, Mapping))

    def item(self, item: Object) -> Object:
        """Return an item of the conversation: a system's message may be the prompt, a server's list its tools."""
        match item:
            case {"type": "mcp_list_tools", "server_label": str(label)} if label in self._rules.hidden_labels:
                return {**item, "tools": []}
            case {"role": "system", "content": content} if self._texts.quoted_in(content):
                return {**item, "content": EMPTIED}
        return item

    def _shown(self, field: SessionField, value: Any) -> Any:
        rule = self._rules.of(field.name)
        if field.name == "tools":
            return self._tools_shown(rule, value)
        if field.name == "tool_choice" and self._tools.names_servers(value):
            return rule.shown if rule.hidden else field.empty
        return rule.shown if rule.hidden and not self._own.holds(field.name, value) else value

    def _tools_shown(self, rule: FieldRule, value: Any) -> Any:
        if rule.hidden:
            own = [each for each in self._tools.without(value) if self._own.holds("tools", each)]
            return own or rule.shown
        return self._tools.without(value) if self._tools.server else value

    def _words(self, key: str, value: Any) -> Any:
        own = self._tools.shifted(value) if isinstance(value, str) and key != "event_id" else value
        hidden = key == "param" and isinstance(value, str) and self._rules.hidden_places.match(value)
        if hidden or (own is None and value is not None) or self._texts.quoted_in(own):
            return INSTEAD.get(key)
        return own
