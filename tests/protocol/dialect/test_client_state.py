"""Tests of app.protocol.dialect.client_state: what is told back to a preview client as it was asked."""

from app.protocol.dialect.client_state import MOST_RETRIEVES, ClientState


def state() -> ClientState:
    return ClientState(transcription=False, keep=False)


def test_the_sessions_temperature_is_that_of_the_last_update_that_named_one() -> None:
    """An update without a temperature changes none."""
    asked = state()
    asked.remember(0.7)
    asked.remember(None)
    assert asked.temperature == 0.7


def test_a_responses_own_temperature_goes_with_it_to_its_end() -> None:
    """The next response has the one that was asked for, others the session's."""
    asked = state()
    asked.remember(0.7)
    asked.asked_response(1.1)
    assert [asked.begun("resp_1"), asked.begun("resp_2")] == [1.1, 0.7]
    asked.remember(0.9)
    assert [asked.ended("resp_1"), asked.ended("resp_2"), asked.ended("resp_3")] == [1.1, 0.7, 0.9]
    assert asked.responses == {}


def test_a_refusal_takes_back_what_was_not_begun() -> None:
    """What the service refused does not mark the next response."""
    asked = state()
    asked.in_force.asked({"instructions": "a"})
    asked.asked_response(1.1)
    asked.refused()
    assert asked.begun("resp_1") is None
    assert asked.in_force.session is None


def test_a_retrieve_is_remembered_by_its_item() -> None:
    """An answer is matched once; an item nobody asked for, or of no name, has no asker."""
    asked = state()
    asked.asked_item("item_1", "event_1")
    assert [asked.told_item("item_1"), asked.told_item("item_1"), asked.told_item([])] == ["event_1", None, None]


def test_the_oldest_of_too_many_retrieves_is_forgotten() -> None:
    """A client that asks for what is never told cannot fill the memory."""
    asked = state()
    for number in range(MOST_RETRIEVES + 1):
        asked.asked_item(f"item_{number}", "event_1")
    assert [asked.told_item("item_0"), asked.told_item("item_1")] == [None, "event_1"]
