"""Tests of app.policy.turns: a service that forgets an event or always refuses keeps nobody waiting for ever."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from app.policy.turns import TurnGuard
from app.policy.turns.filter import GIVE_UP, LONGEST_PAUSE, LOOK_AGAIN
from app.policy.turns.under_way import SILENT, UNANSWERED
from tests.policy.turns.turning import Noted, cancel, complaint, create, created, finished, guard

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

OWN = create("event_relay_s1_t")
NAMELESS: dict[str, Any] = {"type": "response.create"}
WORD = {"type": "response.output_text.delta", "delta": "well"}


def begun(**response: Any) -> dict[str, Any]:
    """Return the beginning of a response that tells this much."""
    return {"type": "response.created", "response": response}


def over(**response: Any) -> dict[str, Any]:
    """Return the end of a response that tells this much."""
    return {"type": "response.done", "response": response}


def heard(script: "Playbook", *events: dict[str, Any]) -> None:
    """Say that events of the service's reach the client, and nothing else happens."""
    for event in events:
        script >> ("upstream", event) << ("to client", event)


def sent(script: "Playbook", event: dict[str, Any]) -> None:
    """Say that an event of the client's goes on as it is, and nothing else happens."""
    script >> ("client", event) << ("to upstream", event)


def test_a_request_that_nothing_follows_keeps_nobody_waiting(play: "Play") -> None:
    """For a while it does; what waits goes by the clock, what comes later at once, and a cancel may mean it."""
    guarding = guard(Noted())
    script = play([guarding])
    sent(script, create("c1"))
    script.at(1.0) >> ("client", create("c2"))
    assert guarding.wake_at == UNANSWERED
    script.at(UNANSWERED) >> ("tick", None) << ("to upstream", create("c2"))
    sent(script.at(2 * UNANSWERED), create("c3"))
    script.at(4 * UNANSWERED)
    sent(script, cancel())


def test_a_response_that_never_ends_keeps_nobody_waiting(play: "Play") -> None:
    """As long as the service says anything of it, it is under way."""
    guarding = guard(Noted())
    script = play([guarding])
    heard(script, created())
    heard(script.at(SILENT - 1), WORD)
    script >> ("client", create("c1"))
    heard(script.at(SILENT), {"type": "rate_limits.updated"})
    assert guarding.wake_at == 2 * SILENT - 1
    script.at(2 * SILENT - 1) >> ("tick", None) << ("to upstream", create("c1"))


def test_who_was_given_up_too_early_is_put_right(play: "Play") -> None:
    """The service refuses, and goes on; the request goes again behind its end."""
    script = play([guard(Noted())])
    heard(script, created())
    sent(script.at(SILENT), create("c1"))
    script >> ("upstream", complaint("c1"))
    heard(script, WORD, finished())
    script.at(SILENT + LOOK_AGAIN) >> ("tick", None) << ("to upstream", create("c1"))


ODD_PAIRS = [
    (begun(id="r1", conversation_id="conv"), over(status="completed")),
    (begun(), over(id="r1", conversation_id="conv")),
    (begun(id=["r1"]), over(id={})),
    (begun(id="r1", conversation_id="conv"), {"type": "response.done"}),
    (begun(id="r1", conversation_id=None), over(id="r1", conversation_id=None)),
    (begun(id="r1", conversation_id=None), over(id="r1", conversation_id="conv")),
]


@pytest.mark.parametrize(("beginning", "end"), ODD_PAIRS)
def test_a_response_may_tell_little(play: "Play", beginning: dict[str, Any], end: dict[str, Any]) -> None:
    """One that answers what was asked in the conversation ends with what can only be its end."""
    script = play([guard(Noted())])
    sent(script, create("c1"))
    heard(script, beginning)
    script >> ("client", create("c2"))
    script >> ("upstream", end) << ("to client", end) << ("to upstream", create("c2"))


def test_a_response_outside_the_conversation_answers_who_asked_for_such(play: "Play") -> None:
    """Only the next, for which nobody did, can be the one in the conversation; with nothing asked, none is."""
    script = play([guard(Noted())])
    heard(script, created("r8", None))
    sent(script, create("aside", conversation="none"))
    sent(script, create("c1"))
    script >> ("client", create("c2"))
    heard(script, created("r0", None), finished("r0", None), created("r1", None), finished("r9", None))
    script >> ("upstream", finished("r1", None)) << ("to client", finished("r1", None))
    script << ("to upstream", create("c2"))


def refuse_for_ever(script: "Playbook", guarding: TurnGuard, wish: dict[str, Any], about: str | None) -> float:
    """Refuse whatever goes up until the next refusal is the last; returns when that is."""
    now, pause = 0.0, LOOK_AGAIN
    while now < GIVE_UP:
        script.at(now) >> ("upstream", complaint(about))
        assert guarding.wake_at == now + pause
        now, pause = now + pause, min(2 * pause, LONGEST_PAUSE)
        script.at(now) >> ("tick", None) << ("to upstream", wish)
    return now


@pytest.mark.parametrize("about", ["c1", None])
def test_a_service_that_is_always_occupied(play: "Play", about: str | None) -> None:
    """Is asked ever more rarely; in the end the client hears of it, and the next request has its turn."""
    guarding = guard(Noted())
    script = play([guarding])
    sent(script, create("c1"))
    now = refuse_for_ever(script, guarding, create("c1"), about)
    script >> ("client", create("c2"))
    script.at(now) >> ("upstream", complaint(about)) << ("to client", complaint("c1"))
    script.at(now + LONGEST_PAUSE) >> ("tick", None) << ("to upstream", create("c2"))
    script >> ("upstream", complaint("c2"))
    heard(script, created(), finished())
    script.at(now + 2 * LONGEST_PAUSE) >> ("tick", None) << ("to upstream", create("c2"))
    script >> ("upstream", complaint("c2"))
    assert guarding.wake_at == now + 2 * LONGEST_PAUSE + LOOK_AGAIN


def test_an_occupied_service_and_a_request_without_a_name(play: "Play") -> None:
    """The error names none either."""
    guarding = guard(Noted())
    script = play([guarding])
    named = {**NAMELESS, "event_id": "event_relay_s1_1"}
    script >> ("client", NAMELESS) << ("to upstream", named)
    refuse_for_ever(script, guarding, named, "event_relay_s1_1")
    script >> ("upstream", complaint("event_relay_s1_1")) << ("to client", complaint(None))


def test_an_occupied_service_and_the_relays_own_request(play: "Play") -> None:
    """Whoever asked, nearer to the client, hears which of its events is meant; the operator does, too."""
    tap = Noted()
    guarding = guard(tap)
    script = play([guarding])
    sent(script, OWN)
    refuse_for_ever(script, guarding, OWN, None)
    script >> ("upstream", complaint(None)) << ("to client", complaint(OWN["event_id"]))
    assert tap.losses == [
        "the service refused an event of the relay's own: conversation_already_has_active_response"
    ]
