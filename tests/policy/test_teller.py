"""Tests of app.policy.teller: events with ids of the relay's own."""

from app.errors import Refused
from app.policy.teller import Teller
from app.protocol.frame import OWN


def test_every_event_has_an_id_of_its_own() -> None:
    """They begin alike, and name the session; no two are equal."""
    teller = Teller("s1")
    events = [teller.event("relay.ready", limits={}).event, teller.error(Refused("code", "Words.")).event]
    assert events[0] == {"type": "relay.ready", "event_id": "event_relay_s1_1", "limits": {}}
    assert events[1]["event_id"] == "event_relay_s1_2"
    assert teller.new_event_id() == "event_relay_s1_3"
    assert all(event["event_id"].startswith(OWN) for event in events)


def test_an_error_refers_to_what_the_client_sent() -> None:
    """Code, words, place and the client's own event id."""
    refused = Refused("invalid_value", "No.", param="item.role", event_id="mine")
    assert Teller("s1").error(refused).event["error"] == {
        "type": "invalid_request_error",
        "code": "invalid_value",
        "message": "No.",
        "param": "item.role",
        "event_id": "mine",
    }
