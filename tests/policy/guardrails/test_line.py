"""Tests of app.policy.guardrails.line: a client's text waits for its verdict, and nothing overtakes it."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.policy.guardrails.conversing import (
    ALLOWED,
    AUTOMATIC,
    BLOCKED,
    COMMIT,
    CREATE,
    Judge,
    answer,
    buffer,
    guard,
    hears,
    refusal,
    through,
    transcribed,
    written,
)

if TYPE_CHECKING:
    from tests.policy.guardrails.conversing import Play

HELLO = written("hello", event_id="a")
PAST = [
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {"type": "input_audio_buffer.clear"},
    {"type": "response.cancel"},
    {"type": "conversation.item.truncate", "item_id": "i", "content_index": 0, "audio_end_ms": 0},
    {"type": "conversation.item.delete", "item_id": "i"},
    {"type": "conversation.item.retrieve", "item_id": "i"},
]


def test_allowed_text_goes_on_in_order(play: "Play") -> None:
    """What came behind it waits, whatever its own verdict; what does not shape the conversation goes at once."""
    judge = Judge()
    script = play([guard(judge, user_text=True)])
    update = {"type": "session.update", "session": {"type": "realtime", "instructions": "Be kind."}}
    script >> ("client", HELLO) << ("start", "judge_1")
    script >> ("client", update) << ("start", "judge_2")
    script >> ("client", COMMIT)
    script >> ("client", CREATE)
    for each in PAST:
        script >> ("client", each) << ("to upstream", each)
    script >> ("done", ("judge_2", ALLOWED))
    script >> ("done", ("judge_1", ALLOWED)) << ("to upstream", HELLO) << ("to upstream", update)
    script << ("to upstream", COMMIT) << ("to upstream", CREATE)
    assert judge.asked == [("user_text", "hello"), ("user_text", "Be kind.")]


def test_blocked_text_is_refused_and_the_next_create_answered_by_the_relay(play: "Play") -> None:
    """The client learns which event it was; the model hears nothing of it, and is not asked."""
    script = play([guard(user_text=True)])
    script >> ("client", HELLO) << ("start", "judge_1")
    script >> ("client", CREATE)
    hears(script >> ("done", ("judge_1", BLOCKED)) << refusal("a"), answer())
    script >> ("client", CREATE) << ("to upstream", CREATE)


@pytest.mark.parametrize("instead", [written("", event_id="b"), COMMIT])
def test_where_there_is_something_else_to_answer_the_model_answers(play: "Play", instead: dict[str, Any]) -> None:
    """A text that is allowed, or speech that nobody judges."""
    script = play([guard(user_text=True)])
    script >> ("client", HELLO) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << refusal("a")
    script >> ("client", instead) << ("to upstream", instead)
    if instead is COMMIT:
        through(script, buffer("committed"))
    script >> ("client", CREATE) << ("to upstream", CREATE)


def test_a_create_with_its_own_input_answers_that(play: "Play") -> None:
    """Its text is judged; that something else was blocked does not concern it."""
    judge = Judge()
    script = play([guard(judge, user_text=True)])
    own_input = {**CREATE, "response": {"instructions": "Sum up.", "input": [HELLO["item"]]}}
    script >> ("client", HELLO) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << refusal("a")
    script >> ("client", own_input) << ("start", "judge_2")
    script >> ("done", ("judge_2", ALLOWED)) << ("to upstream", own_input)
    assert judge.asked[1] == ("user_text", "Sum up.\nhello")
    hears(script >> ("client", CREATE), answer())


def test_a_blocked_create_is_refused_and_nothing_more(play: "Play") -> None:
    """The error is its answer."""
    script = play([guard(user_text=True)])
    script >> ("client", {**CREATE, "response": {"instructions": "x"}}) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << refusal()
    script >> ("client", CREATE) << ("to upstream", CREATE)


def test_speech_that_left_its_answer_to_a_blocked_create_is_answered(play: "Play") -> None:
    """Automatically, once the create is refused."""
    script = play([guard(user_speech=True, user_text=True)])
    through(script, buffer("committed"))
    script >> ("client", {**CREATE, "response": {"instructions": "x"}}) << ("start", "judge_1")
    told = transcribed("completed", "")
    script >> ("upstream", told) << ("to client", told)
    script >> ("done", ("judge_1", BLOCKED)) << refusal() << AUTOMATIC


def test_a_verdict_that_does_not_come_blocks(play: "Play") -> None:
    """After the time that a judge has."""
    script = play([guard(user_text=True, judge_timeout=5)])
    script >> ("client", HELLO) << ("start", "judge_1")
    script.at(5.0) >> ("tick", None) << ("cancel", "judge_1") << refusal("a")
    script >> ("done", ("judge_1", ALLOWED))


def test_a_line_that_is_full_refuses(play: "Play") -> None:
    """After 64 events; those that wait go on in their time."""
    script = play([guard(user_text=True)])
    script >> ("client", HELLO) << ("start", "judge_1")
    for _ in range(63):
        script >> ("client", CREATE)
    script >> ("client", CREATE) << ("refused", "too_many_events_waiting")
    script >> ("done", ("judge_1", ALLOWED)) << ("to upstream", HELLO)
    for _ in range(63):
        script << ("to upstream", CREATE)


def test_a_line_is_bounded_in_bytes(play: "Play") -> None:
    """One event may be of any size that the relay takes; behind it there is room for so many bytes."""
    script = play([guard(user_text=True, max_held_bytes=300)])
    script >> ("client", written("x" * 500)) << ("start", "judge_1")
    script >> ("client", CREATE) << ("refused", "too_many_events_waiting")
    script >> ("done", ("judge_1", ALLOWED)) << ("to upstream", written("x" * 500))
    script >> ("client", HELLO) << ("start", "judge_2")
    script >> ("client", CREATE)
    script >> ("done", ("judge_2", ALLOWED)) << ("to upstream", HELLO) << ("to upstream", CREATE)


def test_where_text_is_not_judged_nothing_waits(play: "Play") -> None:
    """Nor is it looked at."""
    script = play([guard(model_output=True)])
    for each in (HELLO, CREATE, COMMIT, *PAST):
        script >> ("client", each) << ("to upstream", each)


AUDIO_ITEM = {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": "AAAA"}]}


@pytest.mark.parametrize(
    "event",
    [
        {"type": "conversation.item.create", "item": AUDIO_ITEM},
        {**CREATE, "response": {"input": [AUDIO_ITEM]}},
    ],
)
def test_audio_that_nobody_transcribes_is_refused(play: "Play", event: dict[str, Any]) -> None:
    """Where speech is judged it comes by the input audio buffer; elsewhere nobody minds."""
    play([guard(user_speech=True)]) >> ("client", event) << ("refused", "blocked_by_guardrail")
    play([guard(user_text=True)]) >> ("client", event) << ("to upstream", event)
