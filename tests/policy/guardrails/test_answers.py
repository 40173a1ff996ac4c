"""Tests of app.policy.guardrails.answers: when the relay answers, and in what manner."""

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.policy.guardrails.conversing import (
    BLOCKED,
    CREATE,
    answer,
    guard,
    hears,
    refusal,
    through,
    written,
)
from tests.policy.guardrails.responding import Response

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook
    from tests.policy.guardrails.conversing import Play

PCM = b"\x01\x00" * 2400
PIECE = base64.b64encode(PCM).decode()
ONE = Response()


def blocked(script: "Playbook", number: int = 1) -> "Playbook":
    """Tell that a text is blocked."""
    script >> ("client", written("x")) << ("start", f"judge_{number}")
    return script >> ("done", (f"judge_{number}", BLOCKED)) << refusal()


def test_an_answer_waits_for_the_end_of_a_response(play: "Play") -> None:
    """Two that are due become one; behind it the next has its own number."""
    script = through(play([guard(user_text=True)]), *ONE.begun())
    blocked(script) >> ("client", CREATE)
    blocked(script, 2) >> ("client", CREATE)
    through(script, ONE.delta("bees"))
    done = ONE.done("bees")
    hears(script >> ("upstream", done) << ("to client", done), answer(after="item_1"))
    hears(blocked(script, 3) >> ("client", CREATE), answer(2, after="item_relay_1"))


def test_an_answer_waits_for_all_responses(play: "Play") -> None:
    """Those out of band included."""
    two = Response(2)
    script = through(play([guard(user_text=True)]), ONE.created(), two.created())
    blocked(script) >> ("client", CREATE)
    through(script, ONE.done(""))
    hears(script >> ("upstream", two.done("")) << ("to client", two.done("")), answer())


G711 = {"audio": {"output": {"format": {"type": "audio/pcma"}, "voice": "marin"}}}
MANNERS: list[tuple[dict[str, Any], dict[str, Any], bool, list[str]]] = [
    # the session, what the client asks for, whether the answer is text, and its audio
    ({}, {}, False, [PIECE]),
    ({"output_modalities": ["text"]}, {}, True, []),
    ({"output_modalities": ["audio"]}, {"output_modalities": ["text"]}, True, []),
    ({"output_modalities": ["text"]}, {"output_modalities": ["audio"]}, False, [PIECE]),
    (G711, {}, False, []),
    ({}, G711, False, []),
    ({"audio": {"output": {"format": None}}}, {}, False, [PIECE]),
]


@pytest.mark.parametrize(("session", "given", "text", "audio"), MANNERS)
def test_an_answer_is_in_the_manner_that_was_asked_for(
    play: "Play", session: dict[str, Any], given: dict[str, Any], audio: list[str], *, text: bool
) -> None:
    """By the response's own parameters, else by the session's; the recording serves where PCM is played."""
    script = play([guard(user_text=True, recorded=PCM)])
    through(script, {"type": "session.created", "session": {}}, {"type": "session.updated", "session": session})
    told = {**session.get("audio", {}).get("output", {}), **given.get("audio", {}).get("output", {})}
    expected = answer(audio=audio, text=text)
    if told:
        for each in (expected[0], expected[-1]):
            each["response"]["audio"] = {"output": told}
    hears(blocked(script) >> ("client", {**CREATE, "response": given}), expected)


def test_an_answer_stands_in_the_conversation(play: "Play") -> None:
    """It tells the id that the service's own responses tell; odd events change nothing."""
    created = ONE.created()
    created["response"]["conversation_id"] = "conv_1"
    script = through(play([guard(user_text=True)]), created, ONE.done(""))
    through(script, {"type": "session.updated", "session": None}, {"type": "response.done", "response": None})
    expected = answer()
    for each in (expected[0], expected[-1]):
        each["response"]["conversation_id"] = "conv_1"
    hears(blocked(script) >> ("client", {**CREATE, "response": None}), expected)
