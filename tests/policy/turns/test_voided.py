"""Tests of app.policy.turns.voided: an answer to speech that nobody has judged is none."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.chain import Filter
from app.policy.teller import Teller
from app.policy.turns import TurnGuard, TurnRules
from tests.policy.turns.turning import Noted, Work, create, created, finished

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

Event = dict[str, Any]


def item(status: str, item_id: str = "item_1") -> Event:
    """Return a message of the model's."""
    return {"id": item_id, "type": "message", "role": "assistant", "status": status, "content": []}


def own(number: int, kind: str, **fields: Any) -> tuple[str, Event]:
    """Return an event of the relay's own on its way to the upstream."""
    return "to upstream", {"type": kind, "event_id": f"event_relay_s1_{number}", **fields}


PARTS: list[Event] = [
    {"type": "response.output_item.added", "response_id": "r1", "output_index": 0, "item": item("in_progress")},
    {"type": "conversation.item.added", "previous_item_id": None, "item": item("in_progress")},
    {"type": "response.output_audio.delta", "response_id": "r1", "item_id": "item_1", "delta": "AAAA"},
    {"type": "conversation.item.done", "previous_item_id": None, "item": item("incomplete")},
    {"type": "response.output_item.done", "response_id": "r1", "output_index": 0, "item": item("incomplete")},
]


@pytest.fixture
def speech() -> Work:
    """Speech that waits to be judged, as long as it is `busy`."""
    return Work()


@pytest.fixture
def script(play: "Play", speech: Work) -> "Playbook":
    """A conversation with the guard alone."""
    unheard: Callable[[], bool] = lambda: speech.busy  # noqa: E731 - as the chain makes it
    return play([TurnGuard(TurnRules(guard=True), Teller("s1"), Noted(), unheard=unheard)])


def test_an_answer_that_crossed_the_speech_is_void(script: "Playbook", speech: Work) -> None:
    """Nobody sees it, its items go, and who asked is answered once the speech is judged."""
    script >> ("client", create("c1")) << ("to upstream", create("c1"))
    speech.busy = True
    script >> ("upstream", created("r1")) << own(1, "response.cancel", response_id="r1")
    for part in PARTS:
        script >> ("upstream", part)
    script >> ("upstream", finished("r1")) << own(2, "conversation.item.delete", item_id="item_1")
    script >> ("upstream", {"type": "conversation.item.deleted", "item_id": "item_1"})
    script.at(1.0) >> ("tick", None)
    speech.busy = False
    script.at(2.0) >> ("tick", None) << ("to upstream", create("c1"))
    script >> ("upstream", created("r2")) << ("to client", created("r2"))


def test_what_is_not_part_of_it_passes(script: "Playbook", speech: Work) -> None:
    """Other responses, the user's items, and whatever belongs to no response."""
    speech.busy = True
    script >> ("upstream", created("r1")) << own(1, "response.cancel", response_id="r1")
    user = {"id": "item_u", "type": "message", "role": "user", "status": "completed", "content": []}
    for event in (
        {"type": "response.output_text.delta", "response_id": "r9", "delta": "a"},
        {"type": "conversation.item.added", "previous_item_id": None, "item": user},
        {"type": "conversation.item.added", "previous_item_id": None, "item": "odd"},
        {"type": "conversation.item.deleted", "item_id": "item_u"},
        {"type": "input_audio_buffer.speech_stopped", "item_id": "item_u"},
    ):
        script >> ("upstream", event) << ("to client", event)


def test_a_response_outside_the_conversation_or_without_a_name_is_left(script: "Playbook", speech: Work) -> None:
    """The one does not see the speech, and of the other nobody could tell what is part of it."""
    speech.busy = True
    for response in ({"id": "r1", "conversation_id": None}, {"conversation_id": "conv"}):
        event = {"type": "response.created", "response": response}
        script >> ("upstream", event) << ("to client", event)


def test_what_the_service_began_by_itself_is_asked_for_by_nobody(script: "Playbook", speech: Work) -> None:
    """It is void all the same, and nothing follows."""
    speech.busy = True
    script >> ("upstream", created("r1")) << own(1, "response.cancel", response_id="r1")
    script >> ("upstream", finished("r1"))
    speech.busy = False
    script.at(5.0) >> ("tick", None)
