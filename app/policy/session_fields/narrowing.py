"""What goes to the upstream of a session that a client asks for: what the rules let pass, and what they impose.

The object is made anew out of the fields that are known and allowed, so that no odd spelling and no nested shape
slips by; what is fixed is told again with every update, whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from app.policy.session_fields.fields import FIELDS, GROUPS, OMIT, SessionField, found, nested, replaced, strangers
from app.policy.session_fields.own_values import OwnValues
from app.policy.session_fields.screening import Screening
from app.policy.session_fields.session_rules import SessionRules
from app.policy.session_fields.tool_lists import ToolLists

__all__ = ["Narrowing"]

Object = Mapping[str, Any]
Values = dict[str, Any]
"""Values by the fields' names."""

KINDS = ("realtime", "transcription")
ELSEWHERE = frozenset({("type",), ("model",)})
"""What stands in a session and is no rule's: the service and another filter look at it."""


@lru_cache
def _ruled(temperature: bool, transcription: bool) -> tuple[str, ...]:  # noqa: FBT001 - for the cache
    """Return the names of the fields that sessions of a kind have."""
    fields = [each for each in FIELDS.values() if each.in_transcription or not transcription]
    return tuple(each.name for each in fields if temperature or each.name != "temperature")


class Narrowing:
    """Makes the sessions that go to the upstream. `screening` is there where the user's speech is judged."""

    def __init__(  # noqa: PLR0913 - the rules, what they know of the session, and who remembers it
        self,
        rules: SessionRules,
        tools: ToolLists,
        own: OwnValues,
        screening: Screening | None,
        *,
        temperature: bool,
        transcription: bool,
    ) -> None:
        self._rules = rules
        self._tools = tools
        self._own = own
        self._screening = screening
        self._kind = KINDS[transcription]
        self._ruled = _ruled(temperature, transcription)
        self._fixed = self._with_tools(rules.imposed, ("server",))
        self._opening = self._with_tools(rules.opening, ("free", "default", "within"))
        for name, rule in rules.hidden.items():
            if name in self._ruled and rule.servers is not OMIT:
                own.reserve(name, rule.servers)

    def _with_tools(self, values: Mapping[str, Any], modes: tuple[str, ...]) -> Values:
        """Leave out what such a session has not, and put the server's tools where there are any."""
        told = {name: value for name, value in values.items() if name in self._ruled}
        if "tools" in told:
            told["tools"] = self._tools.beside(told["tools"])
        elif "tools" in self._ruled and self._tools.server and self._rules.tools.mode in modes:
            told["tools"] = self._tools.server
        return told

    def update(self, session: Object) -> dict[str, Any]:
        """Return the session of an update of the client's."""
        wishes = self.wishes(session)
        self._settle_tools(wishes)
        values = {**wishes, **self._fixed}
        if self._screening:
            values = self._screening.asked(values)
        head = {key: session[key] for key in ("type", "model") if isinstance(session.get(key), str)}
        if "type" in head and self._rules.other != "free":  # which the connection has settled
            head["type"] = self._kind
        return {**head, **nested(values, self.beyond(session, ELSEWHERE))}

    def beginning(self, asked: Object) -> dict[str, Any] | None:
        """Return the session to put in force before the client is let in; None where there is nothing to put."""
        wishes = {name: wish for name, wish in self.wishes(asked).items() if name in self._ruled}
        self._settle_tools(wishes)
        values = {**self._opening, **wishes, **self._fixed}
        if self._screening:
            values = self._screening.begun(values)
        session = nested(values, self.beyond(asked, ELSEWHERE))
        return {"type": self._kind, **session} if session else None

    def wishes(self, given: Object) -> Values:
        """Return what the rules let pass of the fields that a client names, and remember it as its own."""
        wishes: Values = {}
        for field, value in found(given):
            wish = self._allowed(field, value)
            if wish is not OMIT:
                wishes[field.name] = wish
        for name, wish in wishes.items():
            if self._rules.of(name).hidden:
                self._own.note(name, wish)
        return wishes

    def _allowed(self, field: SessionField, value: Any) -> Any:
        """Return what may pass; a field that this session lacks would cost the whole update."""
        rule = self._rules.of(field.name)
        if field.name not in self._ruled and rule.mode != "free":
            return OMIT
        wish = rule.allowed(value)
        return self._tools.offered(wish) if field.name == "tools" and wish is not OMIT else wish

    def _settle_tools(self, wishes: Values) -> None:
        """Put the server's tools beside the client's, and leave out a choice of what it does not know."""
        if "tools" in wishes:
            self._tools.remember(wishes["tools"])
            wishes["tools"] = self._tools.beside(wishes["tools"])
        if "tool_choice" in wishes and not self._tools.may_choose(wishes["tool_choice"]):
            del wishes["tool_choice"]

    def beyond(self, given: Object, ruled_elsewhere: Iterable[tuple[str, ...]]) -> dict[str, Any]:
        """Return what stands in an object that is no field, where everything else is free.

        A field under preview's name is as free as the field itself.
        """
        out: dict[str, Any] = {}
        if self._rules.other == "free":
            for path, value in strangers(given):
                if path not in GROUPS and path not in ruled_elsewhere and self._is_no_alias(path):
                    out = replaced(out, path, value)
        return out

    def _is_no_alias(self, path: Sequence[str]) -> bool:
        names = (each.name for each in FIELDS.values() if each.preview == path[0] and len(path) == 1)
        return all(self._rules.of(name).mode == "free" for name in names)
