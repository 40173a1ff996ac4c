"""Tests of app.policy.guardrails: what others refuse when it leaves the line, long after it was sent."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Refused
from app.policy.chain import Chain, Filter, Outbox
from app.policy.guardrails.judgements import Judgements
from app.protocol.frame import Frame, event_id_of
from tests.policy.guardrails.conversing import (
    ALLOWED,
    AUTOMATIC,
    BLOCKED,
    COMMIT,
    CREATE,
    Judge,
    answer,
    buffer,
    deleted,
    guard,
    hears,
    own,
    through,
    transcribed,
    written,
)
from tests.policy.guardrails.responding import Response

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Play

TOLD = transcribed("completed", "bees")
BAD = {**CREATE, "event_id": "bad"}
GOOD = {**CREATE, "event_id": "good"}


class Strict(Filter):
    """Stands nearer to the upstream; refuses events by id or type, and notes whether speech was waited for."""

    def __init__(self, *refused: str, busy: Callable[[], bool] = lambda: False) -> None:
        self._refused = refused
        self._busy = busy
        self.waited: list[bool] = []

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - at any time
        """Refuse, or let pass."""
        self.waited.append(self._busy())
        if frame.type in self._refused or event_id_of(frame.event) in self._refused:
            raise Refused("no", "No.", event_id=event_id_of(frame.event))
        out.to_upstream(frame)


def no(event_id: str | None) -> tuple[str, dict[str, Any]]:
    """Return what a client hears of a refusal."""
    error = {"type": "invalid_request_error", "code": "no", "message": "No.", "param": None, "event_id": event_id}
    return "to client", own("error", error=error)


def waiting(script: "Playbook", *events: dict[str, Any]) -> "Playbook":
    """Tell that these events wait for speech."""
    through(script, buffer("committed"))
    for each in events:
        script >> ("client", each)
    return script


def test_what_is_refused_at_once_is_refused(play: "Play") -> None:
    """To whoever sent it, by the relay."""
    play([guard(user_speech=True), Strict("bad")]) >> ("client", BAD) << ("refused", "no")


def test_a_refusal_behind_a_verdict_loses_nothing(play: "Play") -> None:
    """The blocked speech is deleted and answered all the same, and what waits behind goes on."""
    bad = written("", event_id="bad")
    script = waiting(play([guard(user_speech=True), Strict("bad")]), CREATE, bad, GOOD)
    script >> ("upstream", TOLD) << ("start", "judge_1")
    hears(script >> ("done", ("judge_1", BLOCKED)) << deleted("user_1"), answer())
    script << no("bad") << ("to upstream", GOOD)


def test_a_refused_item_is_nothing_to_answer(play: "Play") -> None:
    """Where all else was blocked, the relay answers."""
    script = waiting(play([guard(user_speech=True, auto=False), Strict("bad")]))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << deleted("user_1")
    script >> ("client", written("", event_id="bad")) << ("refused", "no")
    hears(script >> ("client", CREATE), answer())


def test_a_refusal_behind_a_frame_of_the_upstreams_is_told(play: "Play") -> None:
    """The frame itself passes."""
    script = waiting(play([guard(user_speech=True), Strict("bad")]), BAD, GOOD)
    told = transcribed("completed", "")
    script >> ("upstream", told) << ("to client", told) << no("bad") << ("to upstream", GOOD)


def test_a_refusal_behind_the_clock_is_told(play: "Play") -> None:
    """And the rest of what is overdue is looked at."""
    script = play([guard(user_speech=True, judge_timeout=10), Strict("bad")]) >> ("client", COMMIT)
    script << ("to upstream", COMMIT)
    for each in (CREATE, written("", event_id="bad"), GOOD):
        script >> ("client", each)
    hears(script.at(10.0) >> ("tick", None), answer()) << no("bad") << ("to upstream", GOOD)


def test_an_order_of_the_relays_own_may_be_refused(play: "Play") -> None:
    """Nobody is told, and the other orders are carried out."""
    model = Response()
    script = through(play([guard(model_output=True), Strict("response.cancel")]), *model.begun())
    script >> ("upstream", model.told("bees")) << ("start", "judge_1") << ("to client", model.told("bees"))
    script >> ("done", ("judge_1", BLOCKED)) << deleted("item_1")
    script = waiting(play([guard(user_speech=True), Strict("response.create")]))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD)


def test_the_services_error_about_an_order_is_nobodys_business(play: "Play") -> None:
    """Errors about anything else are the client's, or another filter's."""
    script = waiting(play([guard(user_speech=True)]))
    about = [{"event_id": "event_relay_of_another"}, {"event_id": None}, {"event_id": ["event_relay"]}, None]
    mine = {"type": "error", "error": {"code": "x", "event_id": "event_relay"}}
    through(script, mine, *({"type": "error", "error": each} for each in about))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD) << AUTOMATIC
    script >> ("upstream", mine)


@pytest.mark.parametrize("kind", ["client", "relay"])
def test_while_a_commit_goes_up_its_speech_is_waited_for(play: "Play", kind: str) -> None:
    """Whoever passes it on may ask whether there is anything to wait for, and let a create go behind it."""
    filter_ = guard(user_speech=True, judge_timeout=10)
    strict = Strict(busy=lambda: filter_.busy)
    script = play([filter_, strict])
    if kind == "client":
        script >> ("client", COMMIT) << ("to upstream", COMMIT)
    else:
        through(script, buffer("speech_started"))
        script >> ("client", CREATE)
        script.at(10.0) >> ("tick", None) << ("to upstream", own("input_audio_buffer.commit"))
    assert strict.waited == [True]


class Asking(Filter):
    """Asks for two judgements; where the first is not allowed, it wants the second no more."""

    def __init__(self) -> None:
        self.wake_at = 0.0
        self.heard: list[str] = []
        self._judgements = Judgements(Judge(), 0.0)

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - whatever comes
        """Ask."""

        def first(allowed: bool, now: float, out: Outbox) -> None:  # noqa: ARG001, FBT001 - the verdict
            self.heard.append("first")
            self._judgements.forget("judge_2", out)

        def second(allowed: bool, now: float, out: Outbox) -> None:  # noqa: ARG001, FBT001 - the verdict
            self.heard.append("second")

        for then in (first, second):
            self._judgements.ask("user_text", "x", then, now, out)

    def tick(self, now: float, out: Outbox) -> None:
        """Look."""
        self._judgements.tick(now, out)


def test_of_what_is_overdue_one_may_make_another_superfluous() -> None:
    """Nobody hears of a judgement that is wanted no more."""
    asking = Asking()
    chain = Chain([asking])
    chain.from_client(Frame.of(CREATE), 0.0)
    chain.tick(0.0)
    assert asking.heard == ["first"]
