"""Tests of app.policy.guardrails as a whole: no event is so odd that a session breaks over it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Ended, Refused
from app.policy.actions import Action, Cancel, Effect, Start, ToClient, ToUpstream
from app.policy.chain import Chain
from app.policy.guardrails import GuardrailRules, Guardrails, Judgement, Verdict
from app.policy.teller import Teller
from app.protocol.frame import from_client, from_upstream
from tests.policy.guardrails.conversing import (
    BLOCKED,
    COMMIT,
    CREATE,
    NO,
    Event,
    Task,
    answer,
    buffer,
    deleted,
    guard,
    heard_item,
    hears,
    refusal,
    swallowed,
    through,
    transcribed,
    written,
)
from tests.policy.guardrails.responding import Response

if TYPE_CHECKING:
    from tests.policy.guardrails.conversing import Play

KEYS = ("id", "type", "item", "content", "output")
LEAVES = st.sampled_from([None, True, 0, -1, 1.5, 10**30, "", "bees", "item_1", "audio", "cancelled"])
JUNK = LEAVES | st.recursive(
    LEAVES,
    lambda few: (
        st.lists(few, min_size=1, max_size=2) | st.dictionaries(st.sampled_from(KEYS), few, min_size=1, max_size=2)
    ),
    max_leaves=4,
)
"""Any JSON, as far as a filter could tell."""

FIRST, SECOND, WRITTEN = Response(), Response(2), Response(3, text=True)
UPSTREAM: list[Event] = [
    {"type": "session.created", "session": {"output_modalities": ["audio"], "audio": {"output": {"format": {}}}}},
    *(buffer(kind) for kind in ("speech_started", "speech_stopped", "committed")),
    heard_item("added"),
    transcribed("delta", "be"),
    transcribed("completed", "bees"),
    heard_item("done", "bees"),
    *(event for each in (FIRST, WRITTEN) for event in (*each.begun(), *each.content("x"), *each.ends("x"))),
    *SECOND.begun(),
    SECOND.told("x"),
    *({**SECOND.part_done("y"), "content_index": index} for index in (1, 2, 3)),
    SECOND.done("x"),
    WRITTEN.done("x", "cancelled"),
    {"type": "conversation.item.deleted", "item_id": "item_1"},
    {"type": "error", "error": {"code": "input_audio_buffer_commit_empty", "event_id": "event_relay_s1_1"}},
]
CLIENT: list[Event] = [
    {"type": "input_audio_buffer.append", "audio": "AAAA"},
    {**COMMIT, "event_id": "c"},
    written("bees", event_id="e", previous_item_id="item_relay_1"),
    {**CREATE, "response": {"output_modalities": ["text"], "instructions": "x", "prompt": {"id": "p"}}},
    {**CREATE, "response": {"input": [{"type": "item_reference", "id": "item_relay_1"}, WRITTEN.item("x")]}},
    {"type": "session.update", "session": {"instructions": "x", "tools": [{"type": "function", "name": "f"}]}},
    {"type": "conversation.item.retrieve", "item_id": "item_relay_1"},
    {"type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 0},
    {"type": "response.cancel", "response_id": "resp_relay_1"},
]
SAID = [*(("upstream", event) for event in UPSTREAM), *(("client", event) for event in CLIENT)]
VERDICTS: list[tuple[str, Event]] = [("allow", {}), ("block", {}), ("tick", {})]

Path = tuple[str | int, ...]


def paths(value: Any) -> Iterator[Path]:
    """Yield where something stands in an event, but for its type."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (key,)
        yield from ((key, *path) for path in paths(each))


def broken(value: Any, path: Path, junk: object) -> Any:
    """Return an event with junk in one place."""
    if not path:
        return junk
    key, rest = path[0], path[1:]
    return (
        {**value, key: broken(value[key], rest, junk)}
        if isinstance(value, dict)
        else [broken(each, rest, junk) if at == key else each for at, each in enumerate(value)]
    )


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, Event]]:
    """Draw a conversation in which verdicts and the client come at any time, and events are odd or missing."""
    missing = draw(st.sets(st.integers(1, len(UPSTREAM) - 1), max_size=20))
    told = [each for at, each in enumerate(SAID[: len(UPSTREAM)]) if at not in missing]
    for each in draw(st.lists(st.sampled_from([*SAID[len(UPSTREAM) :], *VERDICTS]), max_size=20)):
        told.insert(draw(st.integers(0, len(told))), each)
    for at in draw(st.lists(st.integers(0, len(told) - 1), min_size=5, max_size=15)):
        who, event = told[at]
        places = [path for path in paths(event) if path != ("type",)]
        if places:
            told[at] = who, broken(event, draw(st.sampled_from(places)), draw(JUNK))
    return told


RULES = st.fixed_dictionaries(
    {key: st.booleans() for key in ("user_speech", "user_text", "model_output", "hold_output")}
)
NO_IDS: tuple[object, ...] = (["item_1"], {"id": "item_1"}, 5, None)


class Session:
    """A session that is told anything at all."""

    def __init__(self, rules: dict[str, bool]) -> None:
        told = GuardrailRules(**rules, max_held_bytes=2000)
        self.chain = Chain([Guardrails(told, self.judged, Teller("s1"), b"\0\0")])
        self.pending: list[str] = []
        self.now = 0.0

    def judged(self, judgement: Judgement) -> Effect:
        """Take what is to be judged."""
        assert judgement.text.strip()
        return Task(judgement.id)

    def step(self, kind: str, event: Event) -> None:
        """Let one thing happen; a client's event may be refused."""
        self.now += 0.5
        match kind:
            case "upstream":
                frame = from_upstream(json.dumps(event).encode())
                self.carry_out(self.chain.from_upstream(frame, self.now))
            case "client":
                with suppress(Refused):
                    frame = from_client(json.dumps(event).encode())
                    self.carry_out(self.chain.from_client(frame, self.now))
            case "tick":
                self.now += 10
                self.carry_out(self.chain.tick(self.now))
            case _ if self.pending:
                verdict = Verdict(allowed=kind == "allow")
                self.carry_out(self.chain.done(self.pending.pop(), verdict, self.now))

    def carry_out(self, actions: list[Action]) -> None:
        """Take what comes out."""
        for action in actions:
            match action:
                case Start(effect):
                    self.pending.append(effect.id)
                case Cancel(effect_id):
                    self.pending.remove(effect_id)
                case ToClient(frame) | ToUpstream(frame):
                    assert frame.text


@given(RULES, steps())
def test_nothing_breaks_a_session(rules: dict[str, bool], steps: list[tuple[str, Event]]) -> None:
    """Whatever an upstream sends may end the session, whatever a client sends may be refused, and that is all."""
    session = Session(rules)
    with suppress(Ended):
        for who, event in steps:
            session.step(who, event)


@pytest.mark.parametrize("given_id", [["resp_1"], {"id": "resp_1"}, 5, None])
@pytest.mark.parametrize("hold", [True, False])
def test_only_strings_are_ids_of_responses(play: "Play", given_id: object, *, hold: bool) -> None:
    """A text whose response is named by anything else belongs to the one that has made its item."""
    model = Response()
    script = through(play([guard(model_output=True, hold_output=hold)]), *model.begun())
    told = {**model.told("bees"), "response_id": given_id}
    script >> ("upstream", told) << ("start", "judge_1")
    if not hold:
        script << ("to client", told)
    script >> ("done", ("judge_1", BLOCKED)) << model.cancelling() << deleted("item_1")
    if hold:
        script << ("to client", {**told, "transcript": NO})


def test_only_strings_are_ids_of_items(play: "Play") -> None:
    """What was said in an item without one can't be judged, and is not shown; the rest of it passes."""
    script = play([guard(user_speech=True)])
    for given_id in NO_IDS:
        swallowed(script, {**transcribed("completed", "bees"), "item_id": given_id})
        for words in ("", "bees"):
            event = heard_item("done", words)
            event["item"]["id"] = given_id
            script >> ("upstream", event)
            if not words:
                script << ("to client", event)
        through(script, {"type": "conversation.item.deleted", "item_id": given_id})


@pytest.mark.parametrize("given_id", [["c"], {"id": 1}, 5])
def test_only_strings_are_ids_of_conversations(play: "Play", given_id: object) -> None:
    """The relay's own answer names none, then."""
    script = play([guard(user_text=True)])
    begun = {"type": "response.created", "response": {"id": "resp_1", "conversation_id": given_id}}
    through(script, begun, {"type": "response.done", "response": {"id": "resp_1"}})
    script >> ("client", written("x")) << ("start", "judge_1")
    script >> ("done", ("judge_1", BLOCKED)) << refusal()
    hears(script >> ("client", CREATE), answer())
