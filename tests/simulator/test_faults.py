"""Tests of the faults: how they are told, and what becomes of an event."""

import msgspec
import pytest

from app.simulator import Faults
from app.simulator.faults import NO_JSON, Drop, Send, Stall, carried_out, faults_from
from app.simulator.outbox import Close

DONE = {"type": "response.done", "event_id": "event_1"}
SENT = Send(msgspec.json.encode(DONE))


@pytest.mark.parametrize(
    ("faults", "actions"),
    [
        (Faults(), [SENT]),
        (Faults(stall="session.created", drop="error", close="error", bad_json="error"), [SENT]),
        (Faults(stall="response.done"), [Stall(0), SENT]),
        (Faults(stall="response.done", stall_seconds=1.5), [Stall(1.5), SENT]),
        (Faults(bad_json="response.done"), [Send(NO_JSON), SENT]),
        (Faults(drop="response.done"), [Drop(), SENT]),
        (Faults(close="response.done", close_code=3000, close_reason="no"), [Close(3000, "no"), SENT]),
    ],
)
def test_faults_strike_at_their_event(faults: Faults, actions: list[object]) -> None:
    """Before the event that a fault names, the fault; any other event is sent as it is."""
    assert list(carried_out(DONE, faults)) == actions


def test_a_close_is_a_close() -> None:
    """What the session ends by itself, no fault changes."""
    close = Close(1001, "over")
    assert list(carried_out(close, Faults(stall="response.done"))) == [close]


def test_bad_json_is_none() -> None:
    """What `bad_json` sends does not parse."""
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(NO_JSON)


def test_a_query_tells_faults() -> None:
    """Parameters with the prefix are faults, on top of those that hold; all others are none."""
    query = {"fault-refuse": "429", "fault-retry-after": "7", "fault-stall-seconds": "0.5", "model": "m"}
    assert faults_from(query, Faults(drop="error")) == Faults(
        refuse=429, retry_after=7, stall_seconds=0.5, drop="error"
    )


def test_a_control_call_has_no_prefix() -> None:
    """Without a prefix each parameter is a fault."""
    assert faults_from({"close": "error", "close_code": "4000"}, Faults(), "") == Faults(
        close="error", close_code=4000
    )


@pytest.mark.parametrize(
    "query",
    [
        {"fault-explode": "1"},
        {"fault-refuse": "often"},
        {"fault-refuse": "200"},
        {"fault-close-code": "1006"},
        {"fault-close-code": "70000"},
    ],
)
def test_what_is_no_fault_is_refused(query: dict[str, str]) -> None:
    """An unknown name, a value of another type, a status that refuses nothing, a code that cannot be sent."""
    with pytest.raises(ValueError, match=r"\w"):
        faults_from(query, Faults())
