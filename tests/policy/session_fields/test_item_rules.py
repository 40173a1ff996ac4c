"""Tests of app.policy.session_fields.item_rules: what may be said, by whom, and how much of it."""

from typing import Any

import pytest

from app.errors import Refused
from app.policy.session_fields.item_rules import ItemRules

Item = dict[str, Any]

NESTED: Any = []
for _ in range(900):
    NESTED = [NESTED]


def message(role: Any = "user", *content: Any, **more: Any) -> Item:
    """Return a message."""
    return {"type": "message", "role": role, "content": list(content), **more}


TEXT = {"type": "input_text", "text": "Hello"}
AUDIO = {"type": "input_audio", "audio": "A" * 99, "transcript": "Hi"}
IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}

LOCKED_OUT: list[tuple[Any, str, str]] = [
    # the item, the code, and the param behind `item`
    (message("system", TEXT), "item_not_allowed", ".role"),
    (message("assistant", TEXT), "item_not_allowed", ".role"),
    (message("user", TEXT, IMAGE), "item_not_allowed", ".content[1].type"),
    ({"type": "function_call_output", "call_id": "a", "output": "b"}, "item_not_allowed", ".type"),
    ({"type": "item_reference", "id": "a"}, "item_not_allowed", ".type"),
    (None, "invalid_value", ""),
    ([message("user", TEXT)], "invalid_value", ""),
    ({}, "invalid_value", ".type"),
    ({**message("user", TEXT), "type": ["message"]}, "invalid_value", ".type"),
    ({"type": "message", "content": [TEXT]}, "invalid_value", ".role"),
    (message(["user"], TEXT), "invalid_value", ".role"),
    ({"type": "message", "role": "user"}, "invalid_value", ".content"),
    ({"type": "message", "role": "user", "content": {"0": TEXT}}, "invalid_value", ".content"),
    ({"type": "message", "role": "user", "content": "Hello"}, "invalid_value", ".content"),
    (message("user", "Hello"), "invalid_value", ".content[0]"),
    (message("user", {"text": "Hello"}), "invalid_value", ".content[0].type"),
]


@pytest.mark.parametrize(("item", "code", "at"), LOCKED_OUT)
def test_what_breaks_a_rule_is_refused(item: Any, code: str, at: str) -> None:
    """With the place where it does; what cannot be read is refused too."""
    with pytest.raises(Refused) as refused:
        ItemRules.locked().check(item, "item")
    assert (refused.value.code, refused.value.param) == (code, f"item{at}")


@pytest.mark.parametrize("item", [message("user"), message("user", TEXT, AUDIO, id="a", status="completed")])
def test_users_speak_and_write(item: Item) -> None:
    """Whatever else their item says of itself."""
    ItemRules.locked().check(item, "item")


@pytest.mark.parametrize("item", [None, 5, {}, message("system"), {"type": 5}])
def test_without_rules_everything_passes(item: Any) -> None:
    """It is the service's to refuse."""
    assert ItemRules.open().none
    ItemRules.open().check(item, "item")


def test_one_rule_leaves_the_rest_alone() -> None:
    """But the item must be one that can be read."""
    rules = ItemRules.model_validate({"roles": ["user", "system"], "types": "any", "content": "any"})
    rules.check(message("system", IMAGE), "item")
    rules.check({"type": "mcp_approval_response", "approve": True}, "item")
    for wrong in (message("assistant"), {"type": "function_call", "role": "assistant"}):
        with pytest.raises(Refused, match="Allowed: 'user', 'system'"):
            rules.check(wrong, "item")
    with pytest.raises(Refused, match=r"'item\.content': a list is expected"):
        rules.check({"type": "function_call", "content": "a"}, "item")


def test_the_refusal_tells_what_is_allowed_and_not_what_was_said() -> None:
    """Where nothing is, it says none."""
    rules = ItemRules(types=())
    with pytest.raises(Refused) as refused:
        rules.check({"type": "canary"}, "item")
    assert refused.value.message == "The value of 'item.type' is not allowed here. Allowed: none."


LENGTHS: list[tuple[Item, int]] = [
    (message("user", TEXT), 5),
    (message("user", AUDIO), 2),
    ({"type": "function_call_output", "call_id": "long-id", "output": "ab"}, 2),
    ({"type": "function_call", "name": "f", "arguments": "{}"}, 3),
    ({"type": "mcp_list_tools", "tools": [{"name": "a", "input_schema": {"b": "cd"}}]}, 3),
    ({"type": "message", "role": "user", "content": [{"type": "x", "text": ["ab", {"c": "d"}, 5, None]}]}, 3),
]


@pytest.mark.parametrize(("item", "length"), LENGTHS)
def test_all_text_counts(item: Item, length: int) -> None:
    """Wherever in the item it stands; audio and images are no text."""
    anything = {"roles": "any", "types": "any", "content": "any"}
    ItemRules.model_validate({**anything, "max_characters": length}).check(item, "item")
    with pytest.raises(Refused) as refused:
        ItemRules.model_validate({**anything, "max_characters": length - 1}).check(item, "item")
    assert (refused.value.code, refused.value.param) == ("item_not_allowed", "item")


def test_depth_is_no_way_around() -> None:
    """Text is found as deep as a message can be."""
    deep = message("user", {"type": "input_text", "text": [NESTED, "abcdef"]})
    with pytest.raises(Refused):
        ItemRules(max_characters=5).check(deep, "item")
