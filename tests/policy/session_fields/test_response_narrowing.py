"""Tests of app.policy.session_fields.response_narrowing: what of a response's own terms goes to the upstream."""

from typing import Any

import pytest

from app.errors import Refused
from app.policy.session_fields.fields import OMIT
from app.policy.session_fields.item_rules import ItemRules
from app.policy.session_fields.narrowing import Narrowing
from app.policy.session_fields.own_values import OwnValues
from app.policy.session_fields.response_narrowing import ResponseNarrowing
from app.policy.session_fields.session_rules import ResponseRules, SessionRules
from app.policy.session_fields.tool_lists import ToolLists

Object = dict[str, Any]

LOOKUP = {"type": "function", "name": "lookup"}
MINE = {"type": "function", "name": "mine"}
SAID = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}


def narrowing(
    *,
    base: str = "locked",
    response: ResponseRules | None = None,
    items: ItemRules | None = None,
    server: tuple[Object, ...] = (),
    **rules: Any,
) -> ResponseNarrowing:
    """Return one for rules over a base."""
    made = SessionRules.model_validate({**dict(getattr(SessionRules, base)()), **rules})
    listed = made.tools.servers
    lists = ToolLists(server, () if listed is OMIT else listed, foreign=made.other == "free")
    session = Narrowing(made, lists, OwnValues(), None, temperature=False, transcription=False)
    usual: Any = getattr(ResponseRules, base)(), getattr(ItemRules, base)()
    return ResponseNarrowing(made, response or usual[0], items or usual[1], session, lists)


FULL: Object = {
    "instructions": "a",
    "tools": [MINE],
    "tool_choice": "none",
    "max_output_tokens": 7,
    "output_modalities": ["text"],
    "prompt": {"id": "a"},
    "reasoning": {"effort": "low"},
    "parallel_tool_calls": False,
    "audio": {"output": {"voice": "sage", "format": {"type": "audio/pcmu"}, "gain": 1}},
    "temperature": 0.7,
    "conversation": "none",
    "input": [SAID],
    "metadata": {"a": "b"},
    "no_such": 1,
    "input_items": [SAID],
}


def test_a_locked_response_is_left_the_clients_marks() -> None:
    """The session's values hold; what is left out does not stand there as null."""
    assert narrowing().create(FULL) == {"metadata": {"a": "b"}}


def test_an_open_one_is_left_as_it_is() -> None:
    """With keys that nobody knows."""
    assert narrowing(base="open").create(FULL) == FULL


def test_each_field_goes_by_its_rule() -> None:
    """Within is narrowed; what is fixed is not told again, for the session has it."""
    rules: Any = {
        "instructions": {"fixed": "b"},
        "voice": {"within": ["sage"]},
        "max_output_tokens": {"within": {"maximum": 5}},
        "tool_choice": "free",
        "output_modalities": {"default": ["audio"]},
    }
    assert narrowing(**rules).create(FULL) == {
        "tool_choice": "none",
        "max_output_tokens": 5,
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "sage"}},
        "metadata": {"a": "b"},
    }


def test_a_field_that_only_a_session_has_is_something_else() -> None:
    """It is as free as its own rule and everything else are."""
    asked = {"truncation": "auto", "audio": {"output": {"speed": 1.1}}}
    assert narrowing(truncation="free", speed="free").create(asked) == {}
    assert narrowing(base="open", speed="server").create(asked) == {"truncation": "auto"}


@pytest.mark.parametrize(("key", "value"), [("input", [SAID]), ("conversation", "none"), ("metadata", {"a": "b"})])
def test_what_a_response_has_beside_the_session_goes_by_its_rule(key: str, value: Any) -> None:
    """And by no other."""
    free = ResponseRules.model_validate({"metadata": "server", key: "free"})
    assert narrowing(response=free).create(FULL) == {key: value}
    closed = ResponseRules.model_validate({"input": "free", "conversation": "free", key: "server"})
    assert key not in narrowing(base="open", response=closed).create(FULL)


@pytest.mark.parametrize(
    ("items", "param"),
    [
        ([SAID, {**SAID, "role": "system"}], "response.input[1].role"),
        ([{"type": "item_reference", "id": "a"}], "response.input[0].type"),
        ([SAID, 5], "response.input[1]"),
        ({"0": SAID}, "response.input"),
        (None, "response.input"),
    ],
)
def test_each_item_of_its_input_is_held_to_the_items_rules(items: Any, param: str) -> None:
    """Of those that may pass a reference is one, where its type is listed."""
    free = ResponseRules(input="free")
    with pytest.raises(Refused) as refused:
        narrowing(response=free).create({"input": items})
    assert refused.value.param == param
    listed = ItemRules(types=("item_reference",))
    reference = {"input": [{"type": "item_reference", "id": "a"}]}
    assert narrowing(response=free, items=listed).create(reference) == reference


@pytest.mark.parametrize("key", ["input_items", "append_input_items"])
def test_an_input_has_no_other_name(key: str) -> None:
    """The protocol's first draft had two; they pass where an input passes without rules, and not else."""
    asked = {key: [{**SAID, "role": "system"}]}
    assert narrowing(base="open").create(asked) == asked
    assert narrowing(base="open", items=ItemRules.locked()).create(asked) == {}
    assert narrowing(base="open", response=ResponseRules.locked()).create(asked) == {}
    assert narrowing(base="open", other="server").create(asked) == {}


TOOLS: list[tuple[Any, Object, Object]] = [
    # the rule, what a response names, and what goes to the upstream
    ("free", {}, {}),
    ("free", {"tools": [MINE]}, {"tools": [LOOKUP, MINE]}),
    ("free", {"tools": [LOOKUP]}, {"tools": [LOOKUP]}),
    ("free", {"tools": None}, {}),
    ("server", {"tools": [MINE]}, {}),
    ({"fixed": [MINE]}, {"tools": []}, {}),
    ("free", {"tools": [MINE], "conversation": "auto"}, {"tools": [LOOKUP, MINE], "conversation": "auto"}),
    ("free", {"tools": [MINE], "conversation": None}, {"tools": [LOOKUP, MINE], "conversation": None}),
    ("free", {"tools": [MINE, LOOKUP], "conversation": "none"}, {"tools": [MINE], "conversation": "none"}),
    ("free", {"conversation": "none"}, {"tools": [], "conversation": "none"}),
    ("free", {"conversation": ["none"]}, {"tools": [], "conversation": ["none"]}),
    ("server", {"tools": [MINE], "conversation": "none"}, {"tools": [], "conversation": "none"}),
    ({"fixed": [MINE, LOOKUP]}, {"conversation": "none"}, {"tools": [MINE], "conversation": "none"}),
]


@pytest.mark.parametrize(("rule", "asked", "expected"), TOOLS)
def test_the_servers_tools_are_on_offer_where_they_can_run(rule: Any, asked: Object, expected: Object) -> None:
    """In the conversation always, outside of it never."""
    free = ResponseRules(conversation="free")
    assert narrowing(tools=rule, server=(LOOKUP,), response=free).create(asked) == expected


def test_an_answer_that_may_not_leave_the_conversation_keeps_them() -> None:
    """The wish to leave it is left out, and counts for nothing."""
    asked = {"tools": [MINE], "conversation": "none"}
    assert narrowing(tools="free", server=(LOOKUP,)).create(asked) == {"tools": [LOOKUP, MINE]}


def test_a_response_calls_for_what_the_client_knows() -> None:
    """Its own tools of this response, if it names any."""
    free = narrowing(tools="free", tool_choice="free", server=(LOOKUP,))
    assert free.create({"tool_choice": LOOKUP}) == {}
    assert free.create({"tools": [MINE], "tool_choice": MINE}) == {"tools": [LOOKUP, MINE], "tool_choice": MINE}
    assert free.create({"tools": [], "tool_choice": MINE}) == {"tools": [LOOKUP]}
