"""Tests of app.policy.guardrails as a whole: in whatever order things happen, nothing unjudged gets through."""

import itertools
from collections import Counter, deque
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from app.policy.actions import Action, Cancel, Effect, Start, ToClient, ToUpstream
from app.policy.chain import Chain
from app.policy.guardrails import GuardrailRules, Guardrails, Judgement, Verdict
from app.policy.teller import Teller
from app.protocol.frame import Frame
from tests.policy.guardrails.conversing import (
    CREATE,
    Event,
    Task,
    buffer,
    heard_item,
    transcribed,
    written,
)
from tests.policy.guardrails.responding import Response

STEPS = (
    "speak",
    "transcribe",
    "write",
    "create",
    "answer",
    "go on",
    "go on",
    "go on",
    "interrupt",
    "judge",
    "judge",
)
Step = tuple[str, int]


class World:
    """A client, a service and a judge around the filter; every text that anybody says is a word of its own."""

    def __init__(self) -> None:
        rules = GuardrailRules(user_speech=True, user_text=True, model_output=True, hold_output=True)
        self.chain = Chain([Guardrails(rules, self.judged, Teller("s1"), b"\0" * 4800)])
        self.numbers = itertools.count(1)
        self.words: set[str] = set()
        self.allowed: set[str] = set()
        self.pending: dict[str, str] = {}
        self.unjudged: dict[str, str] = {}
        self.untold: deque[str] = deque()
        self.responses: list[tuple[Response, str, deque[Event]]] = []
        self.shown: list[str] = []
        self.sent: list[str] = []
        self.seen: Counter[tuple[str, str]] = Counter()

    def judged(self, judgement: Judgement) -> Effect:
        """Remember what is to be judged."""
        self.pending[judgement.id] = judgement.text
        return Task(judgement.id)

    def word(self) -> str:
        """Return a word that nobody has said."""
        word = f"w{next(self.numbers)}w"
        self.words.add(word)
        return word

    def upstream(self, event: Event) -> None:
        """Let the service say something."""
        self.carry_out(self.chain.from_upstream(Frame.of(event), 0.0))

    def client(self, event: Event) -> None:
        """Let the client say something."""
        self.carry_out(self.chain.from_client(Frame.of(event), 0.0))

    def carry_out(self, actions: Sequence[Action]) -> None:
        """Take what comes out."""
        for action in actions:
            match action:
                case ToClient(frame):
                    self.show(frame)
                case ToUpstream(frame):
                    self.send(frame)
                case Start(effect):
                    assert effect.id in self.pending
                case Cancel(effect_id):
                    self.settle(self.pending.pop(effect_id))

    def show(self, frame: Frame) -> None:
        """Let the client see a frame."""
        self.shown.append(frame.text.decode())
        if frame.type in ("response.created", "response.done"):
            self.seen[frame.type, frame.event["response"]["id"]] += 1

    def send(self, frame: Frame) -> None:
        """Let the service hear a frame; no response may be asked for while speech is unjudged."""
        self.sent.append(frame.text.decode())
        if frame.type == "response.create":
            assert self.unjudged == {}
            self.begin()
        elif frame.type == "response.cancel":
            self.cut(next(each for each in self.responses if each[0].id == frame.event["response_id"]))

    def settle(self, word: str) -> None:
        """Note that a word has its verdict."""
        self.unjudged = {key: each for key, each in self.unjudged.items() if each != word}

    def begin(self) -> None:
        """Let the service begin a response."""
        model, word = Response(next(self.numbers)), self.word()
        content = [{**each, "delta": word} if "delta" in each else each for each in model.content(word)]
        self.responses.append((model, word, deque([*model.begun(), *content, *model.ends(word)])))

    def cut(self, response: tuple[Response, str, deque[Event]]) -> None:
        """Let the service end a response before its time."""
        model, word, coming = response
        if coming and coming[0]["type"] != "response.created":
            coming.clear()
            coming.extend(model.ends(word, "cancelled")[-1:])

    def step(self, kind: str, number: int) -> None:
        """Let one thing happen, if it can."""
        running = [each for each in self.responses if each[2]]
        match kind:
            case "speak":
                self.speak()
            case "transcribe" if self.untold:
                self.transcribe(self.untold.popleft())
            case "write":
                self.client(written(self.word()))
            case "create":
                self.client(CREATE)
            case "answer":
                self.begin()
            case "go on" if running:
                self.upstream(running[number % len(running)][2].popleft())
            case "interrupt" if running:
                self.cut(running[number % len(running)])

    def speak(self) -> None:
        """Let the user say a word."""
        word = self.word()
        self.unjudged[spoken_as(word)] = word
        self.untold.append(word)
        self.upstream(buffer("committed", spoken_as(word)))
        self.upstream(heard_item("added", item_id=spoken_as(word)))

    def transcribe(self, word: str) -> None:
        """Let the service tell what was said."""
        self.upstream(transcribed("delta", word, spoken_as(word)))
        self.upstream(transcribed("completed", word, spoken_as(word)))
        self.upstream(heard_item("done", word, spoken_as(word)))

    def judge(self, number: int) -> None:
        """Give a verdict, if one is asked for."""
        if not self.pending:
            return
        judgement, allowed = sorted(self.pending)[number // 2 % len(self.pending)], number % 2 == 0
        word = self.pending.pop(judgement)
        self.allowed |= {word} if allowed else set()
        self.settle(word)
        self.carry_out(self.chain.done(judgement, Verdict(allowed), 0.0))

    def finish(self) -> None:
        """Let everything that has begun come to its end."""
        while self.untold or self.pending or any(coming for _, _, coming in self.responses):
            self.step("transcribe", 0)
            self.step("go on", len(self.shown))
            self.judge(len(self.allowed))


def spoken_as(word: str) -> str:
    """Return the id of the item in which a word was said."""
    return f"user_{word.strip('w')}"


def unallowed(world: World, texts: Sequence[str]) -> set[str]:
    """Return the words that stand in texts and that no judge has allowed."""
    return {word for word in world.words - world.allowed for text in texts if word in text}


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 7)), max_size=60))
def test_in_any_order_nothing_unjudged_gets_through(steps: list[Step]) -> None:
    """No word that was not allowed reaches the client, or the upstream from the client; what begins, ends once."""
    world = World()
    for kind, number in steps:
        if kind == "judge":
            world.judge(number)
        else:
            world.step(kind, number)
        # What is undecided counts as not allowed: it may not be seen yet.
        assert unallowed(world, world.shown) == set()
    world.finish()
    assert unallowed(world, world.shown) == set()
    assert unallowed(world, world.sent) == set()
    began = {response_id: count for (kind, response_id), count in world.seen.items() if kind == "response.created"}
    ended = {response_id: count for (kind, response_id), count in world.seen.items() if kind == "response.done"}
    assert began == ended
    assert set(began.values()) <= {1}


def test_the_property_sees_what_is_allowed() -> None:
    """A conversation in which everything is allowed reaches both sides: the property is not about silence."""
    world = World()
    world.step("write", 0)
    world.judge(0)
    world.step("create", 0)
    for _ in range(30):
        world.step("go on", 0)
        world.judge(0)
    assert {
        word for word in world.words if any(word in text for text in [*world.shown, *world.sent])
    } == world.words
    assert len(world.words) == 2
