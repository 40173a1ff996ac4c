"""What the generator says."""

import json

import pytest

from app.protocol.catalogue import GA, PREVIEW, GenerationName
from app.protocol.frame import Append, from_client
from bench.traffic import BURST, append, spoken, traffic
from bench.wire import Walker


def texts(stream: bytes) -> list[dict[str, object]]:
    """Read the messages in a stream."""
    walker = Walker(keeps_all=True)
    walker.feed(stream)
    return [json.loads(text) for _, text in walker.kept]


def test_audio_goes_up_in_the_canonical_spelling() -> None:
    """20 ms of it: 960 bytes, 1280 characters."""
    frame = from_client(append())
    assert isinstance(frame, Append)
    assert len(frame.event["audio"]) == 1280


@pytest.mark.parametrize("generation", ["ga", "preview"])
def test_the_service_speaks_its_generation(generation: GenerationName) -> None:
    """Every event is one that the catalogue knows."""
    said = traffic(generation)
    known = (GA if generation == "ga" else PREVIEW).server
    burst = texts(said.burst)
    assert len(burst) == BURST
    assert {event["type"] for event in burst + texts(said.created + said.updated)} <= set(known)


def test_a_burst_is_half_audio() -> None:
    """The other half is its transcript."""
    audio = json.loads(spoken("ga"))
    assert [audio] * (BURST // 2) == [event for event in texts(traffic("ga").burst) if event == audio]


def test_the_client_begins_with_an_update() -> None:
    """It is GA's, so that the relay knows what the client speaks."""
    (update,) = texts(traffic("preview").update)
    assert from_client(json.dumps(update).encode()).type == "session.update"
