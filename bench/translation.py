"""What translating an audio delta costs beside passing it on: the core alone, one frame at a time, no sockets.

Prints a Markdown table. The pairs are interleaved over rounds and the best round of each counts, so that a noisy
machine blurs the ratio little; the absolute figures are this machine's.
"""
# ruff: noqa: T201 - a command prints

import time

from app.policy.chain import Chain
from app.policy.gate import Gate, GateRules
from app.policy.model_name import ModelName
from app.policy.teller import Teller
from app.protocol.catalogue import GenerationName
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.telemetry import Telemetry

AUDIO = "A" * 6400
"""100 ms of PCM16 at 24 kHz, in base64."""

DELTA = '{"type":"%s","event_id":"event_1","response_id":"resp_1","item_id":"item_1","delta":"%s"}'
DOWN: dict[GenerationName, bytes] = {
    "ga": (DELTA % ("response.output_audio.delta", AUDIO)).encode(),
    "preview": (DELTA % ("response.audio.delta", AUDIO)).encode(),
}
UP = f'{{"type":"input_audio_buffer.append","audio":"{AUDIO}"}}'.encode()

PAIRS: list[tuple[GenerationName, GenerationName]] = [
    ("ga", "ga"),
    ("preview", "ga"),
    ("ga", "preview"),
    ("preview", "preview"),
]
ROUNDS, FRAMES = 15, 2000


def relay_between(client: GenerationName, upstream: GenerationName) -> Relay:
    """Make a relay with the filters that every frame passes."""
    telemetry = Telemetry()
    chain = Chain([Gate(GateRules(), telemetry), ModelName(None, None)])
    return Relay(chain, Translation(Spoken(client=client, upstream=upstream)), telemetry, Teller("bench"))


def microseconds(relay: Relay, data: bytes, *, up: bool) -> float:
    """Return the time for one frame, from its bytes to those that go out."""
    ask = relay.from_client if up else relay.from_upstream
    began = time.perf_counter()
    for _ in range(FRAMES):
        for action in ask(data, 0.0):
            _ = action.frame.text  # type: ignore[union-attr]
    return (time.perf_counter() - began) / FRAMES * 1e6


def main() -> None:
    """Measure all pairs, both ways."""
    relays = {pair: relay_between(*pair) for pair in PAIRS}
    down: dict[tuple[str, str], float] = {}
    up: dict[tuple[str, str], float] = {}
    for _ in range(ROUNDS):
        for pair, relay in relays.items():
            down[pair] = min(down.get(pair, 1e9), microseconds(relay, DOWN[pair[1]], up=False))
            up[pair] = min(up.get(pair, 1e9), microseconds(relay, UP, up=True))
    print("| client | upstream | audio down | ratio | audio up | ratio |\n|---|---|---|---|---|---|")
    for pair in PAIRS:
        cells = [f"{times[pair]:.1f} µs | {times[pair] / times['ga', 'ga']:.2f}" for times in (down, up)]
        print(f"| {pair[0]} | {pair[1]} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
