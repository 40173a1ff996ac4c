"""Tests of app.policy.tools.follow_ups: whose request a follow-up carries on, and what of it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from app.policy.tools.follow_ups import Requests
from tests.policy.tools.calling import (
    ASK,
    calls_hidden,
    created,
    done,
    follow_up,
    output,
    passes,
    sends,
    tools,
    unseen,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

Fields = dict[str, Any]

KEPT: Fields = {
    "conversation": "auto",
    "output_modalities": ["text"],
    "metadata": {"turn": "7"},
    "max_output_tokens": 100,
    "instructions": "Be brief.",
    "audio": {"output": {"voice": "cedar"}},
    "tools": [{"type": "function", "name": "search"}],
}
FUNCTION = {"type": "function", "name": "search"}

REPEATED: list[tuple[Fields, Any, Fields]] = [
    # what was asked, the session's own `tool_choice`, and what the follow-up asks
    ({}, None, {}),
    (KEPT, "auto", KEPT),
    ({"input": []}, "auto", {}),
    ({**KEPT, "input": [{"type": "item_reference", "id": "u1"}]}, None, KEPT),
    ({"tool_choice": "auto"}, "required", {"tool_choice": "auto"}),
    ({"tool_choice": "none"}, "required", {"tool_choice": "none"}),
    ({"tool_choice": "required"}, "auto", {"tool_choice": "auto"}),
    ({"tool_choice": FUNCTION}, "auto", {"tool_choice": "auto"}),
    ({}, "required", {"tool_choice": "auto"}),
    ({}, FUNCTION, {"tool_choice": "auto"}),
]


def carried_on(script: "Playbook", asked: Fields, number: int = 1, **told: Any) -> None:
    """A response calls a tool, and the follow-up asks what was asked."""
    response_id, item_id = f"r{number}", f"c{number}"
    unseen(script, created(response_id, **told))
    unseen(script, done(*calls_hidden(script, item_id, response_id=response_id), response_id=response_id))
    script >> ("done", (f"tool_call_{item_id}", "found")) << output(2 * number - 1, f"call_{item_id}")
    script << follow_up(2 * number, **asked)


@pytest.mark.parametrize(("asked", "choice", "expected"), REPEATED)
def test_what_a_follow_up_repeats(play: "Play", asked: Fields, choice: Any, expected: Fields) -> None:
    """All that still applies: not the input, and nothing that forces a call again and again."""
    script = play([tools()])
    passes(script, {"type": "session.updated", "session": {"tool_choice": choice}})
    sends(script, {"type": "response.create", "response": asked})
    carried_on(script, expected)
    carried_on(script, expected, 2)


def test_a_response_that_began_by_itself(play: "Play") -> None:
    """Is followed by a bare request; one that names no session or no choice changes nothing."""
    script = play([tools()])
    passes(script, {"type": "session.created", "session": {}}, {"type": "session.updated", "session": None})
    carried_on(script, {})


def test_requests_are_taken_up_in_order(play: "Play") -> None:
    """Those out of band have an order of their own."""
    aside = {"type": "response.create", "response": {"conversation": "none", "instructions": "aside"}}
    first, second = ({"instructions": text} for text in ("first", "second"))
    script = play([tools()])
    sends(script, aside, *({"type": "response.create", "response": each} for each in (first, second)))
    carried_on(script, first, 1)
    passes(script, created("r9", conversation_id=None))
    sends(script, {"type": "session.update", "session": {}})
    unseen(script, created("r2"))
    unseen(script, done(*calls_hidden(script, "c2", response_id="r2"), response_id="r2"))
    script >> ("done", ("tool_call_c2", "found")) << output(3, "call_c2") << follow_up(4, **second)


def test_metadata_tell_one_response_from_another(play: "Play") -> None:
    """One that the service began by itself has none, and is not what was asked for."""
    asked: Fields = {"metadata": {"turn": "1"}}
    script = play([tools()])
    sends(script, {"type": "response.create", "response": asked})
    carried_on(script, {}, 1, metadata=None)
    unseen(script, created("r7", metadata=None))
    script >> ("upstream", done(response_id="r7"))
    script << ("to client", created("r7", metadata=None)) << ("to client", done(response_id="r7"))
    carried_on(script, asked, 2, metadata={"turn": "1"})


ERRORS: list[tuple[Fields, list[str]]] = [
    # an error, and the requests that are open after it
    ({"code": "invalid_value", "param": "response.audio", "event_id": "e2"}, ["unnamed", "e3"]),
    ({"code": "invalid_value", "param": "response.audio", "event_id": "e9"}, ["unnamed", "e2", "e3"]),
    ({"code": "conversation_already_has_active_response", "event_id": "e3"}, ["unnamed", "e2"]),
    ({"code": "conversation_already_has_active_response", "event_id": None}, ["e2", "e3"]),
    ({"code": "too_many_responses_waiting", "param": None, "event_id": None}, ["e2", "e3"]),
    ({"code": "invalid_value", "param": "response.audio", "event_id": None}, ["e2", "e3"]),
    ({"code": "invalid_value", "param": "item_id", "event_id": None}, ["unnamed", "e2", "e3"]),
    ({"code": None}, ["unnamed", "e2", "e3"]),
]


@pytest.mark.parametrize(("error", "expected"), ERRORS)
def test_a_request_that_was_refused_is_answered_by_no_response(error: Fields, expected: list[str]) -> None:
    """The error names it, or tells by its code or `param` that it is about one that has no name."""
    requests = Requests()
    for name in ("unnamed", "e2", "e3"):
        event_id = {} if name == "unnamed" else {"event_id": name}
        requests.sent({"response": {"instructions": name}, **event_id}, waits=False)
    requests.refused({"error": error})
    assert still_open(requests) == expected
    requests.refused({"error": {"code": "too_many_responses_waiting"}})


def still_open(requests: Requests) -> list[str]:
    """Return what the requests ask for that are still open, in order."""
    found = []
    while (request := requests.begun({})) is not None:
        found.append(request.asked["instructions"])
    return found


OWN = "event_relay_s1_1"
NAMED: list[tuple[list[tuple[str, str, bool]], list[str]]] = [
    # requests: name, conversation, and whether a response is under way; and which of them come to anything
    ([("e1", "auto", False), (OWN, "auto", False)], ["e1"]),
    ([(OWN, "auto", False), (OWN, "auto", False)], [OWN]),
    ([(OWN, "auto", False), ("e1", "auto", False)], [OWN, "e1"]),
    ([(OWN, "auto", True), ("e1", "auto", True)], ["e1"]),
    ([("e1", "auto", False), ("e2", "auto", True)], ["e1", "e2"]),
    ([("e1", "none", False), (OWN, "auto", False)], ["e1", OWN]),
    ([(OWN, "auto", True), ("e1", "none", True)], [OWN, "e1"]),
]


@pytest.mark.parametrize(("sent", "expected"), NAMED)
def test_the_relays_own_request_stands_back(sent: list[tuple[str, str, bool]], expected: list[str]) -> None:
    """For one of the client's that waits before it, and for one that comes while it waits itself."""
    requests = Requests()
    for name, conversation, waits in sent:
        response = {"instructions": name, "conversation": conversation}
        requests.sent({"event_id": name, "response": response}, waits=waits)
    assert still_open(requests) == expected


def test_an_error_of_the_services_passes(play: "Play") -> None:
    """The client reads it; what it refused is not carried on."""
    script = play([tools()])
    asked = {"type": "response.create", "event_id": "e1", "response": {"instructions": "refused"}}
    sends(script, asked)
    passes(script, {"type": "error", "error": {"code": "invalid_value", "param": "response", "event_id": "e1"}})
    carried_on(script, {})


def test_an_error_that_tells_nothing_is_the_clients(play: "Play") -> None:
    """It is about nothing that is hidden."""
    script = play([tools()])
    passes(script, {"type": "error", "error": None})


@pytest.mark.parametrize("response", [None, "odd", 7])
def test_a_request_that_asks_for_nothing_in_particular(play: "Play", response: object) -> None:
    """Is carried on by a bare one."""
    script = play([tools()])
    sends(script, ASK, {"type": "response.create", "response": response})
    carried_on(script, {}, 1)
    carried_on(script, {}, 2)


def test_what_is_never_answered_is_given_up() -> None:
    """However many requests there are, the memory of them is bounded."""
    requests = Requests()
    for number in range(1000):
        requests.sent({"response": {"instructions": str(number)}}, waits=False)
    assert still_open(requests) == [str(number) for number in range(936, 1000)]
