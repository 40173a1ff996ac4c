"""Tests of app.protocol.dialect.open_items: every item that was added is done, once, at its time."""

from typing import Any

import pytest

from app.protocol.dialect.open_items import OpenItems

Event = dict[str, Any]


def item(status: str = "completed", **fields: Any) -> Event:
    return {"id": "item_1", "status": status, **fields}


def added(given: Event) -> Event:
    return {"type": "conversation.item.added", "previous_item_id": "item_0", "item": given}


def output(given: Event, response_id: str = "resp_1") -> Event:
    return {"response_id": response_id, "item": given}


def done(given: Event) -> Event:
    return {"type": "conversation.item.done", "previous_item_id": "item_0", "item": given}


@pytest.fixture
def items() -> OpenItems:
    return OpenItems()


def test_an_item_that_no_response_makes_is_done_at_once(items: OpenItems) -> None:
    """A user's, or one that the client created."""
    assert [done(item())] == list(items.added(added(item())))


def test_an_item_of_a_response_is_done_with_its_output(items: OpenItems) -> None:
    """The done event holds the item as it ended, and comes once."""
    items.begun(output(item("in_progress")))
    assert list(items.added(added(item("in_progress")))) == []
    assert [done(item(content=[]))] == list(items.finished(output(item(content=[]))))
    assert list(items.finished(output(item()))) == []
    assert list(items.closed({"id": "resp_1", "output": [item()]})) == []


def test_an_item_in_progress_waits_whoever_makes_it(items: OpenItems) -> None:
    """Some servers add the item before they tell of the output."""
    assert list(items.added(added(item("in_progress")))) == []
    assert [done(item())] == list(items.finished(output(item())))


def test_an_item_out_of_band_is_never_done(items: OpenItems) -> None:
    """What was not added to the conversation is not done in it."""
    items.begun(output(item("in_progress")))
    assert list(items.finished(output(item()))) == []


def test_the_end_of_a_response_closes_its_items(items: OpenItems) -> None:
    """With the item of its output, or as it was added; another response's stay open."""
    items.begun(output(item("in_progress")))
    list(items.added(added(item("in_progress"))))
    assert list(items.closed({"id": "resp_2", "output": [item()]})) == []
    assert [done(item())] == list(items.closed({"id": "resp_1", "output": [item(), 5]}))
    list(items.added(added(item("in_progress"))))
    assert [done(item("in_progress"))] == list(items.closed({"id": "resp_1", "output": None}))


@pytest.mark.parametrize("response", [None, 5, {}])
def test_a_response_without_content_closes_what_nobody_claims(items: OpenItems, response: Any) -> None:
    """Nothing raises, and no item stays open for ever."""
    list(items.added(added(item("in_progress"))))
    assert [done(item("in_progress"))] == list(items.closed(response))


def test_a_deleted_item_is_never_done(items: OpenItems) -> None:
    """The conversation no longer has it."""
    items.begun(output(item("in_progress")))
    list(items.added(added(item("in_progress"))))
    items.deleted("item_1")
    assert list(items.finished(output(item()))) == []


def test_a_calls_name_is_known_while_it_is_made(items: OpenItems) -> None:
    """Preview does not repeat it at the end of the arguments; GA does."""
    items.begun(output(item("in_progress", name="look")))
    assert [items.name("item_1"), items.name("item_2"), items.name([])] == ["look", "", ""]
    list(items.closed({"id": "resp_1"}))
    assert items.name("item_1") == ""


def test_odd_events_are_passed_over(items: OpenItems) -> None:
    """What holds no item tells nothing."""
    items.begun({})
    items.begun({"item": {"id": 5}})
    assert [*items.added({}), *items.finished({}), *items.closed({"output": [5]})] == []
