"""Tests of app.policy.guardrails.spoken_answer: what the relay says is well formed in both generations."""

import base64
from typing import Any

import pytest
from openai.types import realtime as ga
from openai.types.beta import realtime as beta
from pydantic import TypeAdapter

from app.policy.guardrails.spoken_answer import Context, Manner, Place, Wording, answer, manner_of
from app.policy.teller import Teller
from app.protocol.catalogue import GA, PREVIEW, Generation
from app.protocol.dialect import PreviewClient

PCM = bytes(range(256)) * 75
"""19,200 bytes: four pieces."""
PLACE = Place("resp_relay_1", "item_relay_1")
SESSION = {"audio": {"output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "marin"}}}
TEXT = {"output_modalities": ["text"]}
LAYERS: list[list[Any]] = [[None], [SESSION], [SESSION, TEXT]]


def said(manner: Manner, context: Context | None = None) -> list[dict[str, Any]]:
    """Return an answer's events."""
    frames = answer(PLACE, Wording("No.", PCM), manner, context or Context(), Teller("s1"))
    return [frame.event for frame in frames]


def missing(generation: Generation, event: dict[str, Any]) -> list[str]:
    """Return the required fields that an event lacks."""
    fields = generation.server[event["type"]]["fields"]
    return [field["name"] for field in fields if field["required"] and field["name"] not in event]


@pytest.mark.parametrize("layers", LAYERS)
def test_an_answer_is_what_the_official_sdk_reads(layers: list[Any]) -> None:
    """Each event has its required fields, and is valid by the SDK's model."""
    reader: TypeAdapter[Any] = TypeAdapter(ga.RealtimeServerEvent)
    for event in said(manner_of(*layers), Context("item_1", "conv_1")):
        assert missing(GA, event) == []
        assert reader.validate_python(event).type == event["type"]


@pytest.mark.parametrize("layers", LAYERS)
def test_an_answer_is_what_a_preview_client_reads(layers: list[Any]) -> None:
    """Translated, each event is valid by the SDK's model; only what preview has no word for is left out."""
    client, reader = PreviewClient(), TypeAdapter[Any](beta.RealtimeServerEvent)
    events = said(manner_of(*layers), Context("item_1", "conv_1"))
    written = [each for event in events for each in client.write(event)]
    assert len(written) == len(events) - 1
    for event in written:
        assert missing(PREVIEW, event) == []
        assert reader.validate_python(event).type == event["type"]


def test_the_recording_is_said_in_pieces() -> None:
    """Of 100 ms each, and nothing of it is lost."""
    pieces = [event["delta"] for event in said(Manner()) if event["type"] == "response.output_audio.delta"]
    assert len(pieces) == 4
    assert b"".join(map(base64.b64decode, pieces)) == PCM


@pytest.mark.parametrize("manner", [Manner(pcm=False), Manner(spoken=False)])
def test_without_pcm_there_is_no_audio(manner: Manner) -> None:
    """The words stand in the answer all the same."""
    events = said(manner)
    assert not [event for event in events if event["type"] == "response.output_audio.delta"]
    assert str(events).count("No.") >= 5


def test_every_event_has_an_id_of_its_own() -> None:
    """None comes twice."""
    ids = [event["event_id"] for event in said(Manner())]
    assert len(ids) == len(set(ids))
