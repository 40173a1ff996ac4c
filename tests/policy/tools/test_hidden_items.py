"""Tests of app.policy.tools.hidden_items: a client can name no hidden item, and learns nothing by trying."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Refused
from app.policy.chain import Chain, Filter
from app.protocol.frame import Frame
from tests.policy.tools.calling import answer, call, joins, message, passes, sends, tools, unseen

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

Event = dict[str, Any]

NAMED: list[tuple[Event, str, str, str | None]] = [
    # what the client sends, and the code, words and param of the error
    (
        {"type": "conversation.item.retrieve", "item_id": "c1"},
        "item_retrieve_invalid_item_id",
        "Error retrieving item: the item with id 'c1' does not exist.",
        "item_id",
    ),
    (
        {"type": "conversation.item.delete", "item_id": "o1"},
        "item_delete_invalid_item_id",
        "Error deleting item: the item with id 'o1' does not exist.",
        "item_id",
    ),
    (
        {"type": "conversation.item.truncate", "item_id": "c1", "content_index": 0, "audio_end_ms": 0},
        "item_truncate_invalid_item_id",
        "Error truncating item: the item with id 'c1' does not exist.",
        "item_id",
    ),
    (
        {"type": "conversation.item.create", "previous_item_id": "c1", "item": message("u1", role="user")},
        "item_create_invalid_previous_item_id",
        "Error adding item: the previous item with id 'c1' does not exist.",
        "previous_item_id",
    ),
    (
        {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "call_c1"}},
        "invalid_tool_call_id",
        "Tool call ID 'call_c1' not found in conversation.",
        None,
    ),
    (
        {
            "type": "response.create",
            "response": {"input": [{"type": "item_reference", "id": i} for i in ("u1", "o1")]},
        },
        "invalid_value",
        "Item with id 'o1' not found in conversation.",
        "response.input[1].id",
    ),
]


def hiding() -> Chain:
    """Return a chain behind which a hidden call and its output stand in the conversation."""
    chain = Chain([tools()])
    for event in (joins(call("c1")), joins(answer("o1", "call_c1"), "c1")):
        assert chain.from_upstream(Frame.of(event), 0.0) == []
    return chain


@pytest.mark.parametrize(("event", "code", "words", "param"), NAMED)
def test_a_hidden_item_does_not_exist(event: Event, code: str, words: str, param: str | None) -> None:
    """The refusal is worded as the service's own for an item that is not there."""
    with pytest.raises(Refused) as raised:
        hiding().from_client(Frame.of({**event, "event_id": "e1"}), 0.0)
    refused = raised.value
    assert (refused.code, refused.message, refused.param, refused.event_id) == (code, words, param, "e1")


OTHERS: list[Event] = [
    {"type": "conversation.item.retrieve", "item_id": "u1"},
    {"type": "conversation.item.delete", "item_id": ["c1"]},
    {"type": "conversation.item.truncate"},
    {"type": "conversation.item.create", "previous_item_id": "root", "item": {"id": "c1", "type": "message"}},
    {"type": "conversation.item.create", "previous_item_id": None, "item": "c1"},
    {"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": {}}},
    {"type": "response.create", "response": {"input": [{"type": "item_reference", "id": 1}, "c1"]}},
    {"type": "response.create", "response": {"input": "c1"}},
    {"type": "response.create", "response": "c1"},
    {"type": "input_audio_buffer.commit", "item_id": "c1"},
]


@pytest.mark.parametrize("event", OTHERS)
def test_what_names_no_hidden_item_goes_on(event: Event) -> None:
    """Odd or not: it is the service's to judge."""
    frame = Frame.of(event)
    (action,) = hiding().from_client(frame, 0.0)
    assert getattr(action, "frame", None) is frame


def test_a_call_that_the_client_wrote_stays_its_own(play: "Play") -> None:
    """Also where it has a hidden tool's name: else its silence would tell that there is such a tool."""
    script = play([tools()])
    sends(script, {"type": "conversation.item.create", "item": call("v1")})
    sends(script, {"type": "conversation.item.create", "item": call("v2", "weather")})
    theirs = {"type": "conversation.item.create", "item": answer("v3", "call_v1")}
    passes(script, joins(call("v1")), joins(call("v2", "weather"), "v1"))
    sends(script, theirs)
    passes(script, joins(answer("v3", "call_v1"), "v2"))
    passes(script, {"type": "conversation.item.deleted", "item_id": "v1"})


def test_what_is_deleted_is_forgotten(play: "Play") -> None:
    """Nothing of it is kept: its id names an item that nobody has heard of."""
    script = play([tools()])
    unseen(script, joins(call("c1")), {"type": "conversation.item.deleted", "item_id": "c1"})
    sends(script, {"type": "conversation.item.retrieve", "item_id": "c1"})
    passes(script, joins(answer("o1", "call_c1")))
    sends(script, {"type": "conversation.item.create", "item": call("v1")})
    passes(script, joins(call("v1")), {"type": "conversation.item.deleted", "item_id": "v1"})
    unseen(script, joins(call("v1")))
