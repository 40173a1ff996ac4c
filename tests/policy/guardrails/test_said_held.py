"""Tests of app.policy.guardrails.said: the model's output is held until it is judged."""

import base64
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.actions import ToClient
from app.policy.chain import Chain
from app.protocol.frame import Frame, from_upstream
from tests.policy.guardrails.conversing import (
    ALLOWED,
    BLOCKED,
    NO,
    Judge,
    buffer,
    deleted,
    guard,
    hears,
    own,
    swallowed,
    through,
)
from tests.policy.guardrails.responding import Response

if TYPE_CHECKING:
    from app.policy.guardrails import Guardrails
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Event, Play

ONE = Response()
BOTH = pytest.mark.parametrize("model", [Response(), Response(text=True)], ids=["audio", "text"])
PCM = bytes(range(256)) * 25
"""6,400 bytes: one piece of 100 ms, and a third of one."""
PIECES = [base64.b64encode(PCM[:4800]).decode(), base64.b64encode(PCM[4800:]).decode()]


def holding(judge: Judge | None = None, **given: Any) -> "Guardrails":
    """Return the filter that holds output."""
    return guard(judge, model_output=True, hold_output=True, **given)


def held(script: "Playbook", model: Response, text: str = "bees", judgement: str = "judge_1") -> "Playbook":
    """Tell that a response begins, and its content is held up to its whole text."""
    through(script, *model.begun())
    swallowed(script, *model.content(text)[:-1])
    return script >> ("upstream", model.told(text)) << ("start", judgement)


def instead(model: Response, pieces: list[str]) -> "list[Event]":
    """Return the deltas that stand in place of what was blocked."""
    deltas = [own("response.output_audio.delta", **model.at, delta=piece) for piece in pieces]
    return [own(f"{model.stem}.delta", **model.at, delta=NO), *deltas]


@BOTH
def test_what_is_allowed_is_released_in_order(play: "Play", model: Response) -> None:
    """All that was held of responses; what belongs to none passes meanwhile, and the rest flows."""
    script = held(play([holding()]), model)
    ends = model.ends("bees")
    swallowed(script, *ends[:2])
    through(script, buffer("speech_started"), {"type": "conversation.item.deleted", "item_id": "x"})
    through(script, {"type": "conversation.item.done", "item": {"id": "user_1"}})
    hears(script >> ("done", ("judge_1", ALLOWED)), [*model.content("bees"), *ends[:2]])
    through(script, *ends[2:], model.item_done("bees"))


@BOTH
def test_what_is_blocked_is_replaced_in_its_place(play: "Play", model: Response) -> None:
    """In the same response and item; the upstream is stopped and forgets it, the client hears nothing of it."""
    script = held(play([holding(recorded=PCM)]), model)
    script >> ("done", ("judge_1", BLOCKED)) << model.cancelling() << deleted(model.item_id)
    script << ("to client", model.part_added())
    hears(script, instead(model, PIECES if model.kind == "audio" else []))
    hears(script, [model.audio_done()] if model.kind == "audio" else [])
    script << ("to client", model.told(NO))
    swallowed(script, model.delta("bees"), model.audio("CCCC"), {**model.delta("be"), "content_index": 0})
    details = {"type": "cancelled", "reason": "client_cancelled"}
    for each, shown in zip(model.ends("bees", "cancelled")[:3], model.ends(NO)[:3], strict=True):
        script >> ("upstream", each) << ("to client", shown)
    script >> ("upstream", model.done("bees", "cancelled", status_details=details))
    done = model.done(NO, status_details=None)
    done["response"]["output"][0]["status"] = "completed"
    script << ("to client", done)
    swallowed(script, {"type": "conversation.item.deleted", "item_id": model.item_id})


def test_a_response_that_is_whole_is_not_cancelled(play: "Play") -> None:
    """Only its item is deleted; all of it is released at once."""
    script = held(play([holding()]), ONE)
    swallowed(script, *ONE.ends("bees"))
    script >> ("done", ("judge_1", BLOCKED)) << deleted("item_1") << ("to client", ONE.part_added())
    hears(script, [*instead(ONE, []), ONE.audio_done(), ONE.told(NO), *ONE.ends(NO)])
    through(script, *Response(2).begun())


def test_audio_in_another_format_is_not_replaced_by_pcm(play: "Play") -> None:
    """The transcript alone stands in its place."""
    script = play([holding(recorded=PCM)])
    created = ONE.created()
    created["response"]["audio"] = {"output": {"format": {"type": "audio/pcmu"}}}
    through(script, created, *ONE.begun()[1:])
    swallowed(script, ONE.part_added())
    script >> ("upstream", ONE.told("bees")) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << ONE.cancelling() << deleted("item_1")
    hears(script, [ONE.part_added(), *instead(ONE, []), ONE.told(NO)])


def test_who_interrupts_hears_nothing_of_what_was_held(play: "Play") -> None:
    """Neither the rest nor a replacement: the response ends as cancelled, with nothing said."""
    script = held(play([holding()]), ONE)
    ends = ONE.ends("bees", "cancelled")
    swallowed(script, *ends[:3])
    script >> ("upstream", ends[3]) << ("cancel", "judge_1") << deleted("item_1")
    hears(script, [ONE.part_added(), ONE.audio_done(), ONE.told(""), *ONE.ends("", "cancelled")])


def test_what_is_never_told_whole_is_dropped(play: "Play") -> None:
    """A response that ends without its text ends empty, however it ended."""
    script = through(play([holding()]), *ONE.begun())
    swallowed(script, ONE.part_added(), ONE.audio("AAAA"))
    done = ONE.done("", "incomplete")
    script >> ("upstream", done) << deleted("item_1") << ("to client", ONE.part_added()) << ("to client", done)


def test_more_than_may_be_held_is_blocked(play: "Play") -> None:
    """At once, its judgement cancelled; the response goes on without it."""
    script = through(play([holding(max_held_bytes=2000)]), *ONE.begun())
    swallowed(script, *ONE.content("bees")[:-1])
    script >> ("upstream", ONE.audio("A" * 2000)) << ONE.cancelling() << deleted("item_1")
    hears(script, [ONE.part_added(), *instead(ONE, []), ONE.audio_done()])
    swallowed(script, ONE.audio("A" * 2000))
    script >> ("upstream", ONE.told("bees")) << ("to client", ONE.told(NO))


def test_a_verdict_that_does_not_come_blocks(play: "Play") -> None:
    """After the time that a judge has."""
    script = held(play([holding(judge_timeout=5)]), ONE)
    script.at(5.0) >> ("tick", None) << ("cancel", "judge_1") << ONE.cancelling() << deleted("item_1")
    hears(script, [ONE.part_added(), *instead(ONE, []), ONE.audio_done(), ONE.told(NO)])


def test_responses_that_interleave_do_not_mix(play: "Play") -> None:
    """What is allowed goes as far as nothing before it waits; what is blocked takes nothing of the other along."""
    two = Response(2)
    script = held(play([holding()]), ONE)
    mixed = [*two.begun(), two.part_added(), ONE.audio("DDDD"), two.audio("EEEE")]
    swallowed(script, *mixed)
    script >> ("upstream", two.told("wasps")) << ("start", "judge_2")
    script >> ("done", ("judge_2", BLOCKED)) << two.cancelling() << deleted("item_2")
    hears(script >> ("done", ("judge_1", ALLOWED)), [*ONE.content("bees"), *mixed[:4]])
    hears(script, [*instead(two, []), ONE.audio("DDDD"), two.told(NO)])
    through(script, ONE.audio("FFFF"))


def test_the_first_of_two_does_not_wait_for_the_second(play: "Play") -> None:
    """Where both are held, what is allowed goes; the other's content stays."""
    two = Response(2)
    script = held(play([holding()]), ONE)
    swallowed(script, *ONE.ends("bees"), *two.begun(), *two.content("wasps")[:-1])
    hears(script >> ("done", ("judge_1", ALLOWED)), [*ONE.content("bees"), *ONE.ends("bees"), *two.begun()])
    script >> ("upstream", two.told("wasps")) << ("start", "judge_2")
    hears(script >> ("done", ("judge_2", ALLOWED)), two.content("wasps"))


def test_a_response_is_replaced_once(play: "Play") -> None:
    """A second part that is blocked is emptied."""
    script = held(play([holding()]), ONE)
    second = [{**each, "content_index": 1} for each in (ONE.part_added(), ONE.told("wasps"))]
    swallowed(script, second[0])
    script >> ("upstream", second[1]) << ("start", "judge_2")
    script >> ("done", ("judge_1", BLOCKED)) << ONE.cancelling() << deleted("item_1")
    hears(script, [ONE.part_added(), *instead(ONE, []), ONE.audio_done(), ONE.told(NO)])
    script >> ("done", ("judge_2", BLOCKED))
    hears(script, [second[0], {**second[1], "transcript": ""}])


def test_content_that_nobody_announced_is_held_too(play: "Play") -> None:
    """Whether it comes as a delta or within an item; an item that begins shows none."""
    script = through(play([holding()]), *ONE.begun())
    swallowed(script, ONE.delta("bees"))
    script >> ("upstream", ONE.done("bees")) << ("start", "judge_1")
    hears(script >> ("done", ("judge_1", ALLOWED)), [ONE.delta("bees"), ONE.done("bees")])
    two = Response(2)
    begun = two.begun()
    begun[1] = {**begun[1], "item": two.item("wasps", "in_progress")}
    for each, shown in zip(begun, two.begun(), strict=True):
        script >> ("upstream", each) << ("to client", shown)
    script >> ("upstream", two.output_done("wasps")) << ("start", "judge_2")
    hears(script >> ("done", ("judge_2", ALLOWED)), [two.output_done("wasps")])


def test_an_item_is_not_shown_while_it_is_held(play: "Play") -> None:
    """Who retrieves it gets it behind the verdict, without what was blocked."""
    script = held(play([holding()]), ONE)
    told = {"type": "conversation.item.retrieved", "item": ONE.item("bees")}
    swallowed(script, told)
    script >> ("done", ("judge_1", BLOCKED)) << ONE.cancelling() << deleted("item_1")
    hears(script, [ONE.part_added(), *instead(ONE, []), ONE.audio_done(), ONE.told(NO)])
    script << ("to client", {**told, "item": ONE.item(NO)})


def test_audio_is_not_looked_into(play: "Play") -> None:
    """What is held, released and passed on afterwards leaves as the very frame that came, and undecoded."""
    script = play([holding()])
    chain = script._chain  # noqa: SLF001 - frames instead of events
    script = held(script, ONE)
    frames = [undecodable() for _ in range(3)]
    chain.from_upstream(frames[0], 0.0)
    chain.from_upstream(frames[1], 0.0)
    released = chain.done("judge_1", ALLOWED, 0.0)
    passed = chain.from_upstream(frames[2], 0.0)
    assert frames == shown(released)[-2:] + shown(passed)


@pytest.mark.parametrize("rules", [{"user_speech": True, "user_text": True}, {"model_output": True}])
def test_audio_that_is_not_held_is_not_looked_into(rules: dict[str, Any]) -> None:
    """Not even where the model's output is judged."""
    chain, frame = Chain([guard(None, **rules)]), undecodable()
    chain.from_upstream(Frame.of(ONE.created()), 0.0)
    chain.from_upstream(Frame.of(ONE.part_added()), 0.0)
    assert [frame] == shown(chain.from_upstream(frame, 0.0))


def undecodable() -> Frame:
    """Return an audio delta that fails when it is decoded: a number in it is out of range."""
    return from_upstream(b'{"type":"response.output_audio.delta","delta":1e999}')


def shown(actions: list[Any]) -> list[Frame]:
    """Return the frames that go to the client."""
    return [each.frame for each in actions if isinstance(each, ToClient)]
