"""Tests of app.protocol.dialect.items: whose part it is decides its name, and what has no equal is refused."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.dialect.items import ITEMS, is_foreign, item_to_ga, item_to_preview
from app.protocol.dialect.passage import Passage

ASKED = Passage(asked=True, path="item")
TOLD = Passage(asked=False, path="item")
KEPT = Passage(asked=True, path="item", keep=True)

IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AA=="}
MCP = {"type": "mcp_call", "id": "mcp_1"}


def message(role: str | None, *parts: Any) -> dict[str, Any]:
    whose = {} if role is None else {"role": role}
    return {"type": "message", **whose, "content": list(parts)}


def part(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


BOTH_WAYS = [
    (message("assistant", part("text", text="a")), message("assistant", part("output_text", text="a"))),
    (
        message("assistant", part("audio", transcript="a")),
        message("assistant", part("output_audio", transcript="a")),
    ),
    (message("user", part("input_text", text="a")), message("user", part("input_text", text="a"))),
    (message("user", part("input_audio", audio="AA==")), message("user", part("input_audio", audio="AA=="))),
    (message("system", part("input_text", text="a")), message("system", part("input_text", text="a"))),
    (message(None, part("text", text="a")), message(None, part("output_text", text="a"))),
    (message(None, part("input_text", text="a")), message(None, part("input_text", text="a"))),
    (part("function_call", name="f", arguments="{}"), part("function_call", name="f", arguments="{}")),
    (part("function_call_output", call_id="c", output="o"), part("function_call_output", call_id="c", output="o")),
    ({"type": "item_reference", "id": "item_1"}, {"type": "item_reference", "id": "item_1"}),
]


@pytest.mark.parametrize(("preview", "ga"), BOTH_WAYS)
def test_items_have_an_equal(preview: dict[str, Any], ga: dict[str, Any]) -> None:
    """An assistant's parts have other names in GA; everything else is the same."""
    assert ga == item_to_ga(preview, ASKED)
    assert preview == item_to_preview(ga, ASKED)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # A client that speaks newer words already is understood.
        (message("assistant", part("output_text", text="a")), message("assistant", part("output_text", text="a"))),
        (message("user", IMAGE), message("user", IMAGE)),
        # Preview ignored what is of another kind; GA refuses it.
        (part("function_call_output", output="o", role="user"), part("function_call_output", output="o")),
        (message("system", part("input_text", transcript="b")), message("system", part("input_text"))),
        (message("user", part("input_text", id="p", audio=None)), message("user", part("input_text"))),
        ({"id": "item_1"}, {"id": "item_1"}),
        (message("user", {"text": "a"}), message("user", {"text": "a"})),
        ({**message("user"), "content": "odd"}, {**message("user"), "content": "odd"}),
        (message("mime", part("text", id="p", text="a")), message("mime", part("text", text="a"))),
    ],
)
def test_a_client_is_read_with_good_will(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """What preview would have taken reaches GA without the keys that GA would refuse it for."""
    assert expected == item_to_ga(given, ASKED)


@pytest.mark.parametrize(
    ("item", "param"),
    [
        (5, "item"),
        ({"type": "mcp_call"}, "item.type"),
        ({"type": []}, "item.type"),
        (message("user", 5), "item.content[0]"),
        (message("user", part("input_text"), part("smell")), "item.content[1].type"),
        (message("user", part("item_reference", id="item_1")), "item.content[0].type"),
        ({**message("user"), "phase": "final_answer"}, "item.phase"),
    ],
)
def test_a_preview_client_is_told_what_is_wrong(item: Any, param: str) -> None:
    """What no preview service takes is refused at its place."""
    with pytest.raises(Refused) as refused:
        item_to_ga(item, ASKED)
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("item", "param"), [(MCP, "item.type"), (message("user", part("input_text"), IMAGE), "item.content[1].type")]
)
def test_a_ga_client_is_told_what_preview_lacks(item: Any, param: str) -> None:
    """MCP and images cannot be dropped unseen."""
    with pytest.raises(Refused) as refused:
        item_to_preview(item, ASKED)
    assert (refused.value.code, refused.value.param) == ("invalid_value", param)


def test_a_servers_item_is_told_as_far_as_it_can_be() -> None:
    """Images and GA's own keys are left out, the object is named, odd things pass."""
    told = item_to_preview({**message("user", IMAGE, 5), "phase": "commentary"}, TOLD)
    assert told == {**message("user", 5), "object": "realtime.item"}
    assert item_to_preview(5, TOLD) == 5
    assert item_to_ga(message("user", part("input_text", id="p"), 5), TOLD) == message(
        "user", part("input_text"), 5
    )
    assert item_to_ga(5, TOLD) == 5


def test_a_part_keeps_its_id_where_both_speak_preview() -> None:
    """What GA lacks stays where both sides know it."""
    whole = message("user", part("input_text", id="p", text="a"), IMAGE)
    assert whole == item_to_preview(item_to_ga(whole, KEPT), KEPT)


def test_references_in_a_message_become_items() -> None:
    """GA refers to items by items, where preview also did by parts of a message."""
    references = message("user", part("item_reference", id="item_1"), part("item_reference", id="item_2"))
    empty = message("user")
    assert ITEMS.to_ga([references, empty], ASKED) == [
        {"type": "item_reference", "id": "item_1"},
        {"type": "item_reference", "id": "item_2"},
        empty,
    ]


def test_a_list_of_items_has_to_be_one() -> None:
    """A client is told; a server's passes."""
    with pytest.raises(Refused):
        ITEMS.to_ga(5, ASKED)
    with pytest.raises(Refused) as refused:
        ITEMS.to_ga([message("user"), 5], ASKED)
    assert refused.value.param == "item[1]"
    assert ITEMS.to_ga(5, TOLD) == 5
    assert ITEMS.to_preview(5, TOLD) == 5


def test_mcp_items_are_left_out_of_a_response() -> None:
    """A preview client learns nothing of MCP; a client of the same generation does."""
    output = [MCP, part("function_call", name="f", object="realtime.item")]
    assert ITEMS.to_preview(output, TOLD) == output[1:]
    assert ITEMS.to_preview(output, KEPT)[0]["type"] == "mcp_call"
    assert [is_foreign(each) for each in [*output, 5]] == [True, False, False]


def test_a_spoken_part_in_a_responses_input_is_written_down() -> None:
    """The input of a preview response has no spoken part of an assistant's."""
    spoken = message("assistant", part("output_audio", transcript="a"), part("output_audio"), part("output_text"))
    (told,) = ITEMS.to_preview([spoken], ASKED)
    assert told == message("assistant", part("text", text="a"), part("text", text=""), part("text"))
    assert ITEMS.to_preview([message("user")], ASKED) == [message("user")]
