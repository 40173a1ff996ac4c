"""Tests of app.policy.guardrails.said: the model's output flows, and is cut off when it is blocked."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.policy.guardrails.conversing import (
    ALLOWED,
    BLOCKED,
    Judge,
    answer,
    deleted,
    guard,
    hears,
    swallowed,
    through,
)
from tests.policy.guardrails.responding import Response

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Play

ONE = Response()
BOTH = pytest.mark.parametrize("model", [Response(), Response(text=True)], ids=["audio", "text"])


def told(script: "Playbook", event: dict[str, Any], judgement: str = "judge_1") -> "Playbook":
    """Tell that an event passes and has its text judged."""
    return script >> ("upstream", event) << ("start", judgement) << ("to client", event)


@BOTH
def test_what_is_allowed_passes_as_it_came(play: "Play", model: Response) -> None:
    """Before the verdict and after it; the text is judged once."""
    judge = Judge()
    script = through(play([guard(judge, model_output=True)]), *model.begun(), *model.content("bees")[:-1])
    told(script, model.told("bees"))
    ends = model.ends("bees")
    through(script, *ends[:2])
    script >> ("done", ("judge_1", ALLOWED))
    through(script, *ends[2:], model.item_done("bees"))
    assert judge.asked == [("model_output", "bees")]


def test_a_verdict_may_come_when_all_has_been_said(play: "Play") -> None:
    """Where it allows, nothing comes of it."""
    script = through(play([guard(model_output=True)]), *ONE.begun(), ONE.part_added())
    told(script, ONE.told("bees"))
    through(script, *ONE.ends("bees"))
    script >> ("done", ("judge_1", ALLOWED))


@BOTH
def test_what_is_blocked_while_it_is_said_is_cut_off(play: "Play", model: Response) -> None:
    """Nothing repeats it: its closing events hold no text; then the relay answers."""
    script = through(play([guard(model_output=True)]), *model.begun(), *model.content("bees")[:-1])
    told(script, model.told("bees"))
    script >> ("done", ("judge_1", BLOCKED)) << model.cancelling() << deleted(model.item_id)
    swallowed(script, model.delta("bees"), model.audio("CCCC"))
    for each, bare in zip(model.ends("bees", "cancelled"), model.ends("", "cancelled"), strict=True):
        script >> ("upstream", each) << ("to client", bare)
    hears(script, answer(after=model.item_id))
    script >> ("upstream", {"type": "conversation.item.retrieved", "item": model.item("bees")})
    script << ("to client", {"type": "conversation.item.retrieved", "item": model.item("")})
    gone = {"type": "conversation.item.deleted", "item_id": model.item_id}
    through(script, gone)


def test_what_is_blocked_when_it_has_been_said_is_deleted(play: "Play") -> None:
    """There is nothing to cancel any more, and the relay answers at once; the next response is untouched."""
    script = through(play([guard(model_output=True)]), *ONE.begun(), *ONE.content("bees")[:-1])
    told(script, ONE.told("bees"))
    through(script, *ONE.ends("bees"))
    hears(script >> ("done", ("judge_1", BLOCKED)) << deleted("item_1"), answer(after="item_1"))
    script >> ("upstream", ONE.item_done("bees")) << ("to client", ONE.item_done(""))
    two = Response(2)
    through(script, *two.begun(), *two.content("wasps")[:-1])
    told(script, two.told("wasps"), "judge_2")


def test_a_response_is_replaced_once(play: "Play") -> None:
    """However many of its parts are blocked."""
    script = through(play([guard(model_output=True)]), *ONE.begun())
    second = {**ONE.told("wasps"), "content_index": 1}
    told(script, ONE.told("bees"))
    told(script, second, "judge_2")
    script >> ("done", ("judge_1", BLOCKED)) << ONE.cancelling() << deleted("item_1")
    script >> ("done", ("judge_2", BLOCKED))
    done = {"type": "response.done", "response": {"id": "resp_1", "status": "failed", "output": None}}
    hears(script >> ("upstream", done) << ("to client", done), answer(after="item_1"))


def test_out_of_band_there_is_nothing_to_delete(play: "Play") -> None:
    """The item never stood in the conversation."""
    script = through(play([guard(model_output=True)]), ONE.created())
    told(script, ONE.told("bees"))
    script >> ("done", ("judge_1", BLOCKED)) << ONE.cancelling()
    hears(script >> ("upstream", ONE.done("bees")) << ("to client", ONE.done("")), answer())


@pytest.mark.parametrize("event", [ONE.part_done("bees"), ONE.output_done("bees"), ONE.done("bees")])
def test_whichever_event_tells_the_text_first_has_it_judged(play: "Play", event: dict[str, Any]) -> None:
    """No service is trusted to send them all."""
    judge = Judge()
    script = through(play([guard(judge, model_output=True)]), *ONE.begun())
    told(script, event)
    assert judge.asked == [("model_output", "bees")]


def test_what_says_nothing_is_not_judged(play: "Play") -> None:
    """An empty text, a function's call, an item that a client has written, events of odd shapes."""
    script = through(play([guard(model_output=True)]), *ONE.begun(), ONE.part_added(), ONE.told(""))
    call = {"id": "item_2", "type": "function_call", "name": "f", "call_id": "c", "arguments": "{}"}
    odd: list[dict[str, Any]] = [
        {"type": "response.created", "response": None},
        {"type": "response.output_item.added", "item": None},
        {"type": "response.output_item.done", "response_id": "resp_1", "item": call},
        {"type": "response.function_call_arguments.done", "item_id": "item_2", "arguments": "{}"},
        {"type": "response.content_part.done", **ONE.at, "part": None},
        {"type": "response.output_text.done", **ONE.at, "text": None},
        {"type": "response.done", "response": None},
        {"type": "conversation.item.truncated", "item_id": "item_1", "content_index": 0, "audio_end_ms": 5},
    ]
    through(script, *odd, Response(9).item_done("written by a client"), ONE.done(""))


def test_text_is_kept_beside_what_is_blocked(play: "Play") -> None:
    """Of an item's parts only the blocked one is emptied."""
    script = through(play([guard(model_output=True)]), *ONE.begun())
    told(script, ONE.told("bees"))
    first = {"type": "output_text", "text": "flowers"}
    told(script, {"type": "response.output_text.done", **ONE.at, "content_index": 1, "text": "flowers"}, "judge_2")
    script >> ("done", ("judge_2", ALLOWED))
    script >> ("done", ("judge_1", BLOCKED)) << ONE.cancelling() << deleted("item_1")
    both, bare = ONE.output_done("bees"), ONE.output_done("")
    both["item"]["content"].append(first)
    bare["item"]["content"].append(first)
    script >> ("upstream", both) << ("to client", bare)
    done, shown = ONE.done("bees"), ONE.done("")
    for each in (done, shown):
        each["response"]["output"] += [{"id": "item_2", "type": "function_call"}, "odd"]
    hears(script >> ("upstream", done) << ("to client", shown), answer(after="item_1"))
