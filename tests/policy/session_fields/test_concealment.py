"""Tests of app.policy.session_fields.concealment.

What the client sees of a session that the server's rules made.
"""

from typing import Any

import pytest

from app.policy.session_fields.concealment import WITHHELD, Concealment
from app.policy.session_fields.fields import OMIT
from app.policy.session_fields.own_values import OwnValues
from app.policy.session_fields.session_rules import SessionRules
from app.policy.session_fields.tool_lists import ToolLists

Object = dict[str, Any]

PROMPT = "You are Ada, and you never speak of the vault."
LOOKUP = {"type": "function", "name": "lookup", "description": "Finds what is in the vault."}
MINE = {"type": "function", "name": "mine"}
HIDDEN: Any = {"instructions": {"fixed": PROMPT}, "voice": {"fixed": "sage", "shown": "alloy"}}


def concealment(*server: Object, own: OwnValues | None = None, **rules: Any) -> Concealment:
    """Return one for rules over the locked ones."""
    made = SessionRules.model_validate(rules)
    listed = made.tools.servers
    lists = ToolLists(server, () if listed is OMIT else listed)
    return Concealment(made, lists, own or OwnValues())


def test_what_is_hidden_is_replaced() -> None:
    """By what is to be shown, else by what stands for nothing; no key comes or goes."""
    session = {"id": "a", "instructions": PROMPT, "audio": {"output": {"voice": "sage", "speed": 1}}}
    shown = {"id": "a", "instructions": "", "audio": {"output": {"voice": "alloy", "speed": 1}}}
    assert concealment(**HIDDEN).session(session) == shown
    assert concealment(**HIDDEN).session({"id": "a", "audio": None}) == {"id": "a", "audio": None}


def test_what_is_not_hidden_is_the_same_object() -> None:
    """So that the frame can pass as it came."""
    session = {"instructions": PROMPT, "tools": [LOOKUP], "audio": {"output": {"voice": "sage"}}}
    plain = concealment(instructions={"fixed": PROMPT, "hidden": False})
    assert plain.session(session) is session
    assert not plain.needed
    assert concealment(LOOKUP).needed
    assert concealment(**HIDDEN).needed


def test_the_clients_own_is_shown_while_it_holds() -> None:
    """Before that, and after the service has refused it, what is hidden is."""
    own = OwnValues()
    default = concealment(own=own, instructions={"default": PROMPT})
    own.note("instructions", "Mine.")
    assert default.session({"instructions": "Mine."}) == {"instructions": "Mine."}
    assert default.session({"instructions": PROMPT}) == {"instructions": ""}


TOOLS: list[tuple[Any, Any, Any]] = [
    # the rule, what the service reports, and what the client sees
    ("free", [LOOKUP, MINE], [MINE]),
    ("free", [LOOKUP], []),
    ("free", None, []),
    ({"fixed": [MINE]}, [LOOKUP, MINE], []),
    ({"fixed": [MINE], "hidden": False}, [LOOKUP, MINE], [MINE]),
    ({"fixed": [MINE], "shown": [{**MINE, "name": "other"}]}, [LOOKUP, MINE], [{**MINE, "name": "other"}]),
]


@pytest.mark.parametrize(("rule", "reported", "shown"), TOOLS)
def test_the_servers_tools_are_in_no_list(rule: Any, reported: Any, shown: Any) -> None:
    """Whoever may see the rest of it."""
    assert concealment(LOOKUP, tools=rule).session({"tools": reported}) == {"tools": shown}


def test_of_a_hidden_list_the_clients_own_is_shown() -> None:
    """Each tool by itself."""
    own = OwnValues()
    own.note("tools", [MINE])
    default = concealment(LOOKUP, own=own, tools={"default": [{**MINE, "name": "other"}]})
    assert default.session({"tools": [LOOKUP, MINE]}) == {"tools": [MINE]}
    assert default.session({"tools": [LOOKUP, {**MINE, "name": "other"}]}) == {"tools": []}


@pytest.mark.parametrize(
    ("rule", "choice", "shown"),
    [
        ({"fixed": {"type": "function", "name": "lookup"}}, {"type": "function", "name": "lookup"}, "auto"),
        ({"fixed": "required", "shown": "none"}, {"type": "function", "name": "lookup"}, "none"),
        ("free", {"type": "function", "name": "mine"}, {"type": "function", "name": "mine"}),
        ("free", "required", "required"),
    ],
)
def test_a_choice_names_no_tool_of_the_servers(rule: Any, choice: Any, shown: Any) -> None:
    """The word for any stands in its place."""
    assert concealment(LOOKUP, tool_choice=rule).session({"tool_choice": choice}) == {"tool_choice": shown}


def test_what_nobody_knows_quotes_nothing() -> None:
    """At any depth; what does not quote stays."""
    session = {"type": "realtime", "effective": PROMPT, "more": [{"a": PROMPT}], "audio": {"b": 1, "c": PROMPT}}
    shown = {"type": "realtime", "effective": "", "more": None, "audio": {"b": 1, "c": ""}}
    assert concealment(**HIDDEN).session(session) == shown
    assert concealment(**HIDDEN).session({"audio": PROMPT}) == {"audio": ""}


def test_a_response_repeats_nothing_of_it() -> None:
    """What the model said, and what the client marked, are not touched."""
    response = {
        "instructions": PROMPT,
        "tools": [LOOKUP],
        "audio": {"output": {"voice": "sage"}},
        "output": [{"content": [{"transcript": PROMPT}]}],
        "metadata": {"a": PROMPT},
        "status_details": {"type": "failed", "error": {"code": "server_error", "message": f"At '{PROMPT}'"}},
    }
    assert concealment(LOOKUP, **HIDDEN).response(response) == {
        **response,
        "instructions": "",
        "tools": [],
        "audio": {"output": {"voice": "alloy"}},
        "status_details": {"type": "failed", "error": {"code": "server_error", "message": WITHHELD}},
    }


ERRORS: list[tuple[Object, Object]] = [
    ({"message": "It is too late.", "code": "late", "param": None}, {}),
    ({"message": f"Invalid: '{PROMPT[8:30]}'", "code": "invalid_value"}, {"message": WITHHELD}),
    ({"message": "No tool 'lookup'.", "code": "Lookup-Failed"}, {"message": WITHHELD, "code": None}),
    ({"message": "No tool 'lookup'.", "code": None}, {"message": WITHHELD}),
    ({"message": "No such tool.", "code": "lookup"}, {"code": None}),
    ({"message": "Wrong.", "param": "session.instructions"}, {"param": None}),
    ({"message": "Wrong.", "param": "response.audio.output.voice"}, {"param": None}),
    ({"message": "Wrong.", "param": "session.instructions.a[0]"}, {"param": None}),
    ({"message": "Wrong.", "param": "session.tools[0].parameters"}, {"param": None}),
    ({"message": "Wrong 'session.tools[0].name'."}, {"message": WITHHELD}),
    ({"message": "'session.tools[1].name'", "param": "session.tools[1].name"},
     {"message": "'session.tools[0].name'", "param": "session.tools[0].name"}),
    ({"message": "Wrong.", "param": "session.audio.output.voices"}, {}),
    ({"message": "Wrong.", "param": "item.lookup"}, {"param": None}),
    ({"message": {"text": PROMPT}, "type": PROMPT, "event_id": PROMPT, "inner": [PROMPT]},
     {"message": WITHHELD, "type": "invalid_request_error", "event_id": None, "inner": None}),
    ({"message": None}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("error", "changes"), ERRORS)
def test_an_error_quotes_nothing(error: Object, changes: Object) -> None:
    """Nor does it point at what the client does not see; what it says else stays."""
    assert concealment(LOOKUP, **HIDDEN).error(error) == {**error, **changes}


def test_nothing_beside_an_object_quotes() -> None:
    """The object itself is another's to look into."""
    event = {"type": "error", "event_id": "event_1", "error": {"message": PROMPT}, "detail": PROMPT}
    assert concealment(**HIDDEN).beside(event, "error") == {**event, "detail": None}
    assert concealment(**HIDDEN).beside({"type": "error", "error": PROMPT}, "error") == {
        "type": "error",
        "error": None,
    }


def test_an_item_is_not_the_prompt() -> None:
    """A system's message that quotes it is empty; what anybody said aloud is not touched."""
    said = {"type": "message", "content": [{"type": "input_text", "text": PROMPT}]}
    hidden = concealment(**HIDDEN)
    assert hidden.item({**said, "role": "system"})["content"] == [{"type": "input_text", "text": ""}]
    for item in ({**said, "role": "user"}, {"role": "system", "content": [{"text": "Hello."}]}):
        assert hidden.item(item) is item


def test_a_hidden_servers_list_is_empty() -> None:
    """Of tools that the service itself calls; the client's own lists are its own."""
    listed = {"type": "mcp_list_tools", "server_label": "books", "tools": [{"name": "read"}]}
    hidden = concealment(tools={"fixed": [{"type": "mcp", "server_label": "books"}, MINE]})
    assert hidden.item(listed) == {**listed, "tools": []}
    for label in ("others", ["books"]):
        assert hidden.item({**listed, "server_label": label})["tools"] == [{"name": "read"}]
