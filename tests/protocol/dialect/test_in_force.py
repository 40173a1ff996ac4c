"""Tests of app.protocol.dialect.in_force: what a sparse request is completed from."""

from app.protocol.dialect.in_force import InForce


def test_nothing_is_known_before_the_service_has_spoken() -> None:
    """A session without a report has none in force."""
    assert InForce().session is None


def test_what_was_asked_counts_at_once() -> None:
    """Named keys change, inside `audio` too; the rest of a group stays, other objects are replaced."""
    state = InForce()
    state.reported({"tools": [1], "prompt": {"id": "a"}, "audio": {"input": {"format": 1, "transcription": 2}}})
    state.asked({"prompt": {"version": "1"}, "audio": {"input": {"format": 3}, "output": {"voice": "a"}}})
    assert state.session == {
        "tools": [1],
        "prompt": {"version": "1"},
        "audio": {"input": {"format": 3, "transcription": 2}, "output": {"voice": "a"}},
    }


def test_a_refusal_goes_back_to_the_last_report() -> None:
    """What the service did not take is not in force."""
    state = InForce()
    state.reported({"tools": []})
    state.asked({"tools": [1]})
    state.refused()
    assert state.session == {"tools": []}


def test_a_report_replaces_what_was_asked() -> None:
    """The service's word is the last."""
    state = InForce()
    state.asked({"tools": [1]})
    state.reported({"tools": [2]})
    assert state.session == {"tools": [2]}
