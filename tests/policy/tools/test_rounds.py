"""Tests of app.policy.tools.rounds: how a response ends for the client, and what the model reads of it."""

import json
from typing import Any, get_args

import pytest

from app.policy.tools.rounds import STOPPED, Round, Stop
from app.protocol.frame import Frame
from tests.policy.tools.calling import created, done

ENDS: list[tuple[Stop | None, str, dict[str, str | None], str]] = [
    # why it was stopped, the service's status, results; and the status that the client is told
    ("turn_detected", "completed", {"call_1": None}, "cancelled"),
    ("client_cancelled", "completed", {"call_1": None}, "cancelled"),
    ("limit", "completed", {"call_1": None}, "completed"),
    ("cancelled", "incomplete", {"call_1": None}, "incomplete"),
    ("turn_detected", "failed", {"call_1": None}, "failed"),
    ("turn_detected", "completed", {}, "completed"),
    (None, "completed", {"call_1": None}, "completed"),
]


@pytest.mark.parametrize(("why", "status", "results", "expected"), ENDS)
@pytest.mark.parametrize("begun", [False, True])
def test_the_last_word(
    *, why: Stop | None, status: str, results: dict[str, Any], expected: str, begun: bool
) -> None:
    """Only of a response that was kept from the client whole it says that it was cancelled, and by whom."""
    each = Round("r1", {}, created=None if begun else Frame.of(created()), results=results)
    if why is not None:
        each.stop(why)
    told = each.last_word(Frame.of(done(status=status))).event["response"]
    assert told["status"] == (status if begun else expected)
    if told["status"] != status:
        assert told["status_details"] == {"type": "cancelled", "reason": why}


def test_who_stopped_it_first_has_stopped_it() -> None:
    """What has a result keeps it."""
    each = Round("r1", {}, results={"call_1": "found", "call_2": None})
    each.stop("turn_detected")
    each.stop("cancelled")
    assert each.stopped == "turn_detected"
    assert each.results == {"call_1": "found", "call_2": STOPPED["turn_detected"]}


def test_the_model_can_read_why() -> None:
    """For every reason there is a text, an object with an error."""
    assert {why for why in STOPPED if json.loads(STOPPED[why])["error"]} == set(get_args(Stop))
