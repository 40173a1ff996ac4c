"""A whole session without sockets: a client, a relay under a locked profile, and a service, of any generations.

The service says GA's events in its own words. What is hidden has `canary` in it, and no frame to the client may.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from app.policy import Profile, Scene, make_chain, make_fields
from app.policy.actions import Action, Cancel, Start, ToClient, ToUpstream
from app.policy.gate import AUDIO_AND_TEXT, KNOWN, GateRules
from app.policy.session_fields import ItemRules, ResponseRules, SessionRules
from app.policy.session_news import News
from app.policy.teller import Teller
from app.policy.tools import ServerTool
from app.protocol.catalogue import GenerationName
from app.protocol.dialect import PreviewClient
from app.protocol.frame import Frame
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.simulator.session_object import Opening, begun, updated
from tests.conversations.service import call, message, response

Event = dict[str, Any]

PROMPT = "canary-prompt that nobody outside may ever read"
HIDDEN = {"type": "function", "name": "canary_lookup", "description": "canary", "parameters": {"type": "object"}}
FIXED: Event = {"instructions": PROMPT, "voice": "sage", "max_output_tokens": 300, "temperature": 0.7}
LOCKED = Profile(
    "locked",
    session=SessionRules.model_validate({name: {"fixed": value} for name, value in FIXED.items()}),
    response=ResponseRules.locked(),
    items=ItemRules.locked(),
    gate=GateRules(client=AUDIO_AND_TEXT, server=KNOWN),
)
ONCE = ("response.created", "response.done", "response.output_item.added", "response.output_item.done",
        "conversation.item.created", "conversation.item.added", "conversation.item.done")  # fmt: skip
"""Events that come once for each response or item."""

NOT_EVERYWHERE = {"client_secret", "include", "truncation"}
"""Fields of a session of which only one generation knows, or which are no part of its terms."""


@dataclass(frozen=True)
class Called:
    """A tool's work, which the test ends."""

    id: str

    async def run(self) -> object:
        raise AssertionError


def no_judge(*_: object) -> Any:
    raise AssertionError


class NoTap:
    """Sees nothing."""

    def refused(self, code: str) -> None: ...
    def unknown(self, event_type: str) -> None: ...
    def lost(self, words: str) -> None: ...
    def delayed(self, side: str, seconds: float) -> None: ...


class LockedSession:
    """One session. Whatever is put in, what comes out is checked."""

    def __init__(self, client: GenerationName, service: GenerationName) -> None:
        teller, tap = Teller("s1"), NoTap()
        tools = {"canary_lookup": ServerTool("canary_lookup", HIDDEN)}
        fields = make_fields(LOCKED, tools, preview_upstream=service == "preview", transcription=False)
        news = News(3600.0, None, 60.0, refresh=no_judge, drain=no_judge, limits={})
        scene = Scene(
            None, None, tap, news, teller, 0.0, tools, call=lambda each: Called(f"tool_{each.id}"), judge=no_judge
        )
        translation = Translation(Spoken(client, service))
        self.relay = Relay(make_chain(LOCKED, fields, scene), translation, tap, teller)
        self.words = PreviewClient() if service == "preview" else None
        self.session = begun(Opening(service, "realtime", "secret"), "sess_1", 1)
        self.shape = begun(Opening(client, "realtime", "secret"), "sess_1", 1).keys() - NOT_EVERYWHERE
        self.numbers = count(1)
        self.running: list[str] = []
        self.told: Counter[tuple[str, str]] = Counter()
        self.upwards: list[Event] = []
        beginning = fields.beginning({})
        (update,) = translation.to_upstream(Frame.of({"type": "session.update", "session": beginning}))
        self.hear(update.event)
        self.raw({"type": "session.created", "session": self.session})

    def say(self, event: Event) -> None:
        """Say something as the client, in whatever words."""
        self.carry_out(self.relay.from_client(json.dumps(event).encode(), 0.0))

    def raw(self, event: Event) -> None:
        """Say something as the service, in its own words."""
        told = {"event_id": f"event_{next(self.numbers)}", **event}
        self.carry_out(self.relay.from_upstream(json.dumps(told).encode(), 0.0))

    def answer(self, event: Event) -> None:
        """Say something as the service, told in GA's words."""
        for each in self.words.write(event) if self.words else [event]:
            self.raw(each)

    def respond(self, kinds: Sequence[str], cut: int) -> None:
        """Answer with messages and calls; cancelled after `cut` events, if there are so many."""
        number = next(self.numbers)
        items = [
            message(f"item_{number}_{index}", "Hello.") if kind == "message"
            else call(f"canary_item_{number}_{index}", "canary_lookup", '{"query": "canary-query"}')
            for index, kind in enumerate(kinds)
        ]  # fmt: skip
        *events, done = response(f"resp_{number}", *items)
        if cut < len(events):
            events = events[:cut]
            done = {**done, "response": {**done["response"], "status": "cancelled", "output": cut_short(events)}}
        for event in (*events, done):
            self.answer(event)

    def complain(self, code: str) -> None:
        """Refuse something, and quote all that is known."""
        words = f"Invalid value: '{PROMPT}' of canary_lookup"
        self.raw(
            {"type": "error", "error": {"type": code, "code": code, "message": words, "param": "canary_lookup"}}
        )

    def end_a_tool(self) -> None:
        """Let the first of the tools at work come to its end."""
        if self.running:
            self.carry_out(self.relay.done(self.running.pop(0), "canary-output", 0.0))

    def carry_out(self, actions: list[Action]) -> None:
        """Do what came of one input, and check it."""
        heard: list[Event] = []
        for action in actions:
            match action:
                case ToClient(frame):
                    self.see(frame)
                case ToUpstream(frame):
                    heard.append(frame.event)
                case Start(effect):
                    self.running.append(effect.id)
                case Cancel(effect_id):
                    self.running.remove(effect_id)
        for event in heard:
            self.hear(event)

    def see(self, frame: Frame) -> None:
        """Fail where a client reads what is hidden, misses a field of the session, or reads a thing twice."""
        assert b"canary" not in frame.text.lower(), frame.text
        event = frame.event
        if event["type"] in {"session.created", "session.updated"}:
            assert event["session"].keys() >= self.shape
        if event["type"] in ONCE:
            about = event.get("item") or event["response"]
            self.told[event["type"], about["id"]] += 1
            assert self.told[event["type"], about["id"]] == 1, frame.text

    def hear(self, event: Event) -> None:
        """Take an event as the service does. Fail where it hears another policy."""
        self.upwards.append(event)
        match event:
            case {"type": "session.update", "session": session}:
                check(session)
                self.session = updated(self.session, session)
                if self.told or len(self.upwards) > 1:
                    self.raw({"type": "session.updated", "session": self.session})
            case {"type": "response.create"}:
                terms = event.get("response") or {}
                assert not terms.keys() & {*FIXED, "max_response_output_tokens", "input", "conversation"}
                assert "voice" not in (terms.get("audio") or {}).get("output", {})
            case {"type": "conversation.item.create", "item": dict(item)}:
                item = {"id": f"canary_{next(self.numbers)}", "status": "completed", **item}
                if item["type"] == "message":
                    item["id"] = f"item_{next(self.numbers)}"
                ga = self.words.read({**event, "item": item})[0]["item"] if self.words else item
                for kind in ("conversation.item.added", "conversation.item.done"):
                    self.answer({"type": kind, "previous_item_id": None, "item": ga})


def check(session: Event) -> None:
    """Fail where an update, of either generation, does not hold what is fixed."""
    told = {**session, **((session.get("audio") or {}).get("output") or {})}
    tokens = told.get("max_output_tokens", told.get("max_response_output_tokens"))
    assert (told["instructions"], told["voice"], tokens) == (PROMPT, "sage", 300)
    assert told.get("temperature", 0.7) == 0.7
    assert [each["name"] for each in told["tools"]] == ["canary_lookup"]


def cut_short(events: Sequence[Event]) -> list[Event]:
    """Return the output of a response that was cancelled after these events."""
    items: dict[str, Event] = {}
    for event in events:
        if event["type"].startswith("response.output_item."):
            done = event["type"].endswith(".done")
            arguments = {"arguments": '{"query": "canary'} if "arguments" in event["item"] else {}
            items[event["item"]["id"]] = (
                event["item"] if done else {**event["item"], "status": "incomplete", **arguments}
            )
    return list(items.values())
