"""What guardrails cost: the core's time for one response, and how long an answer is held until it is judged.

Prints two Markdown tables. The first is the core alone, without sockets: the kinds are interleaved over rounds and
the best round of each counts; its last column is a ratio of one run. The second plays one answer of the simulated
service on a clock of its own, so that its figures are the same on every machine.
"""
# ruff: noqa: T201 - a command prints

import itertools
import time
from dataclasses import dataclass

import msgspec

from app.policy.actions import Action, Effect, Start, ToClient, ToUpstream
from app.policy.chain import Chain, Filter
from app.policy.gate import Gate, GateRules
from app.policy.guardrails import GuardrailRules, Guardrails, Judgement, Verdict
from app.policy.model_name import ModelName
from app.policy.teller import Teller
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.simulator import Faults, SimulatorConfig
from app.simulator.session import Session
from app.simulator.session_object import Opening
from app.telemetry import Telemetry

TEXT = "Tell me, at some length and without any hurry, what a relay between two sockets is good for."
ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
ASKED = (
    msgspec.json.encode({"type": "conversation.item.create", "item": ITEM}),
    msgspec.json.encode({"type": "response.create"}),
)
ALL = {"user_speech": True, "user_text": True, "model_output": True}
KINDS: dict[str, GuardrailRules | None] = {
    "none": None,
    "output flows": GuardrailRules(**ALL),
    "output is held": GuardrailRules(**ALL, hold_output=True),
}
ROUNDS, RESPONSES = 15, 20
PACES = (1.0, SimulatorConfig().pace)
JUDGING = (0.0, 0.3)
AUDIO_DELTA, DONE = "response.output_audio.delta", "response.done"
BYTES_PER_SECOND = 64_000
"""Of PCM16 at 24 kHz, in base64."""


@dataclass(frozen=True, slots=True)
class Allowing:
    """A judgement that allows, carried out by whoever runs the bench."""

    id: str

    async def run(self) -> object:
        """Allow."""
        return Verdict(allowed=True)


def judge(judgement: Judgement) -> Effect:
    """Allow everything."""
    return Allowing(judgement.id)


class Stream:
    """The simulated service, on a clock that nobody waits for."""

    def __init__(self, pace: float) -> None:
        numbers = itertools.count()
        config = SimulatorConfig(pace=pace)
        opening = Opening("ga", "realtime", "gpt-realtime")
        self.now = 0.0
        self.session = Session(
            opening, config, Faults(), lambda prefix: f"{prefix}_{next(numbers)}", born=0.0, now=0.0
        )
        self.session.begin()

    def answer(self) -> list[tuple[float, bytes]]:
        """Ask, and return what comes of it, each message with its time."""
        said = [(self.now, each) for asked in ASKED for each in self.session.receive(asked, self.now)]
        while not any(isinstance(event, dict) and event["type"] == DONE for _, event in said):
            self.now = self.session.wake_at or self.now
            said += [(self.now, event) for event in self.session.tick(self.now)]
        return [(at, msgspec.json.encode(event)) for at, event in said if isinstance(event, dict)]


def relay_with(rules: GuardrailRules | None) -> Relay:
    """Make a relay with the filters that every frame passes, and guardrails in between."""
    telemetry = Telemetry()
    teller = Teller("bench")
    guards: list[Filter] = [] if rules is None else [Guardrails(rules, judge, teller)]
    chain = Chain([Gate(GateRules(rate_limits=True), telemetry), *guards, ModelName(None, None)])
    return Relay(chain, Translation(Spoken()), telemetry, teller)


def carry_out(relay: Relay, actions: list[Action], now: float) -> list[bytes]:
    """Write what goes out, and give each verdict at once; returns what the client hears."""
    heard: list[bytes] = []
    for action in actions:
        match action:
            case ToClient(frame):
                heard.append(frame.text)
            case ToUpstream(frame):
                _ = frame.text
            case Start(effect):
                heard += carry_out(relay, relay.done(effect.id, Verdict(allowed=True), now), now)
    return heard


def microseconds(rules: GuardrailRules | None, answers: list[list[tuple[float, bytes]]]) -> float:
    """Return the time for one response, from the bytes of the question to those of the answer's end."""
    relay = relay_with(rules)
    began = time.perf_counter()
    for messages in answers:
        for asked in ASKED:
            carry_out(relay, relay.from_client(asked, 0.0), 0.0)
        heard = [each for _, data in messages for each in carry_out(relay, relay.from_upstream(data, 0.0), 0.0)]
        if len(heard) != len(messages):
            raise SystemExit("an answer was not passed on whole")
    return (time.perf_counter() - began) / len(answers) * 1e6


def costs() -> None:
    """Print what a response costs the core."""
    stream = Stream(SimulatorConfig().pace)
    answers = [stream.answer() for _ in range(RESPONSES)]
    best = dict.fromkeys(KINDS, 1e12)
    for _ in range(ROUNDS):
        for kind, rules in KINDS.items():
            best[kind] = min(best[kind], microseconds(rules, answers))
    print(f"| guardrails | a response of {len(answers[0])} events | ratio |\n|---|---|---|")
    for kind, spent in best.items():
        print(f"| {kind} | {spent:.0f} µs | {spent / best['none']:.2f} |")


def held(pace: float, judging: float) -> tuple[float, float]:
    """Return how long an answer lasts when it is played, and how long it is held, in seconds."""
    relay, messages = relay_with(GuardrailRules(**ALL, hold_output=True)), Stream(pace).answer()
    lasts = sum(len(msgspec.json.decode(data)["delta"]) for _, data in messages if AUDIO_DELTA.encode() in data)
    first = next(at for at, data in messages if b"response.content_part.added" in data)
    for at, data in messages:
        starts = [each for each in relay.from_upstream(data, at) if isinstance(each, Start)]
        if starts:
            return lasts / BYTES_PER_SECOND, at + judging - first
    raise SystemExit("nothing was judged")


def delays() -> None:
    """Print how long an answer is held."""
    print("| the service speaks | the judge takes | the answer lasts | it is held | of its length |")
    print("|---|---|---|---|---|")
    for pace, judging in itertools.product(PACES, JUDGING):
        lasts, waits = held(pace, judging)
        cells = (f"{pace:g} times real time", f"{judging:.1f} s", f"{lasts:.1f} s", f"{waits:.2f} s")
        print(f"| {' | '.join(cells)} | {waits / lasts:.0%} |")


def main() -> None:
    """Measure both."""
    costs()
    print()
    delays()


if __name__ == "__main__":
    main()
