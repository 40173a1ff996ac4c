"""Tests of app.policy.guardrails.heard: what waits for the user's speech, and for how long."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.policy.guardrails.conversing import (
    ALLOWED,
    AUTOMATIC,
    BLOCKED,
    COMMIT,
    CREATE,
    answer,
    buffer,
    deleted,
    guard,
    heard_item,
    hears,
    own,
    swallowed,
    through,
    transcribed,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Play

TOLD = transcribed("completed", "bees")
CREATED = ("to upstream", CREATE)
TWO_MESSAGES: list[dict[str, Any]] = [
    {"type": "session.update", "session": {"type": "realtime"}},
    {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": []}},
]


def refused(code: str | None, event_id: str | None = None) -> dict[str, Any]:
    """Return an error of the service's."""
    return {"type": "error", "error": {"type": "x", "code": code, "message": "x", "event_id": event_id}}


def pushed(script: "Playbook") -> "Playbook":
    """Tell that the client commits what was said and asks for an answer, before the service has said a word."""
    return script >> ("client", COMMIT) << ("to upstream", COMMIT) >> ("client", CREATE)


def test_push_to_talk_waits_for_the_verdict(play: "Play") -> None:
    """From the commit on, which the service has not yet confirmed; the client's own create goes, and no other."""
    script = pushed(play([guard(user_speech=True)]))
    through(script, buffer("committed"), heard_item("added"))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD) << CREATED


def test_push_to_talk_that_is_blocked_is_answered_by_the_relay(play: "Play") -> None:
    """Once, in the create's place; and the next create is the model's again."""
    script = pushed(play([guard(user_speech=True)]))
    through(script, buffer("committed"))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    hears(script >> ("done", ("judge_1", BLOCKED)) << deleted("user_1"), answer())
    script >> ("client", CREATE) << CREATED


def test_a_create_after_a_blocked_turn_is_answered_by_the_relay(play: "Play") -> None:
    """Where the client asks only when the verdict has come; in the manner that it asks for."""
    script = play([guard(user_speech=True, auto=False)])
    through(script, buffer("committed"))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << deleted("user_1")
    create = {**CREATE, "response": {"output_modalities": ["text"]}}
    hears(script >> ("client", create), answer(text=True))


def test_what_comes_behind_a_waiting_create_waits_too(play: "Play") -> None:
    """In order; audio and what cuts short or looks goes at once."""
    script = play([guard(user_speech=True, auto=False)])
    through(script, buffer("committed"))
    script >> ("client", CREATE)
    for each in TWO_MESSAGES:
        script >> ("client", each)
    for kind in ("input_audio_buffer.append", "input_audio_buffer.clear", "response.cancel"):
        script >> ("client", {"type": kind}) << ("to upstream", {"type": kind})
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD) << CREATED
    script << ("to upstream", TWO_MESSAGES[0]) << ("to upstream", TWO_MESSAGES[1])


def test_a_commit_does_not_wait_for_speech(play: "Play") -> None:
    """It may be what the speech waits for."""
    script = play([guard(user_speech=True, auto=False)])
    through(script, buffer("speech_started"))
    script >> ("client", CREATE)
    script >> ("client", COMMIT) << ("to upstream", COMMIT)
    through(script, buffer("committed"))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD) << CREATED


def test_a_commit_is_told_from_the_services_own(play: "Play") -> None:
    """Speech whose end the service has heard was not what the client committed."""
    script = play([guard(user_speech=True, auto=False)])
    through(script, buffer("speech_started"), buffer("speech_stopped"))
    script = pushed(script)
    through(script, buffer("committed"))
    script >> ("upstream", transcribed("completed", "")) << ("to client", transcribed("completed", ""))
    through(script, buffer("committed", "user_2"))
    told = transcribed("completed", "", "user_2")
    script >> ("upstream", told) << ("to client", told) << CREATED


@pytest.mark.parametrize(
    ("commit", "error"),
    [
        (COMMIT, refused("input_audio_buffer_commit_empty")),
        ({**COMMIT, "event_id": "c"}, refused(None, "c")),
    ],
)
def test_of_a_refused_commit_nothing_is_expected(
    play: "Play", commit: dict[str, Any], error: dict[str, Any]
) -> None:
    """The create goes on; errors about anything else change nothing."""
    script = play([guard(user_speech=True)]) >> ("client", commit) << ("to upstream", commit) >> ("client", CREATE)
    through(script, refused("other", "x"), refused(None), {"type": "error"})
    script >> ("upstream", error) << CREATED << ("to client", error)
    through(script, error)


def test_nothing_is_expected_of_a_buffer_that_was_cleared(play: "Play") -> None:
    """What was being said is gone, and the create goes on."""
    script = play([guard(user_speech=True)])
    through(script, buffer("speech_started"))
    script >> ("client", CREATE)
    cleared = {"type": "input_audio_buffer.cleared"}
    script >> ("upstream", cleared) << CREATED << ("to client", cleared)


def test_a_transcript_that_does_not_come_is_blocked(play: "Play") -> None:
    """After the time that a judge has; each sign of life begins it anew."""
    filter_ = guard(user_speech=True, judge_timeout=10)
    script = play([filter_])
    through(script, buffer("committed"))
    swallowed(script.at(6.0), transcribed("delta", "be"))
    assert filter_.wake_at == 16.0
    script.at(15.0) >> ("tick", None)
    hears(script.at(16.0) >> ("tick", None) << deleted("user_1"), answer())
    swallowed(script, TOLD)
    assert filter_.wake_at is None


def test_a_verdict_that_does_not_come_is_blocked(play: "Play") -> None:
    """After the time that a judge has, counted from the transcript on."""
    filter_ = guard(user_speech=True, judge_timeout=10)
    script = play([filter_])
    through(script, buffer("committed"))
    script.at(9.0) >> ("upstream", TOLD) << ("start", "judge_1")
    assert filter_.wake_at == 19.0
    script.at(18.0) >> ("tick", None)
    hears(script.at(19.0) >> ("tick", None) << ("cancel", "judge_1") << deleted("user_1"), answer())


def test_a_commit_that_nothing_comes_of_is_blocked(play: "Play") -> None:
    """A create may never pass speech that the relay has not seen."""
    script = pushed(play([guard(user_speech=True, judge_timeout=10)]))
    script.at(9.0) >> ("tick", None)
    hears(script.at(10.0) >> ("tick", None), answer())


@pytest.mark.parametrize("event_id", ["event_relay", None])
def test_the_relays_own_commit_may_be_refused(play: "Play", event_id: str | None) -> None:
    """Nothing was said, then, and the create goes on at once; only an error that names our event is ours alone."""
    script = play([guard(user_speech=True, judge_timeout=10)])
    through(script, buffer("speech_started"))
    script >> ("client", CREATE)
    script.at(10.0) >> ("tick", None) << ("to upstream", own("input_audio_buffer.commit"))
    error = refused("input_audio_buffer_commit_empty", event_id)
    script.at(10.1) >> ("upstream", error) << CREATED
    if event_id is None:
        script << ("to client", error)
    through(script, refused("input_audio_buffer_commit_empty", "another"))


def test_speech_that_was_judged_before_its_end_is_not_waited_for(play: "Play") -> None:
    """A transcript may come early; what waited for the end goes on with it."""
    script = play([guard(user_speech=True, auto=False)])
    through(script, buffer("speech_started"))
    script >> ("client", CREATE)
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD)
    script >> ("upstream", buffer("speech_stopped")) << CREATED << ("to client", buffer("speech_stopped"))


def test_who_speaks_on_and_on_is_answered_so_far(play: "Play") -> None:
    """What was said until then is committed, and judged like all speech."""
    script = play([guard(user_speech=True, judge_timeout=10)])
    through(script, buffer("speech_started"))
    script.at(10.0) >> ("tick", None)
    script.at(12.0) >> ("client", CREATE)
    script.at(20.0) >> ("tick", None) << ("to upstream", own("input_audio_buffer.commit"))
    through(script, buffer("committed"))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD) << CREATED


def test_a_silence_that_is_a_turn_is_answered(play: "Play") -> None:
    """Where the service takes it for one."""
    script = play([guard(user_speech=True)])
    through(script, buffer("timeout_triggered"), buffer("committed"))
    told = transcribed("completed", "")
    script >> ("upstream", told) << ("to client", told) << AUTOMATIC


def test_two_judgements_may_be_overdue_at_once(play: "Play") -> None:
    """Both block, and one answer is given."""
    script = play([guard(user_speech=True, judge_timeout=10)])
    through(script, buffer("committed"), buffer("committed", "user_2"))
    script >> ("upstream", TOLD) << ("start", "judge_1")
    script >> ("upstream", transcribed("completed", "wasps", "user_2")) << ("start", "judge_2")
    script.at(10.0) >> ("tick", None) << ("cancel", "judge_1") << deleted("user_1")
    hears(script << ("cancel", "judge_2") << deleted("user_2"), answer())
