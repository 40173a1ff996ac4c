"""Tests of app.policy: the list of filters that every session gets."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ended, Refused
from app.policy import PROFILES, make_chain
from app.policy.chain import Chain, Effect, ToClient, ToUpstream
from app.policy.session_news import News
from app.policy.teller import Teller
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Seen


def nothing(*_: str) -> Effect:
    """Fail: nobody here opted in."""
    raise AssertionError


SILENT = News(3600.0, None, 60.0, refresh=nothing, drain=nothing, limits={})


def chain(tap: "Seen", **given: Any) -> Chain:
    """Return the chain of a session that begins at 0."""
    usual: dict[str, Any] = {"shown": None, "deployment": None, "news": SILENT, "now": 0.0, "teller": Teller("s1")}
    return make_chain(tap=tap, **{**usual, **given})


def test_a_session_has_all_rules(tap: "Seen") -> None:
    """Unknown client events are refused, unknown server events counted, and models renamed."""
    filters = chain(tap, shown="asked")
    with pytest.raises(Refused, match="Invalid value: 'nonsense'"):
        filters.from_client(Frame.of({"type": "nonsense"}), 0.0)
    match filters.from_client(Frame.of({"type": "session.update", "session": {"model": "m"}}), 0.0):
        case [ToUpstream(frame)]:
            assert frame.event == {"type": "session.update", "session": {}}
        case other:
            raise AssertionError(other)
    match filters.from_upstream(Frame.of({"type": "session.created", "session": {"model": "mine"}}), 0.0):
        case [ToClient(frame)]:
            assert frame.event == {"type": "session.created", "session": {"model": "asked"}}
        case other:
            raise AssertionError(other)
    filters.from_upstream(Frame.of({"type": "brand.new"}), 0.0)
    assert tap.unknown_events == ["brand.new"]


def test_the_list_is_gas(tap: "Seen") -> None:
    """Frames are translated before they come here: an event that only preview knows is unknown."""
    frame = Frame.of({"type": "response.cancel"})
    assert chain(tap, deployment="mine").from_client(frame, 0.0) == [ToUpstream(frame)]
    with pytest.raises(Refused, match=r"Invalid value: 'transcription_session\.update'"):
        chain(tap, deployment="mine").from_client(Frame.of({"type": "transcription_session.update"}), 0.0)


def test_news_stand_nearest_to_the_client(tap: "Seen") -> None:
    """What is meant for the relay is taken before the gate would refuse it."""
    with pytest.raises(Refused) as refused:
        chain(tap, teller=Teller("s1", opted_in=True)).from_client(Frame.of({"type": "relay.auth.refresh"}), 0.0)
    assert refused.value.param == "token"


def test_a_session_wakes_for_the_ends_of_things(tap: "Seen") -> None:
    """Before its maximum duration is over, and when its user's credential is; times are on the session's clock."""
    assert chain(tap).wake_at == 3540.0
    limited = chain(tap, news=replace(SILENT, credential_ends_at=600.0), now=500.0)
    assert limited.wake_at == 550.0
    limited.tick(550.0)
    assert limited.wake_at == 660.0
    with pytest.raises(Ended):
        limited.tick(660.0)


def test_the_profile_of_today() -> None:
    """There is one, and it is the default."""
    assert PROFILES == ("open",)
