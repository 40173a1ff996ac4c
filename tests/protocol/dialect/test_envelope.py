"""Tests of app.protocol.dialect.envelope: ids and objects of events."""

import pytest

from app.errors import Refused
from app.protocol.dialect.envelope import Ids, object_in, refusals_named


def test_an_event_keeps_its_id_and_gets_one_where_it_has_none() -> None:
    """No two ids of a session are the same; nothing else changes."""
    ids = Ids()
    own = {"type": "error", "event_id": "event_1"}
    assert own == ids.on(own)
    one, other = ids.on({"type": "error"}), ids.on({"type": "error", "event_id": None})
    assert one["event_id"] != other["event_id"]
    assert {**one, "event_id": None} == {"type": "error", "event_id": None}


def test_a_refusal_names_the_event() -> None:
    """The client's `event_id` is added, all else stays."""
    with pytest.raises(Refused) as refused, refusals_named({"type": "a", "event_id": "event_1"}):
        raise Refused("invalid_value", "No.", param="a")
    told = refused.value
    assert (told.code, told.message, told.param, told.event_id) == ("invalid_value", "No.", "a", "event_1")


def test_an_object_is_one_or_is_missing() -> None:
    """Null counts as missing; anything else is refused."""
    assert object_in({"session": {"a": 1}}, "session") == {"a": 1}
    assert object_in({"session": None}, "session") is None
    assert object_in({}, "session") is None
    with pytest.raises(Refused) as refused:
        object_in({"session": []}, "session")
    assert refused.value.param == "session"
