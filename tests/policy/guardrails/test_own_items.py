"""Tests of app.policy.guardrails.own_items: items that only the client knows never reach the upstream."""

from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter, Outbox
from app.policy.guardrails.own_items import REMEMBERED, OwnItems
from app.protocol.frame import Frame
from tests.policy.guardrails.conversing import (
    BLOCKED,
    CREATE,
    NO,
    OneId,
    answer,
    deleted,
    guard,
    hears,
    item,
    own,
    refusal,
    swallowed,
    through,
    written,
)
from tests.policy.guardrails.responding import Response

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Play

OWN = "item_relay_1"
SAID = item(OWN, "completed", {"type": "output_audio", "transcript": NO})


def about(verb: str, **fields: Any) -> dict[str, Any]:
    """Return what a client says about an item."""
    return {"type": f"conversation.item.{verb}", "event_id": "e", "item_id": OWN, **fields}


def added(item_id: str) -> dict[str, Any]:
    """Return an item of the upstream's."""
    return {"type": "conversation.item.added", "item": {"id": item_id}}


def answered(script: "Playbook", after: str | None = None, *, text: bool = False) -> "Playbook":
    """Tell that the relay answers a blocked text."""
    create = {**CREATE, "response": {"output_modalities": ["text"]}} if text else CREATE
    script >> ("client", written("x")) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << refusal()
    return hears(script >> ("client", create), answer(after=after, text=text))


def test_the_relay_answers_for_its_own_items(play: "Play") -> None:
    """As the service would; after its deletion there is no such item."""
    script = answered(play([guard(user_text=True)]))
    script >> ("client", about("truncate", content_index=0, audio_end_ms=120))
    told = {"item_id": OWN, "content_index": 0, "audio_end_ms": 120}
    script << ("to client", own("conversation.item.truncated", **told))
    script >> ("client", about("truncate", content_index="odd"))
    script << ("to client", own("conversation.item.truncated", **{**told, "audio_end_ms": 0}))
    script >> ("client", about("retrieve")) << ("to client", own("conversation.item.retrieved", item=SAID))
    script >> ("client", about("delete")) << ("to client", own("conversation.item.deleted", item_id=OWN))
    for verb in ("truncate", "retrieve", "delete"):
        script >> ("client", about(verb)) << ("refused", f"item_{verb}_invalid_item_id")


def test_the_relays_responses_cannot_be_cancelled(play: "Play") -> None:
    """They are over when they begin; the cancelling of any other goes on."""
    script = answered(play([guard(user_text=True)]))
    script >> ("client", {"type": "response.cancel", "response_id": "resp_relay_1"})
    for cancel in ({"type": "response.cancel", "response_id": "resp_1"}, {"type": "response.cancel"}):
        script >> ("client", cancel) << ("to upstream", cancel)


PLACES = [
    # the items before the relay's own, what the client deletes, and the place that the upstream is told
    (["a", "b"], [], "b"),
    (["a", "b"], ["b"], "a"),
    ([], [], "root"),
    (["a"], [OWN], "a"),
]


@pytest.mark.parametrize(("before", "gone", "expected"), PLACES)
def test_a_place_behind_an_own_item_is_behind_the_real_one_before_it(
    play: "Play", before: list[str], gone: list[str], expected: str
) -> None:
    """Whatever was deleted since; other places are the client's."""
    script = play([guard(user_text=True)])
    through(script, *map(added, before), *map(added, before), {"type": "conversation.item.added", "item": None})
    answered(script, after=before[-1] if before else None)
    for each in gone:
        if each == OWN:
            script >> ("client", about("delete"))
            script << ("to client", own("conversation.item.deleted", item_id=OWN))
        else:
            through(script, {"type": "conversation.item.deleted", "item_id": each})
    behind, elsewhere = written("", previous_item_id=OWN), written("", previous_item_id="z")
    script >> ("client", behind) << ("to upstream", {**behind, "previous_item_id": expected})
    script >> ("client", elsewhere) << ("to upstream", elsewhere)


@pytest.mark.parametrize("text", [False, True])
def test_a_reference_to_an_own_item_is_spelt_out(play: "Play", *, text: bool) -> None:
    """As what it says; of one that was deleted nothing is left, and other inputs stay as they are."""
    script = answered(play([guard(user_text=True)]), text=text)
    other, mine = {"type": "item_reference", "id": "a"}, {"type": "item_reference", "id": OWN}
    content = [{"type": "output_text", "text": NO}]
    spelt = {"type": "message", "role": "assistant", "content": content}
    create = {**CREATE, "response": {"input": [other, mine]}}
    expected = {**CREATE, "response": {"input": [other, spelt]}}
    script >> ("client", create) << ("to upstream", expected)
    untouched = {**CREATE, "response": {"input": [other]}}
    script >> ("client", untouched) << ("to upstream", untouched)
    script >> ("client", about("delete"))
    script << ("to client", own("conversation.item.deleted", item_id=OWN))
    script >> ("client", create) << ("to upstream", untouched)


def test_an_item_that_was_replaced_is_the_relays(play: "Play") -> None:
    """The upstream has forgotten it, while the client keeps it."""
    model = Response()
    script = through(play([guard(model_output=True, hold_output=True)]), *model.begun())
    swallowed(script, model.part_added())
    script >> ("upstream", model.told("bees")) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << model.cancelling() << deleted("item_1")
    deltas = own(f"{model.stem}.delta", **model.at, delta=NO)
    hears(script, [model.part_added(), deltas, model.told(NO)])
    shown = item("item_1", "completed", {"type": "output_text", "text": NO})
    script >> ("client", {"type": "conversation.item.retrieve", "item_id": "item_1"})
    script << ("to client", own("conversation.item.retrieved", item=shown))
    script >> ("client", {"type": "conversation.item.delete", "item_id": "item_1"})
    script << ("to client", own("conversation.item.deleted", item_id="item_1"))
    swallowed(script, {"type": "conversation.item.deleted", "item_id": "item_1"})


def test_the_order_of_items_is_bounded(play: "Play") -> None:
    """Of items that were long ago nobody knows the place; all else is as ever."""
    items = OwnItems(OneId("s"))
    items.claim(SAID, "resp_relay_1")
    behind = Frame.of(written("", previous_item_id=OWN))
    assert items.real(behind).event["previous_item_id"] == "root"
    for number in range(REMEMBERED):
        items.added(f"item_{number}")
    assert OWN not in items
    assert "item_0" in items
    assert items.last == f"item_{REMEMBERED - 1}"
    assert items.real(behind).event["previous_item_id"] == items.last
    script = play([Forgetful(items)])
    script >> ("client", about("delete")) << ("to client", own("conversation.item.deleted", item_id=OWN))


class Forgetful(Filter):
    """Answers for items that have been there for long."""

    def __init__(self, items: OwnItems) -> None:
        self._items = items

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - at any time
        """Answer."""
        self._items.answered(frame, out)
