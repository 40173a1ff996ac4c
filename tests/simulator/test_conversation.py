"""Tests of the conversation's items, played against a session of either generation."""

import base64
from typing import Any

import pytest

from app.simulator.session_object import Opening
from tests.simulator.playing import GA, PREVIEW, Play, audio, silence

OPENINGS = [GA, PREVIEW]
TOLD = {"ga": ["conversation.item.added", "conversation.item.done"], "preview": ["conversation.item.created"]}


def text(item_id: str, **fields: Any) -> dict[str, Any]:
    content = [{"type": "input_text", "text": "hello"}]
    return {"item": {"id": item_id, "type": "message", "role": "user", "content": content}, **fields}


def order(play: Play) -> list[str]:
    """Tell the order of all items by what follows what, as events told it."""
    ids: list[str] = []
    for event in play.said:
        if event["type"] in {"conversation.item.added", "conversation.item.created"}:
            previous = event["previous_item_id"]
            ids.insert(ids.index(previous) + 1 if previous else 0, event["item"]["id"])
    return ids


@pytest.mark.parametrize("opening", OPENINGS)
def test_an_item_is_told_in_the_words_of_its_generation(opening: Opening) -> None:
    """GA says `added` and `done`, preview `created`; each shows the whole item and what stands before it."""
    play = Play(opening)
    first, second = (
        play.send("conversation.item.create", **text("a")),
        play.send("conversation.item.create", **text("b")),
    )
    assert [event["type"] for event in first] == TOLD[opening.generation]
    assert {event["previous_item_id"] for event in first} == {None}
    assert {event["previous_item_id"] for event in second} == {"a"}
    assert all(
        event["item"] == {"object": "realtime.item", "status": "completed", **text("a")["item"]} for event in first
    )


@pytest.mark.parametrize("opening", OPENINGS)
def test_items_go_where_they_are_put(opening: Opening) -> None:
    """Without a word an item is the last, after `root` the first, else behind the one that is named."""
    play = Play(opening)
    for item_id, previous in (("a", {}), ("b", {"previous_item_id": None}), ("c", {"previous_item_id": "root"})):
        play.send("conversation.item.create", **text(item_id, **previous))
    play.send("conversation.item.create", **text("d", previous_item_id="a"))
    assert order(play) == ["c", "a", "d", "b"]


@pytest.mark.parametrize(
    ("kind", "fields", "code", "param"),
    [
        ("conversation.item.create", text("a"), "item_create_duplicate_item_id", "item.id"),
        (
            "conversation.item.create",
            text("b", previous_item_id="z"),
            "item_create_invalid_previous_item_id",
            "previous_item_id",
        ),
        (
            "conversation.item.create",
            {"item": {"type": "function_call_output", "call_id": "z", "output": ""}},
            "invalid_tool_call_id",
            None,
        ),
        ("conversation.item.retrieve", {"item_id": "z"}, "item_retrieve_invalid_item_id", "item_id"),
        ("conversation.item.delete", {"item_id": "z"}, "item_delete_invalid_item_id", "item_id"),
        (
            "conversation.item.truncate",
            {"item_id": "z", "content_index": 0, "audio_end_ms": 0},
            "item_truncate_invalid_item_id",
            "item_id",
        ),
        (
            "conversation.item.truncate",
            {"item_id": "a", "content_index": 0, "audio_end_ms": 0},
            "unsupported_content_type",
            "item_id",
        ),
    ],
)
@pytest.mark.parametrize("opening", OPENINGS)
def test_what_does_not_exist_is_told(
    opening: Opening, kind: str, fields: dict[str, Any], code: str, param: str | None
) -> None:
    """Each operation on what is not there has its own error, and changes nothing."""
    play = Play(opening)
    play.send("conversation.item.create", **text("a"))
    assert play.refused(kind, **fields) == (code, param)
    assert order(play) == ["a"]


def test_an_output_needs_its_call() -> None:
    """The output of a function is taken once its call is in the conversation."""
    play = Play()
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    play.send("conversation.item.create", item=call)
    output = {"type": "function_call_output", "call_id": "c", "output": "sunny"}
    assert len(play.send("conversation.item.create", item=output)) == 2


def test_retrieving_shows_the_audio() -> None:
    """A retrieved item is whole, its audio included; text has none."""
    play = Play()
    data = silence(300)
    content = [{"type": "input_audio", "audio": audio(data)}, {"type": "input_text", "text": "x"}]
    play.send("conversation.item.create", item={"id": "a", "type": "message", "role": "user", "content": content})
    play.send("conversation.item.create", **text("b"))
    [retrieved] = play.send("conversation.item.retrieve", item_id="a")
    assert retrieved["item"]["content"][0]["audio"] == audio(data)
    [retrieved] = play.send("conversation.item.retrieve", item_id="b")
    assert retrieved["item"]["content"] == text("b")["item"]["content"]


def test_deleting_forgets() -> None:
    """A deleted item is gone, and its neighbours close up."""
    play = Play()
    for item_id in "abc":
        play.send("conversation.item.create", **text(item_id))
    [deleted] = play.send("conversation.item.delete", item_id="b")
    assert (deleted["type"], deleted["item_id"]) == ("conversation.item.deleted", "b")
    assert play.refused("conversation.item.delete", item_id="b")[0] == "item_delete_invalid_item_id"
    assert play.send("conversation.item.create", **text("d"))[0]["previous_item_id"] == "c"


@pytest.mark.parametrize("opening", OPENINGS)
def test_truncating_shortens_what_was_said(opening: Opening) -> None:
    """A truncation shortens the audio as told and drops the transcript; longer the audio never gets."""
    play = Play(opening)
    said = play.ask("hello")[-2]["response"]["output"][0]
    cut = {"item_id": said["id"], "content_index": 0, "audio_end_ms": 500}
    assert play.send("conversation.item.truncate", **cut)[0]["audio_end_ms"] == 500
    [retrieved] = play.send("conversation.item.retrieve", item_id=said["id"])
    [part] = retrieved["item"]["content"]
    assert len(base64.b64decode(part["audio"])) == 500 * 48
    assert "transcript" not in part
    code = play.refused("conversation.item.truncate", **{**cut, "audio_end_ms": 501})
    assert code == ("invalid_value", "audio_end_ms")
    code = play.refused("conversation.item.truncate", **{**cut, "content_index": 1})
    assert code == ("invalid_value", "content_index")
