"""Any order of legal and illegal client events: the session never raises, keeps its order, ends what it begins.

Every event is also held to the SDK's models and to the catalogue, by `Play`.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from app.protocol.catalogue import GENERATIONS
from tests.simulator.playing import (
    GA,
    GA_TRANSCRIPTION,
    PREVIEW,
    PREVIEW_TRANSCRIPTION,
    Event,
    Play,
    audio,
    silence,
    speech,
)

SOUNDS = {
    name: {"speech": speech(name), "silence": silence(500, name)} for name in ("pcm16", "g711_ulaw", "g711_alaw")
}
KINDS = sorted({kind for generation in GENERATIONS.values() for kind in generation.client})
TOOLS: list[Any] = [
    {"type": "function", "name": "clock", "parameters": {"required": ["zone"]}},
    {"type": "function", "name": "get_weather"},
]
GA_UPDATES: list[Any] = [
    {"output_modalities": ["text"]},
    {"output_modalities": ["audio"]},
    {"max_output_tokens": 3},
    {"tools": TOOLS, "tool_choice": "auto"},
    {"tools": TOOLS, "tool_choice": "required", "parallel_tool_calls": False},
    {"audio": {"output": {"voice": "cedar"}}},
    {"audio": {"input": {"turn_detection": None}}},
    {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}}},
    {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 5000}}}},
    {"audio": {"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}}},
    {"audio": {"input": {"transcription": {"model": "whisper-1"}, "format": {"type": "audio/pcmu"}}}},
    {"audio": {"output": {"format": {"type": "audio/pcma"}}}},
]
PREVIEW_UPDATES: list[Any] = [
    {"modalities": ["text"]},
    {"modalities": ["text", "audio"], "max_response_output_tokens": "inf"},
    {"max_response_output_tokens": 3},
    {"tools": TOOLS, "tool_choice": "auto"},
    {"tools": TOOLS, "tool_choice": {"type": "function", "name": "clock"}},
    {"voice": "sage"},
    {"turn_detection": None},
    {"turn_detection": {"type": "semantic_vad"}},
    {"turn_detection": {"threshold": 0.1, "idle_timeout_ms": 5000}},
    {"turn_detection": {"type": "server_vad", "interrupt_response": False}},
    {"input_audio_format": "g711_alaw", "input_audio_transcription": {"model": "whisper-1"}},
    {"output_audio_format": "g711_ulaw"},
]
RESPONSES: list[Any] = [
    {},
    {"conversation": "none"},
    {"conversation": "none", "input": []},
    {"instructions": "Be brief.", "metadata": {"a": "b"}},
    {"tools": TOOLS, "tool_choice": "required"},
    {"max_output_tokens": 1},
    {"input": [{"type": "item_reference", "id": "item_1"}]},
]
ITEMS: list[Any] = [
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "get_weather or clock"}]},
    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
    {"type": "message", "role": "user", "content": [{"type": "input_audio", "audio": audio(silence(200))}]},
    {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
    {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "I was."}]},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "I was."}]},
    {"type": "message", "role": "user", "content": []},
    {"type": "function_call", "name": "clock", "call_id": "call_1", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "late"},
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class AnyOrder(RuleBasedStateMachine):
    """A client that does anything at all."""

    @initialize(opening=st.sampled_from([GA, PREVIEW, GA_TRANSCRIPTION, PREVIEW_TRANSCRIPTION]))
    def open(self, opening: Any) -> None:
        self.play = Play(opening, text_interval=0.1, pace=2.0)
        self.ids: list[str] = ["root", "item_of_nobody"]

    def send(self, kind: str, **fields: Any) -> None:
        before = len(self.play.said)
        self.play.send(kind, **fields)
        self.note(self.play.said[before:])

    def note(self, events: list[Event]) -> None:
        self.ids += [event["item"]["id"] for event in events if "item" in event]

    @rule(number=st.integers(0, 11))
    def update(self, number: int) -> None:
        updates = GA_UPDATES if self.play.generation.name == "ga" else PREVIEW_UPDATES
        self.play.update(**updates[number])

    @rule(sound=st.sampled_from(["speech", "silence"]), name=st.sampled_from(list(SOUNDS)))
    def append(self, sound: str, name: str) -> None:
        self.send("input_audio_buffer.append", audio=audio(SOUNDS[name][sound]))

    @rule(data=st.binary(max_size=9))
    def append_anything(self, data: bytes) -> None:
        self.send("input_audio_buffer.append", audio=audio(data))

    @rule(kind=st.sampled_from(["input_audio_buffer.commit", "input_audio_buffer.clear", "response.cancel"]))
    def do(self, kind: str) -> None:
        self.send(kind)

    @rule(item=st.sampled_from(ITEMS), previous=st.none() | st.integers(0, 99))
    def create_item(self, item: Any, previous: int | None) -> None:
        after = {} if previous is None else {"previous_item_id": self.ids[previous % len(self.ids)]}
        self.send("conversation.item.create", item=item, **after)

    @rule(verb=st.sampled_from(["retrieve", "delete"]), number=st.integers(0, 99))
    def use_item(self, verb: str, number: int) -> None:
        self.send(f"conversation.item.{verb}", item_id=self.ids[number % len(self.ids)])

    @rule(number=st.integers(0, 99), index=st.integers(0, 1), end=st.integers(0, 2000))
    def truncate(self, number: int, index: int, end: int) -> None:
        item_id = self.ids[number % len(self.ids)]
        self.send("conversation.item.truncate", item_id=item_id, content_index=index, audio_end_ms=end)

    @rule(response=st.sampled_from(RESPONSES))
    def respond(self, response: Any) -> None:
        self.send("response.create", response=response)

    @rule(seconds=st.sampled_from([0.05, 0.3, 1.0, 8.0]))
    def wait(self, seconds: float) -> None:
        self.note(self.play.let_pass(seconds))

    @rule(kind=st.sampled_from(KINDS), fields=st.dictionaries(st.text(max_size=8), JSON, max_size=3), value=JSON)
    def say_anything(self, kind: str, fields: dict[str, Any], value: Any) -> None:
        described = self.play.generation.client.get(kind, {"fields": []})
        named = {field["name"]: value for field in described["fields"]}
        self.send(**{**fields, **named, "kind": kind})

    @rule(data=st.binary(max_size=40))
    def send_anything(self, data: bytes) -> None:
        self.play.send_raw(data)

    def teardown(self) -> None:
        if hasattr(self, "play"):
            self.play.update(
                **({"audio": {"input": {"turn_detection": None}}} if self.ga else {"turn_detection": None})
            )
            self.play.let_pass(3000)
            check_order(self.play.said)

    @property
    def ga(self) -> bool:
        return self.play.generation.name == "ga"


def check_order(events: list[Event]) -> None:
    """Hold everything that was said to the order of the protocol."""
    assert len({event["event_id"] for event in events}) == len(events)
    open_responses: dict[str, set[str]] = {}
    for event in events:
        kind, response_id = event["type"], event.get("response_id")
        if kind == "response.created":
            open_responses[event["response"]["id"]] = set()
        elif kind == "response.done":
            assert open_responses.pop(event["response"]["id"]) == set()
            assert event["response"]["status"] != "in_progress"
            check_usage(event["response"]["usage"])
        elif response_id is not None:
            check_within(open_responses[response_id], event)
    assert open_responses == {}


def check_within(open_items: set[str], event: Event) -> None:
    """Hold an event of a response to its item: between the item's `added` and its `done`."""
    if event["type"] == "response.output_item.added":
        open_items.add(event["item"]["id"])
    elif event["type"] == "response.output_item.done":
        open_items.remove(event["item"]["id"])
    else:
        assert event["item_id"] in open_items


def check_usage(usage: Event) -> None:
    """Hold the numbers of a response to their sums."""
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    for side in ("input", "output"):
        details = usage[f"{side}_token_details"]
        parts = [details[key] for key in ("text_tokens", "audio_tokens", "image_tokens") if key in details]
        assert usage[f"{side}_tokens"] == sum(parts)


AnyOrder.TestCase.settings = settings(stateful_step_count=40, deadline=None)
test_any_order_of_events = AnyOrder.TestCase
