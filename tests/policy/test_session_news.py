"""Tests of app.policy.session_news: what a client that opted in is told, and when its credential ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ended, Ending
from app.policy.actions import Effect
from app.policy.chain import Chain, Filter
from app.policy.gate import Gate, GateRules
from app.policy.session_news import News, SessionNews
from app.policy.teller import Teller

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook, Seen

    Play = Callable[[Sequence[Filter]], Playbook]

CREATED: dict[str, Any] = {"type": "session.created", "session": {}}
UPDATED: dict[str, Any] = {"type": "session.updated", "session": {}}
LIMITS = {"maximum_duration": 3600.0, "idle": 600.0}


@dataclass(frozen=True, slots=True)
class Task:
    """An effect that nobody runs here."""

    id: str

    async def run(self) -> object:
        """Fail: a filter only asks for effects."""
        raise AssertionError


def check(token: str) -> Effect:
    """Fail: nothing here is refreshed."""
    raise AssertionError(token)


def drain() -> Effect:
    """Return what ends when a drain begins."""
    return Task("drain")


def news(*, begun_at: float = 0.0, opted_in: bool = True, **given: Any) -> SessionNews:
    """Return the filter of a session whose client opted in, unless told otherwise; it lasts an hour."""
    usual: dict[str, Any] = {"ends_at": 3600.0, "credential_ends_at": None, "grace": 30.0}
    told = News(refresh=check, drain=drain, limits=LIMITS, **{**usual, **given})
    return SessionNews(told, begun_at, Teller("s1", opted_in=opted_in))


def said(number: int, kind: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """Return an event of the relay's own on its way to the client."""
    return "to client", {"type": kind, "event_id": f"event_relay_s1_{number}", **fields}


def warned(number: int, about: str, seconds: int) -> tuple[str, dict[str, Any]]:
    """Return a warning."""
    return said(number, "relay.warning", about=about, seconds_left=seconds)


REFRESH = {"type": "relay.auth.refresh", "token": "token"}


def begun(script: "Playbook") -> "Playbook":
    """Begin the session."""
    ready = said(1, "relay.ready", session_id="s1", limits=LIMITS)
    return script >> ("upstream", CREATED) << ("to client", CREATED) << ("start", "drain") << ready


def test_ready_is_said_once_behind_the_first_event(play: "Play") -> None:
    """With the session's name and limits; the first event itself is the upstream's, as it came."""
    script = begun(play([news()]))
    script >> ("upstream", UPDATED) << ("to client", UPDATED)
    script >> ("upstream", CREATED) << ("to client", CREATED)


def test_a_drain_is_announced(play: "Play") -> None:
    """With the seconds that are left; the session goes on."""
    script = begun(play([news()]))
    script >> ("done", ("drain", 25.0)) << said(2, "relay.going_away", seconds_left=25.0)
    script >> ("upstream", UPDATED) << ("to client", UPDATED)


def test_who_did_not_opt_in_hears_nothing_of_the_relays(play: "Play", tap: "Seen") -> None:
    """No `relay.*` event in a whole life, and `relay.auth.refresh` is as unknown to the gate as any other word."""
    script = play([news(opted_in=False, credential_ends_at=600.0), Gate(GateRules(), tap)])
    script >> ("upstream", CREATED) << ("to client", CREATED)
    script.at(10.0) >> ("client", REFRESH) << ("refused", "invalid_value")
    script.at(540.0) >> ("tick", None)
    script.at(600.0) >> ("tick", None)
    script.at(630.0) >> ("tick", None) << ("ended", Ending.TOKEN_EXPIRED)


def test_without_opting_in_the_event_goes_on(play: "Play") -> None:
    """What the relay does not take is the next filter's to judge."""
    play([news(opted_in=False)]) >> ("client", REFRESH) << ("to upstream", REFRESH)


def test_other_events_go_on(play: "Play", tap: "Seen") -> None:
    """Of a client that opted in too; another word that begins with `relay.` is refused by the gate."""
    script = play([news(), Gate(GateRules(), tap)])
    for kind in ("relay.auth.refreshed", "relay.ready", "relay.auth.refresh "):
        script >> ("client", {"type": kind, "token": "token"}) << ("refused", "invalid_value")
    script >> ("client", {"type": "response.create"}) << ("to upstream", {"type": "response.create"})


def test_a_maximum_duration_is_announced_once(play: "Play") -> None:
    """A minute before; the session ends by its own clock and not by this filter."""
    script = begun(play([news()]))
    script.at(3539.9) >> ("tick", None)
    script.at(3540.0) >> ("tick", None) << warned(2, "maximum_duration", 60)
    script.at(3599.0) >> ("tick", None)
    script.at(4000.0) >> ("tick", None)


def test_a_credentials_end_is_announced_and_then_comes(play: "Play") -> None:
    """A warning a minute before, none later, and the end when the grace is over."""
    script = begun(play([news(credential_ends_at=600.0)]))
    script.at(539.9) >> ("tick", None)
    script.at(540.2) >> ("tick", None) << warned(2, "credential", 60)
    script.at(600.0) >> ("tick", None)
    script.at(629.9) >> ("tick", None)
    script.at(630.0) >> ("tick", None) << ("ended", Ending.TOKEN_EXPIRED)


@pytest.mark.parametrize("grace", [0.0, 30.0])
def test_without_an_end_no_grace_is_over(play: "Play", grace: float) -> None:
    """A credential that never ends leaves the session alone, also where there is no grace."""
    script = begun(play([news(ends_at=600.0, grace=grace)]))
    script.at(540.0) >> ("tick", None) << warned(2, "maximum_duration", 60)


def test_without_grace_a_session_ends_with_its_credential(play: "Play") -> None:
    """At that moment."""
    script = begun(play([news(credential_ends_at=600.0, grace=0.0)]))
    script.at(599.9) >> ("tick", None) << warned(2, "credential", 0)
    script.at(600.0) >> ("tick", None) << ("ended", Ending.TOKEN_EXPIRED)


def test_two_ends_at_once_are_both_announced(play: "Play") -> None:
    """Each by its name."""
    script = begun(play([news(ends_at=600.0, credential_ends_at=590.0)]))
    script.at(540.0) >> ("tick", None) << warned(2, "maximum_duration", 60) << warned(3, "credential", 50)


def test_a_warning_that_is_late_never_counts_below_nothing(play: "Play") -> None:
    """An end that has come already has 0 seconds left."""
    script = begun(play([news(credential_ends_at=600.0)]))
    script.at(620.0) >> ("tick", None) << warned(2, "credential", 0)


WAKES: list[tuple[float, float, float | None, list[float]]] = [
    # when the session begins and ends, when its credential does, and when the filter wants to be woken, in turn
    (0.0, 3600.0, None, [3540.0]),
    (1000.0, 4600.0, None, [4540.0]),
    (1000.0, 4600.0, 1600.0, [1540.0, 1630.0]),
    (1000.0, 1120.0, None, [1060.0]),
    (1000.0, 1100.0, None, [1050.0]),
    (1000.0, 1010.0, None, [1005.0]),
    (1000.0, 4600.0, 1040.0, [1020.0, 1070.0]),
    (1000.0, 4600.0, 1000.0, [1000.0, 1030.0]),
    (1000.0, 1600.0, 1590.0, [1530.0, 1540.0, 1620.0]),
]


@pytest.mark.parametrize(("begins", "ends", "credential", "moments"), WAKES)
def test_when_the_filter_wants_to_be_woken(
    begins: float, ends: float, credential: float | None, moments: list[float]
) -> None:
    """A minute before each end, half the way to a nearer one, and when the grace is over; never between."""
    given: dict[str, Any] = {"begun_at": begins, "ends_at": ends, "credential_ends_at": credential}
    assert moments == wakes(news(**given))
    assert moments == wakes(news(**given, opted_in=False))


def wakes(told: SessionNews) -> list[float]:
    """Return when the filter wants to be woken, until it wants no more or ends the session."""
    chain, moments = Chain([told]), []
    while chain.wake_at is not None:
        moments.append(chain.wake_at)
        try:
            chain.tick(chain.wake_at)
        except Ended:
            break
    return moments
