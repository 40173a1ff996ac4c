"""Tests of app.policy.guardrails.heard: the user's speech is neither shown nor answered before it is judged."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.policy.guardrails.conversing import (
    ALLOWED,
    AUTOMATIC,
    BLOCKED,
    Judge,
    answer,
    buffer,
    deleted,
    guard,
    heard_item,
    hears,
    swallowed,
    through,
    transcribed,
)

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Play

TOLD = [transcribed("delta", "be"), transcribed("segment", "be"), transcribed("completed", "bees")]


def spoken(script: "Playbook", item_id: str = "user_1") -> "Playbook":
    """Tell that the user says something, up to its item."""
    return through(
        script,
        buffer("speech_started", item_id),
        buffer("speech_stopped", item_id),
        buffer("committed", item_id),
        heard_item("added", item_id=item_id),
        heard_item("done", item_id=item_id),
    )


def test_speech_that_is_allowed_is_shown_and_answered(play: "Play") -> None:
    """The transcript is held until the verdict, then told in order; then the model is asked, once."""
    judge = Judge()
    script = spoken(play([guard(judge, user_speech=True)]))
    swallowed(script, *TOLD[:2])
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    hears(script >> ("done", ("judge_1", ALLOWED)), TOLD) << AUTOMATIC
    assert judge.asked == [("user_speech", "bees")]
    through(script, heard_item("done", "bees"), transcribed("segment", "later"))


@pytest.mark.parametrize("result", [BLOCKED, RuntimeError("down"), None, True, "allowed"])
def test_speech_that_is_blocked_is_never_shown(play: "Play", result: object) -> None:
    """Its item is deleted, its transcript dropped wherever it stands; the relay answers. Nonsense blocks too."""
    script = spoken(play([guard(user_speech=True)]))
    swallowed(script, *TOLD[:2])
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    hears(script >> ("done", ("judge_1", result)) << deleted("user_1"), answer(after="user_1"))
    swallowed(script, transcribed("segment", "bees"), heard_item("done", "bees"), heard_item("retrieved", "bees"))
    through(script, {"type": "conversation.item.deleted", "item_id": "user_1"})


def test_an_item_that_tells_a_transcript_waits_with_it(play: "Play") -> None:
    """Until the verdict nothing is shown of what repeats it; a client may ask for the item again then."""
    script = spoken(play([guard(user_speech=True)]))
    told = [heard_item("retrieved", "bees"), transcribed("completed", "bees"), heard_item("done", "bees")]
    swallowed(script, told[0])
    script >> ("upstream", told[1]) << ("start", "judge_1")
    swallowed(script, told[2])
    hears(script >> ("done", ("judge_1", ALLOWED)), told[1:]) << AUTOMATIC


def test_an_item_is_speech_by_its_audio(play: "Play") -> None:
    """Whatever announced it; other items, and other events, are none of this rule's business."""
    script = play([guard(user_speech=True)])
    written = {"type": "conversation.item.added", "item": {"id": "a", "role": "user", "content": [{"type": "x"}]}}
    odd: list[dict[str, Any]] = [
        {"type": "conversation.item.done"},
        {"type": "conversation.item.done", "item": {"content": 1}},
    ]
    through(script, written, *odd, heard_item("added"), {"type": "input_audio_buffer.odd"})
    script >> ("client", {"type": "response.create"})
    script >> ("upstream", transcribed("completed", "bees")) << ("start", "judge_1")


def test_a_transcript_alone_is_judged(play: "Play") -> None:
    """Where no event announced the item."""
    script = play([guard(user_speech=True)])
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    script >> ("upstream", TOLD[2])
    hears(script >> ("done", ("judge_1", ALLOWED)), [TOLD[2], TOLD[2]]) << AUTOMATIC


@pytest.mark.parametrize("transcript", ["", " \n", None])
def test_silence_is_allowed_without_a_judge(play: "Play", transcript: str) -> None:
    """An empty transcript says nothing that could be blocked."""
    script = spoken(play([guard(user_speech=True)]))
    told = transcribed("completed", transcript)
    script >> ("upstream", told) << ("to client", told) << AUTOMATIC


def test_what_cannot_be_transcribed_is_blocked(play: "Play") -> None:
    """The client hears that it failed, and the relay's answer; a second failure is only told."""
    script = spoken(play([guard(user_speech=True)]))
    failed = {"type": "conversation.item.input_audio_transcription.failed", "item_id": "user_1", "error": {}}
    script >> ("upstream", failed) << ("to client", failed) << deleted("user_1")
    hears(script, answer(after="user_1"))
    through(script, failed)


def test_who_goes_on_talking_is_answered_once(play: "Play") -> None:
    """When the last of it is judged; what was blocked of it is gone, and the model answers the rest."""
    script = spoken(play([guard(user_speech=True)]))
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    through(script, buffer("speech_started", "user_2"))
    script >> ("done", ("judge_1", BLOCKED)) << deleted("user_1")
    through(script, buffer("speech_stopped", "user_2"), buffer("committed", "user_2"))
    told = transcribed("completed", "please", "user_2")
    script >> ("upstream", told) << ("start", "judge_2")
    script >> ("done", ("judge_2", ALLOWED)) << ("to client", told) << AUTOMATIC


def test_verdicts_may_come_in_any_order(play: "Play") -> None:
    """Each utterance has its own; where all are blocked the relay answers once."""
    script = spoken(spoken(play([guard(user_speech=True)])), "user_2")
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    script >> ("upstream", transcribed("completed", "wasps", "user_2")) << ("start", "judge_2")
    script >> ("done", ("judge_2", BLOCKED)) << deleted("user_2")
    hears(script >> ("done", ("judge_1", BLOCKED)) << deleted("user_1"), answer(after="user_2"))


def test_without_automatic_answers_nobody_answers(play: "Play") -> None:
    """Until the client asks."""
    script = spoken(play([guard(user_speech=True, auto=False)]))
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    script >> ("done", ("judge_1", ALLOWED)) << ("to client", TOLD[2])


def test_speech_that_the_client_deletes_is_forgotten(play: "Play") -> None:
    """Its judgement is cancelled, nothing of it is shown, and nothing waits for it."""
    script = spoken(play([guard(user_speech=True, auto=False)]))
    script >> ("upstream", TOLD[2]) << ("start", "judge_1")
    script >> ("client", {"type": "response.create"})
    gone = {"type": "conversation.item.deleted", "item_id": "user_1"}
    script >> ("upstream", gone) << ("cancel", "judge_1") << ("to upstream", {"type": "response.create"})
    script << ("to client", gone)
    swallowed(script, TOLD[0])
    through(script, {"type": "conversation.item.deleted", "item_id": "user_9"})


def test_speech_is_not_looked_at_where_it_is_not_judged(play: "Play") -> None:
    """It passes, and the service answers by itself."""
    through(spoken(play([guard(user_text=True)])), *TOLD)
