"""Properties of app.policy.session_fields: whatever a client sends, what is fixed holds, and hidden stays hidden.

Clients put real names at right and wrong places, with values and junk; the upstream takes everything, reports what
it took, and quotes all that it knows in its errors.
"""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.policy.actions import ToUpstream
from app.policy.chain import Chain
from app.policy.session_fields import ItemRules, ResponseRules, SessionFields, SessionRules
from app.policy.session_fields.fields import FIELDS, OMIT
from app.protocol.dialect.shape import fetch
from app.protocol.frame import Frame

Event = dict[str, Any]

CANARY = "CANARY-7f3a that nobody outside may ever read"
LOOKUP = {
    "type": "function",
    "name": "canary_lookup",
    "description": f"Tool of {CANARY}",
    "parameters": {"type": "object", "properties": {"canary_key": {"type": "string", "description": CANARY}}},
}
FIXED: Event = {
    "instructions": CANARY,
    "voice": "sage",
    "turn_detection": {"type": "semantic_vad"},
    "max_output_tokens": 300,
    "prompt": {"id": "pmpt_canary", "variables": {"who": CANARY}},
}
RULES = SessionRules.model_validate(
    {
        **{name: {"fixed": value} for name, value in FIXED.items()},
        "tracing": {"fixed": {"workflow_name": CANARY}},
        "speed": {"within": {"minimum": 0.5, "maximum": 1.0}, "default": 1.0},
        "output_modalities": {"within": [["text"], ["audio"]], "default": ["audio"]},
        "tools": "free",
        "tool_choice": "free",
        "reasoning": {"default": {"effort": "low"}},
    }
)

NAMES = st.sampled_from(
    [*FIELDS, *(key for field in FIELDS.values() for key in field.path), "session", "response", "modalities",
     "type", "input", "conversation", "metadata", "item", "content", "role", "text", "name", "model", "no_such",
     "input_items"]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9999), st.floats(0, 2),
    st.sampled_from(["sage", "ash", "none", "auto", "inf", "message", "user", "system", "input_text", "function",
                     "mine", "realtime", "semantic_vad", "Mine."]),
)  # fmt: skip
JUNK = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
TOOL = st.fixed_dictionaries({"type": st.just("function"), "name": st.sampled_from(["mine", "canary_lookup"])})
PLACED = st.fixed_dictionaries(
    {},
    optional={
        **{field.name: JUNK for field in FIELDS.values() if len(field.path) == 1},
        "tools": st.lists(TOOL | JUNK, max_size=3) | JUNK,
        "tool_choice": TOOL | JUNK,
        "audio": JUNK
        | st.fixed_dictionaries(
            {},
            optional={
                group: JUNK | st.dictionaries(NAMES, JUNK, max_size=3) for group in ("input", "output", "no_such")
            },
        ),
    },
)
SESSION = st.builds(lambda placed, junk: {**junk, **placed}, PLACED, st.dictionaries(NAMES, JUNK, max_size=3))
EVENTS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("session.update"), "session": SESSION | JUNK}, optional={"voice": JUNK}
    ),
    st.fixed_dictionaries({"type": st.just("response.create")}, optional={"response": SESSION | JUNK}),
    st.fixed_dictionaries({"type": st.just("conversation.item.create"), "item": SESSION | JUNK}),
)


class Echo:
    """An upstream that takes all that it is told, and tells all that it knows."""

    def __init__(self) -> None:
        self.session: Event = {}

    def answers(self, event: Event) -> Iterator[Event]:
        """Yield the session as it is now, a response that repeats it, and errors that quote it."""
        self.session = merged(self.session, event.get("session", {}))
        yield {"type": "session.created", "session": self.session}
        yield {"type": "session.updated", "session": {**self.session, "in_force": self.session}}
        reason = {"type": "failed", "error": {"code": "canary_lookup", "message": json.dumps(self.session)}}
        yield {"type": "response.created", "response": {**self.session, "status_details": reason}}
        for words in (CANARY, json.dumps(CANARY.upper()), CANARY[9:30], json.dumps(self.session), "canary_lookup"):
            error = {"type": words, "code": words, "message": f"Invalid value: '{words}'", "param": words}
            yield {"type": "error", "error": error, "detail": [words]}


def merged(old: Event, new: Event) -> Event:
    """Return a session with the changes of an update."""
    out = dict(old)
    for key, value in new.items():
        inner: Any = old.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        out[key] = merged(inner, value) if both and key in {"audio", "input", "output"} else value
    return out


def check_session(session: Event) -> None:
    """Fail where an update does not hold what is fixed, or lets pass what may not."""
    for name, value in FIXED.items():
        assert fetch(session, FIELDS[name].path) == value
    check_rest(session)
    tools = session.get("tools", [LOOKUP])
    assert tools[0] == LOOKUP
    assert [each["name"] for each in tools].count("canary_lookup") == 1


def check_rest(terms: Event) -> None:
    """Fail where a session or a response holds what no rule lets pass."""
    assert not {"modalities", "no_such", "temperature", "truncation", "include", "session", "text"} & terms.keys()
    speed = fetch(terms, FIELDS["speed"].path, 1.0)
    assert 0.5 <= speed <= 1.0
    assert terms.get("output_modalities", ["text"]) in (["text"], ["audio"])
    choice = terms.get("tool_choice")
    assert not (isinstance(choice, dict) and choice.get("name") == "canary_lookup")


def check_response(response: Event) -> None:
    """Fail where a response's own terms stand above what is fixed."""
    assert all(fetch(response, FIELDS[name].path) is OMIT for name in FIXED)
    assert not {"input", "conversation", "input_items"} & response.keys()
    assert response.get("tools", [LOOKUP])[0] == LOOKUP
    check_rest(response)


def check_item(item: Event) -> None:
    """Fail where an item is none of a user's."""
    assert (item["type"], item["role"]) == ("message", "user")
    assert all(part["type"] in {"input_text", "input_audio"} for part in item["content"])


def check_sent(event: Event) -> None:
    """Fail where an event breaks a rule."""
    match event:
        case {"type": "session.update", "session": session}:
            check_session(session)
        case {"type": "response.create", **rest}:
            check_response(rest.get("response") or {})
        case {"type": "conversation.item.create", "item": item}:
            check_item(item)


@given(asked=SESSION, events=st.lists(EVENTS, max_size=4))
def test_what_is_fixed_holds_and_what_is_hidden_stays_hidden(asked: Event, events: list[Event]) -> None:
    """From the first update on, through whatever the client sends, in whatever the upstream answers."""
    own: Any = RULES, ResponseRules.locked(), ItemRules.locked()
    fields = SessionFields(*own, server_tools=[LOOKUP])
    chain, upstream = Chain([fields]), Echo()
    beginning = fields.beginning(asked)
    assert beginning is not None
    sent = [{"type": "session.update", "session": beginning}]
    for event in events:
        try:
            actions = chain.from_client(Frame.of(event), 0)
        except Refused:
            continue
        sent += [action.frame.event for action in actions if isinstance(action, ToUpstream)]
    for event in sent:
        check_sent(event)
        for answer in upstream.answers(event):
            for action in chain.from_upstream(Frame.of(answer), 0):
                assert b"canary" not in getattr(action, "frame").text.lower()  # noqa: B009 - both actions have one
