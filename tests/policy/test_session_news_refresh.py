"""Tests of app.policy.session_news: a credential that is renewed in mid-session."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ended, Ending, Refused, error_event
from app.policy.actions import Effect
from app.policy.chain import Chain, Filter
from app.policy.session_news import News, Renewed, SessionNews
from app.policy.teller import Teller
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Line, Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

SAY: dict[str, Any] = {"type": "response.create"}


@dataclass(frozen=True, slots=True)
class Check:
    """The effect of a refresh, named by its token; nobody runs it here."""

    token: str

    @property
    def id(self) -> str:
        return f"check of {self.token}"

    async def run(self) -> object:
        """Fail: a filter only asks for effects."""
        raise AssertionError


def no_drain() -> Effect:
    """Fail: no session begins here."""
    raise AssertionError


def news(ends_at: float | None = 600.0) -> SessionNews:
    """Return the filter of a session whose client opted in, with the end of its credential."""
    return SessionNews(News(3600.0, ends_at, 30.0, Check, no_drain, {}), 0.0, Teller("s1", opted_in=True))


def refresh(token: Any, **more: Any) -> "Line":
    """Return the event by which a client renews its credential."""
    return "client", {"type": "relay.auth.refresh", "token": token, **more}


def said(number: int, kind: str, **fields: Any) -> "Line":
    """Return an event of the relay's own on its way to the client."""
    return "to client", {"type": kind, "event_id": f"event_relay_s1_{number}", **fields}


def refused(number: int, code: str, message: str, **fields: Any) -> "Line":
    """Return an `error` that refers to what the client sent."""
    error = {"type": "invalid_request_error", "code": code, "message": message, "param": "token", **fields}
    return said(number, "error", error=error)


def warned(number: int, seconds: int) -> "Line":
    """Return a warning that the credential ends."""
    return said(number, "relay.warning", about="credential", seconds_left=seconds)


def test_a_refresh_moves_the_end(play: "Play") -> None:
    """The client is told how long it is good for now; the upstream hears nothing; the session ends later."""
    script = play([news()])
    script.at(100.0) >> refresh("a", event_id="mine") << ("start", "check of a")
    result = ("check of a", Renewed(1000.4))
    script.at(101.0) >> ("done", result) << said(1, "relay.auth.refreshed", seconds_left=899, refers_to="mine")
    script.at(630.0) >> ("tick", None)
    script.at(941.0) >> ("tick", None) << warned(2, 59)
    script.at(1030.4) >> ("tick", None) << ("ended", Ending.TOKEN_EXPIRED)


def test_a_moved_end_is_announced_again(play: "Play") -> None:
    """Once for each end that was set."""
    script = play([news()])
    script.at(540.0) >> ("tick", None) << warned(1, 60)
    script >> refresh("a") << ("start", "check of a")
    script >> ("done", ("check of a", Renewed(900.0)))
    script << said(2, "relay.auth.refreshed", seconds_left=360, refers_to=None)
    script.at(839.0) >> ("tick", None)
    script.at(840.0) >> ("tick", None) << warned(3, 60)
    script.at(850.0) >> ("tick", None)


def test_a_short_renewal_is_not_announced_at_once(play: "Play") -> None:
    """At half of what is left: a client that renews when it is warned would else never stop."""
    script = play([news()])
    script.at(550.0) >> ("tick", None) << warned(1, 50)
    script >> refresh("a") << ("start", "check of a")
    script >> ("done", ("check of a", Renewed(600.0)))
    script << said(2, "relay.auth.refreshed", seconds_left=50, refers_to=None)
    script >> ("tick", None)
    script.at(574.9) >> ("tick", None)
    script.at(575.0) >> ("tick", None) << warned(3, 25)


def test_a_credential_that_never_ends_ends_no_session(play: "Play") -> None:
    """Nothing is left to be announced, and the old end does not come."""
    script = play([news()])
    script >> refresh("a", event_id="mine") << ("start", "check of a")
    refreshed = said(1, "relay.auth.refreshed", seconds_left=None, refers_to="mine")
    script >> ("done", ("check of a", Renewed(None))) << refreshed
    for now in (540.0, 630.0, 3000.0):
        script.at(now) >> ("tick", None)


ENDS = [
    # when the credential ends, when a renewed one does, and when the filter wants to be woken after that
    (600.0, 2000.0, 1940.0),
    (600.0, None, 3540.0),
    (None, 2000.0, 1940.0),
    (600.0, 20.0, 10.0),
]


@pytest.mark.parametrize(("old", "new", "wake_at"), ENDS)
def test_the_alarm_moves_with_the_end(old: float | None, new: float | None, wake_at: float) -> None:
    """To the warning before the new end, or to that of the session."""
    chain = Chain([news(old)])
    chain.from_client(Frame.of(refresh("a")[1]), 0.0)
    chain.done("check of a", Renewed(new), 0.0)
    assert chain.wake_at == wake_at


def test_a_refused_credential_changes_nothing(play: "Play") -> None:
    """The client is told why, by an error that names its event; the old end stands, and it may try again."""
    script = play([news()])
    script >> refresh("a", event_id="mine") << ("start", "check of a")
    ended = Ended(Ending.FORBIDDEN, "The new credential is another user's.", code="another_user", detail="canary")
    said_so = refused(1, "another_user", "The new credential is another user's.", event_id="mine")
    script >> ("done", ("check of a", ended)) << said_so
    script >> refresh("b") << ("start", "check of b")
    script >> ("done", ("check of b", Ended(Ending.UNAUTHENTICATED, "No.")))
    script << refused(2, "invalid_api_key", "No.", event_id=None)
    script.at(540.0) >> ("tick", None) << warned(3, 60)
    script.at(630.0) >> ("tick", None) << ("ended", Ending.TOKEN_EXPIRED)


@pytest.mark.parametrize("result", [ValueError("canary"), TimeoutError(), None, 600.0])
def test_a_check_that_breaks_changes_nothing(play: "Play", result: object) -> None:
    """The client may try again; what broke is not its affair."""
    script = play([news()])
    script >> refresh("a", event_id="mine") << ("start", "check of a")
    broken = refused(1, "internal_error", "The refresh failed; try again.", param=None, event_id="mine")
    script >> ("done", ("check of a", result)) << broken
    script >> refresh("b") << ("start", "check of b")


def test_one_refresh_at_a_time(play: "Play") -> None:
    """A second is refused and does not disturb the first; after that a third may come."""
    script = play([news()])
    script >> refresh("a", event_id="first") << ("start", "check of a")
    script >> refresh("b", event_id="second") << ("refused", "refresh_under_way")
    script >> ("client", SAY) << ("to upstream", SAY)
    refreshed = said(1, "relay.auth.refreshed", seconds_left=900, refers_to="first")
    script >> ("done", ("check of a", Renewed(900.0))) << refreshed
    script >> refresh("c") << ("start", "check of c")


@pytest.mark.parametrize("token", [None, 7, True, ["token"], {"token": "token"}])
def test_a_token_is_a_string(play: "Play", token: Any) -> None:
    """Anything else is refused, and so is none; a refresh is not under way because of it."""
    script = play([news()])
    script >> refresh(token) << ("refused", "invalid_event")
    script >> ("client", {"type": "relay.auth.refresh"}) << ("refused", "invalid_event")
    script >> refresh("a") << ("start", "check of a")


def test_a_refusal_names_the_event_and_not_the_token() -> None:
    """With the client's own `event_id`, where it is one."""
    chain = Chain([news()])
    chain.from_client(Frame.of(refresh("a")[1]), 0.0)
    for token, code, param in (("canary", "refresh_under_way", None), (["canary"], "invalid_event", "token")):
        for event_id, shown in (("mine", "mine"), (7, None), ("x" * 513, None)):
            told = refusal(chain, refresh(token, event_id=event_id)[1])
            assert (told["code"], told["param"], told["event_id"]) == (code, param, shown)
            assert "canary" not in told["message"]


def refusal(chain: Chain, event: dict[str, Any]) -> dict[str, Any]:
    """Return what the client would be told."""
    with pytest.raises(Refused) as refused_one:
        chain.from_client(Frame.of(event), 0.0)
    inner: dict[str, Any] = error_event(refused_one.value, "e1")["error"]
    return inner
