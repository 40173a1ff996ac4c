"""Tests of the outbox."""

from app.simulator.outbox import Close, Outbox, new_id


def test_what_is_said_comes_out_once_and_in_order() -> None:
    """Events and the close are taken in the order in which they were added, each once."""
    outbox = Outbox(lambda prefix: f"{prefix}_1")
    outbox.send("input_audio_buffer.cleared")
    outbox.close(1001, "over")
    assert outbox.take() == [{"type": "input_audio_buffer.cleared", "event_id": "event_1"}, Close(1001, "over")]
    assert outbox.take() == []


def test_ids_are_new_and_fit() -> None:
    """No two ids are equal, and an item's id is one that a client may repeat (32 characters at most)."""
    ids = {new_id("item") for _ in range(100)}
    assert len(ids) == 100
    assert all(each.startswith("item_") and len(each) <= 32 for each in ids)
