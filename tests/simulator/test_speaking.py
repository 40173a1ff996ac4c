"""Tests of one response's events."""

import base64
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from app.simulator import Faults
from app.simulator.answering import Call, Say
from app.simulator.conversation import Conversation
from app.simulator.outbox import Outbox
from app.simulator.session_object import Opening, begun, terms_of, updated
from app.simulator.speaking import Manner, Order, Speaking
from app.simulator.usage import Tally
from tests.simulator.playing import GA, PREVIEW, Event

WORDS = {
    "ga": ("response.output_text", "response.output_audio", "response.output_audio_transcript"),
    "preview": ("response.text", "response.audio", "response.audio_transcript"),
}
USUAL = Manner(0.01, 10.0)
ANSWER = Say("This is an answer of seven words.")


class Stage:
    """A response outside of any session."""

    def __init__(
        self, *outputs: Say | Call, opening: Opening = GA, manner: Manner = USUAL, **session: Any
    ) -> None:
        counter = itertools.count()
        self.outbox = Outbox(lambda prefix: f"{prefix}_{next(counter)}")
        self.conversation = Conversation(opening.generation, self.outbox)
        self.terms = replace(terms_of(updated(begun(opening, "s", 9), {})), **session)
        order = Order(list(outputs), self.terms, Tally(), {"metadata": {"a": "b"}}, in_conversation=True)
        self.speaking = Speaking(order, self.conversation, self.outbox, manner, 5.0)
        self.events: list[Event] = []

    def steps(self, count: int) -> list[Event]:
        """Take so many steps; returns the events of the last one."""
        last: list[Any] = []
        for _ in range(count):
            self.speaking.step(self.speaking.due)
            last = [event for event in self.outbox.take() if isinstance(event, dict)]
            self.events += last
        return last

    def finish(self) -> list[Event]:
        """Take all steps; returns all events."""
        while not self.speaking.over:
            self.steps(1)
        return self.events

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["type"] == kind]


def steps_until(stage: Stage, kind: str) -> None:
    while kind not in stage.types():
        stage.steps(1)


@pytest.mark.parametrize("opening", [GA, PREVIEW])
def test_text_ties_up(opening: Opening) -> None:
    """The deltas of a text, its `done`, the part, the item and the response all tell the same."""
    stage = Stage(ANSWER, opening=opening, speaks=False)
    stage.finish()
    text = WORDS[opening.generation][0]
    assert "".join(event["delta"] for event in stage.of(f"{text}.delta")) == ANSWER.text
    assert stage.of(f"{text}.done")[0]["text"] == ANSWER.text
    assert stage.of("response.content_part.done")[0]["part"] == {"type": "text", "text": ANSWER.text}
    item = stage.of("response.output_item.done")[0]["item"]
    kind = "output_text" if opening is GA else "text"
    assert (item["status"], item["content"]) == ("completed", [{"type": kind, "text": ANSWER.text}])
    response = stage.of("response.done")[0]["response"]
    assert (response["status"], response["output"], response["metadata"]) == ("completed", [item], {"a": "b"})
    assert {event["item_id"] for event in stage.events if "item_id" in event} == {item["id"]}
    assert {event["response_id"] for event in stage.events if "response_id" in event} == {response["id"]}


@pytest.mark.parametrize("opening", [GA, PREVIEW])
@pytest.mark.parametrize("format_name", ["pcm16", "g711_ulaw", "g711_alaw"])
def test_audio_ties_up(opening: Opening, format_name: str) -> None:
    """Audio comes word by word with its transcript, in the session's format, and is kept with the item."""
    stage = Stage(ANSWER, opening=opening, output_format=format_name)
    stage.finish()
    _, audio, transcript = WORDS[opening.generation]
    assert "".join(event["delta"] for event in stage.of(f"{transcript}.delta")) == ANSWER.text
    assert stage.of(f"{transcript}.done")[0]["transcript"] == ANSWER.text
    assert stage.of("response.content_part.done")[0]["part"] == {"type": "audio", "transcript": ANSWER.text}
    [entry] = stage.conversation.entries
    data = b"".join(base64.b64decode(event["delta"]) for event in stage.of(f"{audio}.delta"))
    assert (entry.audio, entry.audio_format) == (data, format_name)
    kind = "output_audio" if opening is GA else "audio"
    assert entry.item["content"] == [{"type": kind, "transcript": ANSWER.text}]


@pytest.mark.parametrize("opening", [GA, PREVIEW])
def test_a_call_ties_up(opening: Opening) -> None:
    """The deltas of a call make its arguments; only GA repeats its name."""
    call = Call("get_weather", json.dumps({"city": "Berlin", "days": "one\ntwo"}))
    stage = Stage(call, opening=opening)
    stage.finish()
    kind = "response.function_call_arguments"
    [done] = stage.of(f"{kind}.done")
    assert "".join(event["delta"] for event in stage.of(f"{kind}.delta")) == done["arguments"] == call.arguments
    assert ("name" in done) == (opening is GA)
    item = stage.of("response.done")[0]["response"]["output"][0]
    assert (item["type"], item["name"], item["arguments"]) == ("function_call", call.name, call.arguments)
    assert item["call_id"] == done["call_id"]


def test_several_outputs_come_one_after_the_other() -> None:
    """Each output has its index, and the next begins when the last is done."""
    stage = Stage(Call("a", "{}"), Call("b", "{}"), ANSWER, speaks=False)
    stage.finish()
    items = [event for event in stage.events if event["type"].startswith("response.output_item")]
    assert [event["output_index"] for event in items] == [0, 0, 1, 1, 2, 2]
    assert len(stage.of("response.done")[0]["response"]["output"]) == 3


def test_deltas_of_ga_are_padded() -> None:
    """GA pads its deltas so that their size tells less; preview has no such key."""
    for opening in (GA, PREVIEW):
        stage = Stage(ANSWER, opening=opening)
        stage.finish()
        deltas = [event for event in stage.events if event["type"].endswith(".delta")]
        assert all(("obfuscation" in event) == (opening is GA) for event in deltas)
        assert all(
            (len(event["delta"]) + len(event.get("obfuscation", ""))) % 16 == 0
            for event in deltas
            if opening is GA
        )


@pytest.mark.parametrize("output", [ANSWER, Call("get_weather", '{"city": "Frankfurt an der Oder"}')])
@pytest.mark.parametrize("speaks", [True, False])
def test_a_cut_response_closes_what_is_open(output: Say | Call, speaks: bool) -> None:  # noqa: FBT001 - a column
    """Wherever a response is cancelled, every event that opens something is followed by the one that closes it."""
    whole = Stage(output, speaks=speaks)
    whole.finish()
    for cut in range(1, len(whole.events)):
        stage = Stage(output, speaks=speaks)
        stage.steps(cut)
        if stage.speaking.over:
            break
        stage.speaking.cancel("turn_detected")
        stage.events += [event for event in stage.outbox.take() if isinstance(event, dict)]
        assert stage.speaking.over
        opened = [each.replace("added", "done") for each in stage.types() if each.endswith(".added")]
        assert sorted(opened) == sorted(each for each in stage.types() if each in opened)
        response = stage.events[-1]["response"]
        assert response["status"] == "cancelled"
        assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
        assert all(item["status"] == "incomplete" for item in response["output"])


def test_nothing_more_is_begun_after_a_cut() -> None:
    """A response that is cut does not go on to its next output."""
    stage = Stage(Call("a", "{}"), Call("b", "{}"))
    steps_until(stage, "response.output_item.added")
    stage.speaking.cancel("client_cancelled")
    assert len([event for event in stage.outbox.take() if event["type"] == "response.output_item.added"]) == 0  # type: ignore[index]  # no close here


@pytest.mark.parametrize("output", [ANSWER, Call("get_weather", '{"city": "Frankfurt an der Oder"}')])
def test_the_limit_of_tokens_cuts(output: Say | Call) -> None:
    """A response stops before it passes its limit, and tells why."""
    stage = Stage(output, speaks=False, max_tokens=5)
    stage.finish()
    response = stage.events[-1]["response"]
    assert response["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert (response["status"], response["output"][0]["status"]) == ("incomplete", "incomplete")
    assert 0 < response["usage"]["output_tokens"] <= 5


def test_usage_is_what_was_said() -> None:
    """Text and audio that were said are counted; before the end there is no usage."""
    stage = Stage(ANSWER)
    stage.finish()
    assert stage.events[0]["response"]["usage"] is None
    details = stage.events[-1]["response"]["usage"]["output_token_details"]
    assert details["text_tokens"] >= len(ANSWER.text) // 4
    assert details["audio_tokens"] >= stage.speaking.audio_ms // 50


def test_audio_is_paced() -> None:
    """A word of audio is followed by its own length divided by the pace; text by its interval."""
    stage = Stage(ANSWER, manner=Manner(0.5, 4.0))
    stage.steps(1)
    assert stage.speaking.due == 5.5
    steps_until(stage, "response.output_audio.delta")
    assert stage.speaking.due == 5.5 + stage.speaking.audio_ms / 1000 / 4.0
    stage = Stage(ANSWER, manner=Manner(0.5, 4.0), speaks=False)
    stage.steps(3)
    assert stage.speaking.due == 6.5


@pytest.mark.parametrize("speaks", [True, False])
def test_a_large_first_delta(speaks: bool) -> None:  # noqa: FBT001 - a column
    """The fault makes the first delta as large as it says, and all else still ties up."""
    stage = Stage(ANSWER, manner=Manner(0.0, 10.0, Faults(large=3_500_000)), speaks=speaks)
    stage.finish()
    audio, text = stage.of("response.output_audio.delta"), stage.of("response.output_text.delta")
    assert len((audio or text)[0]["delta"]) >= 3_500_000
    if not speaks:
        assert stage.of("response.output_text.done")[0]["text"] == "".join(event["delta"] for event in text)


@pytest.mark.parametrize("speaks", [True, False])
def test_a_burst(speaks: bool) -> None:  # noqa: FBT001 - a column
    """The fault makes as many deltas as it says, all due at once."""
    stage = Stage(ANSWER, manner=Manner(1.0, 1.0, Faults(burst=100)), speaks=speaks)
    stage.finish()
    kind = "response.output_audio.delta" if speaks else "response.output_text.delta"
    assert len(stage.of(kind)) >= 100
    assert stage.speaking.due == 5.0
