"""Tests of app.policy.turns: which errors of the service's are the client's business, and what the others do."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from tests.policy.turns.turning import (
    OCCUPIED,
    OUTPUT,
    Noted,
    cancel,
    complaint,
    create,
    created,
    finished,
    guard,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

OWN = create("event_relay_s1_t")
NOTHING = "response_cancel_not_active"
LOST = "the service refused an event of the relay's own: "


def test_a_refused_request_is_over(play: "Play") -> None:
    """The client hears why, and the next one goes."""
    script = play([guard(Noted())])
    script >> ("client", create("c1")) << ("to upstream", create("c1"))
    script >> ("client", create("c2"))
    error = complaint("c1", "invalid_value")
    script >> ("upstream", error) << ("to client", error) << ("to upstream", create("c2"))


def test_a_request_without_a_name_is_given_one(play: "Play") -> None:
    """By which its refusal is known; the client, which gave none, is told of none."""
    tap = Noted()
    script = play([guard(tap)])
    for number, event_id in enumerate((None, 5), 1):
        named = {"type": "response.create", "event_id": f"event_relay_s1_{number}"}
        script >> ("client", {"type": "response.create", "event_id": event_id}) << ("to upstream", named)
        error = complaint(f"event_relay_s1_{number}", "invalid_value")
        script >> ("upstream", error) << ("to client", complaint(None, "invalid_value"))
    assert tap.losses == []


def test_who_was_overtaken_by_the_service_waits(play: "Play") -> None:
    """The service began a response by itself: nobody hears of the refusal, and the request goes behind that."""
    script = play([guard(Noted())])
    script >> ("client", create("c1")) << ("to upstream", create("c1"))
    script >> ("client", create("c2"))
    script >> ("upstream", created()) << ("to client", created())
    script >> ("upstream", complaint("c1"))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c1"))
    script >> ("upstream", created("r2")) << ("to client", created("r2"))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", create("c2"))


def test_requests_that_were_overtaken_keep_their_order(play: "Play") -> None:
    """Also where the first's refusal comes only after the second was sent."""
    script = play([guard(Noted())])
    script >> ("client", create("c1")) << ("to upstream", create("c1"))
    script >> ("client", create("c2"))
    script >> ("upstream", created()) << ("to client", created())
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c2"))
    script >> ("upstream", created("r2")) << ("to client", created("r2"))
    script >> ("upstream", complaint("c2")) >> ("upstream", complaint("c1"))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", create("c1"))


def test_who_was_refused_for_no_visible_reason_tries_again(play: "Play") -> None:
    """The service says that a response is under way which nobody has seen: a moment later, and not at once."""
    guarding = guard(Noted())
    script = play([guarding])
    script.at(7.0) >> ("client", create()) << ("to upstream", create())
    script >> ("upstream", complaint("c1"))
    assert guarding.wake_at == 7.25
    script.at(7.1) >> ("tick", None)
    script.at(7.25) >> ("tick", None) << ("to upstream", create())


def test_the_relays_own_request_may_be_overtaken_too(play: "Play") -> None:
    """Nothing is lost thereby; it goes behind that response, or one of the client's in its place."""
    script = play([guard(Noted())])
    script >> ("client", OWN) << ("to upstream", OWN)
    script >> ("upstream", created()) << ("to client", created())
    script >> ("upstream", complaint(OWN["event_id"]))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", OWN)
    script >> ("client", create())
    script >> ("upstream", created("r2")) << ("to client", created("r2"))
    script >> ("upstream", complaint(OWN["event_id"]))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", create())


@pytest.mark.parametrize("event", [OWN, OUTPUT, cancel(event_id="event_relay_s1_c")])
def test_errors_about_the_relays_own_events_are_the_operators(play: "Play", event: dict[str, Any]) -> None:
    """And of those who sent them, nearer to the client. A code that could be anything is not for the log."""
    tap = Noted()
    script = play([guard(tap)])
    script >> ("upstream", created()) << ("to client", created())
    for code in ("server_error", None, 'call look_up({"iban":"DE99"}) failed', "x" * 65, ["server_error"]):
        error = complaint(event["event_id"], code)
        script >> ("upstream", error) << ("to client", error)
    assert tap.losses == [LOST + "server_error", *[LOST + "unknown"] * 4]


def test_the_relays_own_request_may_be_refused(play: "Play") -> None:
    """Then it is over, and what came meanwhile goes."""
    tap = Noted()
    script = play([guard(tap)])
    script >> ("client", OWN) << ("to upstream", OWN)
    script >> ("client", create())
    error = complaint(OWN["event_id"], "invalid_value")
    script >> ("upstream", error) << ("to client", error) << ("to upstream", create())
    assert tap.losses == [LOST + "invalid_value"]


@pytest.mark.parametrize("event_id", [None, "x1", "event_relay_s1_c"])
def test_a_cancel_that_came_too_late_is_no_error(play: "Play", event_id: str | None) -> None:
    """What it wanted is the case."""
    tap = Noted()
    script = play([guard(tap)])
    script >> ("upstream", created()) << ("to client", created())
    script >> ("client", cancel(event_id=event_id)) << ("to upstream", cancel(event_id=event_id))
    script >> ("upstream", finished()) << ("to client", finished())
    script >> ("upstream", complaint(event_id, NOTHING))
    assert tap.losses == []


@pytest.mark.parametrize(
    "error", [complaint("x1", "invalid_value"), complaint("x1"), complaint(None), {"type": "error"}]
)
def test_other_errors_are_the_clients(play: "Play", error: dict[str, Any]) -> None:
    """About an event of its own, or about none."""
    script = play([guard(Noted())])
    script >> ("upstream", error) << ("to client", error)


def test_a_service_may_not_say_what_it_refuses(play: "Play") -> None:
    """An error that names no event ends the waiting for the request on its way, but not what a cancel may mean."""
    script = play([guard(Noted())])
    nameless = complaint(None, "server_error")
    script >> ("client", create("c1")) << ("to upstream", create("c1"))
    script >> ("upstream", nameless) << ("to client", nameless)
    script >> ("upstream", nameless) << ("to client", nameless)
    script >> ("client", cancel()) << ("to upstream", cancel())
    script >> ("client", create("c2")) << ("to upstream", create("c2"))
    script >> ("upstream", created()) << ("to client", created())
    script >> ("upstream", complaint(None))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("c2"))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2"))
    script >> ("client", cancel())


def test_one_name_for_all_events(play: "Play") -> None:
    """A client may use the same `event_id` over and over: an error is about the last request of that name."""
    script = play([guard(Noted())])
    for number in range(12):
        script >> ("client", create("same", n=number)) << ("to upstream", create("same", n=number))
        script >> ("upstream", created()) << ("to client", created())
        script >> ("upstream", finished()) << ("to client", finished())
    script >> ("client", create("same", n=12)) << ("to upstream", create("same", n=12))
    script >> ("upstream", created()) << ("to client", created())
    script >> ("upstream", complaint("same", OCCUPIED))
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", create("same", n=12))


def test_two_of_one_name_may_both_be_overtaken(play: "Play") -> None:
    """Each returns to its place, whichever of them the first error was about."""
    script = play([guard(Noted())])
    first, second = create("same", n=1), create("same", n=2)
    script >> ("client", first) << ("to upstream", first)
    script >> ("client", second)
    script >> ("upstream", created()) << ("to client", created())
    script >> ("upstream", finished()) << ("to client", finished()) << ("to upstream", second)
    script >> ("upstream", created("r2")) << ("to client", created("r2"))
    script >> ("upstream", complaint("same")) >> ("upstream", complaint("same"))
    script >> ("upstream", finished("r2")) << ("to client", finished("r2")) << ("to upstream", first)
    script >> ("upstream", created("r3")) << ("to client", created("r3"))
    script >> ("upstream", finished("r3")) << ("to client", finished("r3")) << ("to upstream", second)
