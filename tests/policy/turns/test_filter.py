"""Tests of app.policy.turns: requests for responses take turns, and cancels find something to cancel."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from app.policy.turns import TurnRules
from tests.policy.turns.turning import Noted, Work, cancel, create, created, finished, guard

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]


def sent(script: "Playbook", event: dict[str, Any]) -> None:
    """Say that an event of the client's goes on as it is, and nothing else happens."""
    script >> ("client", event) << ("to upstream", event)


def heard(script: "Playbook", *events: dict[str, Any]) -> None:
    """Say that events of the service's reach the client, and nothing else happens."""
    for event in events:
        script >> ("upstream", event) << ("to client", event)


def under_way(script: "Playbook", response_id: str = "r1") -> "Playbook":
    """Have the service begin a response by itself."""
    heard(script, created(response_id))
    return script


def test_the_bases() -> None:
    """`locked` takes turns, `open` does not."""
    assert TurnRules.locked().guard
    assert not TurnRules.open().guard


def test_a_request_passes_when_nothing_is_under_way(play: "Play") -> None:
    """And the next one after the response has ended."""
    script = play([guard(Noted())])
    sent(script, create())
    heard(script, created(), finished())
    sent(script, create("c2"))


def test_a_request_waits_for_the_end_of_a_response(play: "Play") -> None:
    """One that the service began by itself, too; the client hears of the end first."""
    script = under_way(play([guard(Noted())]))
    script >> ("client", create())
    heard(script, {"type": "response.output_text.done"})
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create())


def test_a_request_that_is_not_answered_yet_is_under_way(play: "Play") -> None:
    """Two at once are one after the other."""
    script = play([guard(Noted())])
    sent(script, create())
    script >> ("client", create("c2"))
    heard(script, created())
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c2"))


def test_requests_are_released_one_by_one(play: "Play") -> None:
    """In their order."""
    script = under_way(play([guard(Noted())]))
    for number in (1, 2, 3):
        script >> ("client", create(f"c{number}"))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c1"))
    heard(script, created("r2"))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", create("c2"))


def test_so_many_may_wait(play: "Play") -> None:
    """A further one is refused with its `event_id`, and counted; those that wait are none the worse."""
    tap = Noted()
    script = under_way(play([guard(tap, max_waiting=1)]))
    script >> ("client", create("c1"))
    message = "1 events 'response.create' are waiting for a response to end."
    refusal = {"code": "too_many_responses_waiting", "message": message, "param": None, "event_id": "c2"}
    error = {"type": "invalid_request_error", **refusal}
    (
        script
        >> ("client", create("c2"))
        << ("to client", {"type": "error", "event_id": "event_relay_s1_1", "error": error})
    )
    assert tap.refusals == ["too_many_responses_waiting"]
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c1"))


def test_responses_outside_the_conversation_take_no_turn(play: "Play") -> None:
    """Any number of them, beside the one that does; a cancel by name is for one of them."""
    script = play([guard(Noted())])
    aside = create("c1", conversation="none")
    sent(script, aside)
    heard(script, created("r0", None))
    sent(script, create("c2"))
    sent(script, aside)
    heard(script, created("r1"), created("r2", None), finished("r0", None))
    script >> ("client", create("c3"))
    heard(script, finished("r2", None))
    sent(script, cancel(response_id="r2"))
    script >> ("upstream", finished("r1")) << ("to client", finished("r1")) << ("to upstream", create("c3"))


def test_a_service_may_not_tell_conversations_apart(play: "Play") -> None:
    """Then every response is one of the conversation."""
    script = play([guard(Noted())])
    begun: dict[str, Any] = {"type": "response.created", "response": {"id": "r1"}}
    ended: dict[str, Any] = {"type": "response.done", "response": {"id": "r1"}}
    heard(script, begun)
    script >> ("client", create())
    script >> ("upstream", ended) << ("to client", ended) << ("to upstream", create())


@pytest.mark.parametrize(
    "fields", [{}, {"response": None}, {"response": []}, {"response": {"conversation": "auto"}}]
)
def test_a_request_may_say_little(play: "Play", fields: dict[str, Any]) -> None:
    """It is one for the conversation."""
    wish = {"type": "response.create", "event_id": "c1", **fields}
    script = under_way(play([guard(Noted())]))
    script >> ("client", wish)
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", wish)


def test_the_end_of_another_response_is_not_the_end(play: "Play") -> None:
    """It goes on as before."""
    script = under_way(play([guard(Noted())]), "r2")
    script >> ("client", create())
    heard(script, finished("r1"))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", create())


def test_a_cancel_passes_while_something_is_under_way(play: "Play") -> None:
    """Also before the service has begun; what waits is released when the cancelled one has ended."""
    script = play([guard(Noted())])
    sent(script, create("c1"))
    sent(script, cancel())
    heard(script, created())
    script >> ("client", create("c2"))
    sent(script, cancel(response_id="r1"))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c2"))


def test_a_cancel_of_nothing_is_swallowed(play: "Play") -> None:
    """Before the first response and behind each; one by name may be for a response that we don't know."""
    script = play([guard(Noted())])
    script >> ("client", cancel())
    heard(script, created(), finished())
    script >> ("client", cancel())
    sent(script, cancel(response_id="r1"))


def test_a_cancel_takes_back_what_was_asked_for_last(play: "Play") -> None:
    """Where somebody is busy and nothing is under way; a cancel of the relay's own takes nothing back."""
    work = Work()
    work.busy = True
    script = play([guard(Noted(), work)])
    script >> ("client", create("c1")) >> ("client", create("c2"))
    script >> ("client", cancel()) >> ("client", cancel(event_id="event_relay_s1_x"))
    work.busy = False
    script.at(0.25) >> ("tick", None) << ("to upstream", create("c1"))
    heard(script, created(), finished())


def test_a_cut_is_clamped(play: "Play") -> None:
    """To what was said, in the format that the service reported."""
    script = play([guard(Noted())])
    told = {"type": "session.created", "session": {"audio": {"output": {"format": {"type": "audio/pcma"}}}}}
    fields = {"item_id": "i1", "content_index": 0}
    heard(script, told, {"type": "response.output_audio.delta", **fields, "delta": "AAAA" * 800})
    cut = {"type": "conversation.item.truncate", **fields}
    script >> ("client", {**cut, "audio_end_ms": 301}) << ("to upstream", {**cut, "audio_end_ms": 300})
    sent(script, {**cut, "audio_end_ms": 299})
