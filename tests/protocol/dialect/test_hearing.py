"""Tests of app.protocol.dialect.hearing: sub-objects are sent whole, with what each generation knows."""

from dataclasses import replace
from typing import Any

import pytest

from app.errors import Refused
from app.protocol.dialect.hearing import NOISE_REDUCTION, TRANSCRIPTION, TURN_DETECTION
from app.protocol.dialect.passage import Fallbacks, Passage
from app.protocol.dialect.shape import Conversion

ASKED = Passage(asked=True, path="session.x")
TOLD = Passage(asked=False, path="session.x")
KEPT = Passage(asked=True, path="session.x", keep=True)

SERVER = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200}
IN_FORCE = {**SERVER, "idle_timeout_ms": None}
SEMANTIC = {"type": "semantic_vad", "eagerness": "low"}
AZURE = {"type": "azure_semantic_vad", "remove_filler_words": True}

TO_GA = [
    (TURN_DETECTION, ASKED, None, None, None),
    (TURN_DETECTION, ASKED, None, {"type": "none"}, None),
    (TURN_DETECTION, ASKED, None, {"threshold": 0.9}, {"type": "server_vad", "threshold": 0.9}),
    (
        TURN_DETECTION,
        ASKED,
        IN_FORCE,
        {"threshold": 0.9},
        {"type": "server_vad", "threshold": 0.9, "silence_duration_ms": 200},
    ),
    (TURN_DETECTION, ASKED, IN_FORCE, SEMANTIC, SEMANTIC),
    (TURN_DETECTION, ASKED, {"type": None}, {"threshold": 0.9}, {"type": "server_vad", "threshold": 0.9}),
    (TURN_DETECTION, ASKED, SEMANTIC, {"create_response": False}, {**SEMANTIC, "create_response": False}),
    (TURN_DETECTION, ASKED, None, {**SEMANTIC, "threshold": 0.9}, SEMANTIC),
    (TURN_DETECTION, TOLD, IN_FORCE, {"threshold": 0.9}, {"type": "server_vad", "threshold": 0.9}),
    (TURN_DETECTION, TOLD, None, AZURE, AZURE),
    (TURN_DETECTION, TOLD, None, "odd", "odd"),
    (
        TURN_DETECTION,
        KEPT,
        IN_FORCE,
        {"threshold": 0.9, "eagerness": "low"},
        {"threshold": 0.9, "eagerness": "low"},
    ),
    (TRANSCRIPTION, ASKED, None, None, None),
    (TRANSCRIPTION, ASKED, None, {}, {"model": "whisper-1"}),
    (TRANSCRIPTION, ASKED, {"model": "a", "language": None}, {}, {"model": "a"}),
    (TRANSCRIPTION, ASKED, {"model": "a", "delay": "low"}, {"language": "en"}, {"model": "a", "language": "en"}),
    (TRANSCRIPTION, TOLD, None, {}, {}),
    (TRANSCRIPTION, TOLD, None, "odd", "odd"),
    (NOISE_REDUCTION, ASKED, None, None, None),
    (NOISE_REDUCTION, ASKED, {"type": "near_field", "strength": 1}, {}, {"type": "near_field"}),
    (NOISE_REDUCTION, TOLD, None, "odd", "odd"),
]

TO_PREVIEW = [
    (TURN_DETECTION, ASKED, None, None, None),
    (TURN_DETECTION, ASKED, IN_FORCE, {"type": "server_vad", "threshold": 0.9}, {**SERVER, "threshold": 0.9}),
    (TURN_DETECTION, TOLD, None, {**IN_FORCE, "idle_timeout_ms": 5000}, SERVER),
    (TURN_DETECTION, ASKED, None, AZURE, AZURE),
    # Without a type it changes the detection in force, whatever that is.
    (TURN_DETECTION, ASKED, AZURE, {"threshold": 0.9}, {"threshold": 0.9}),
    (TURN_DETECTION, ASKED, None, {"threshold": 0.9}, {"threshold": 0.9}),
    (TURN_DETECTION, KEPT, None, {"type": "server_vad", "x": 1}, {"type": "server_vad", "x": 1}),
    (TRANSCRIPTION, ASKED, None, None, None),
    (TRANSCRIPTION, ASKED, {"model": "a"}, {"language": "en"}, {"model": "a", "language": "en"}),
    (TRANSCRIPTION, ASKED, None, {"language": "en"}, {"language": "en"}),
    (TRANSCRIPTION, TOLD, None, {"model": "a", "delay": "low"}, {"model": "a"}),
    (TRANSCRIPTION, KEPT, None, {"model": "a", "phrase_list": []}, {"model": "a", "phrase_list": []}),
    (NOISE_REDUCTION, ASKED, None, None, None),
    (NOISE_REDUCTION, TOLD, None, {"type": "near_field", "strength": 1}, {"type": "near_field"}),
    (NOISE_REDUCTION, KEPT, None, {"type": "azure_deep"}, {"type": "azure_deep"}),
]


@pytest.mark.parametrize(("conversion", "passage", "in_force", "value", "expected"), TO_GA)
def test_preview_to_ga(conversion: Conversion, passage: Passage, in_force: Any, value: Any, expected: Any) -> None:
    """A client's object is laid over the one in force, of the same type; a server's is told as it is."""
    assert expected == conversion.to_ga(value, replace(passage, in_force=in_force))


@pytest.mark.parametrize(("conversion", "passage", "in_force", "value", "expected"), TO_PREVIEW)
def test_ga_to_preview(conversion: Conversion, passage: Passage, in_force: Any, value: Any, expected: Any) -> None:
    """What only GA has is left out."""
    told = conversion.to_preview(value, replace(passage, in_force=in_force))
    assert expected == told


@pytest.mark.parametrize(
    ("conversion", "value", "param"),
    [
        (TURN_DETECTION, AZURE, "session.x.type"),
        (TURN_DETECTION, {"type": 5}, "session.x.type"),
        (TURN_DETECTION, "odd", "session.x"),
        (TRANSCRIPTION, "odd", "session.x"),
        (NOISE_REDUCTION, "odd", "session.x"),
    ],
)
def test_what_ga_does_not_have_is_refused(conversion: Conversion, value: Any, param: str) -> None:
    """A client that asks for a detection that GA lacks is told so."""
    with pytest.raises(Refused) as refused:
        conversion.to_ga(value, ASKED)
    assert (refused.value.code, refused.value.param) == ("invalid_value", param)


@pytest.mark.parametrize(
    ("conversion", "value", "lost"),
    [
        (TURN_DETECTION, {"type": "server_vad", "idle_timeout_ms": 5000}, ["idle_timeout_ms"]),
        (TURN_DETECTION, {"type": "server_vad", "idle_timeout_ms": None}, []),
        (TRANSCRIPTION, {"model": "a", "delay": "low", "keywords": ["x"]}, ["keywords", "delay"]),
        (NOISE_REDUCTION, {"type": "near_field", "strength": 1}, ["strength"]),
    ],
)
def test_what_a_client_loses_is_told(conversion: Conversion, value: Any, lost: list[str]) -> None:
    """The operator learns which keys of a client's did not reach a preview upstream."""
    said: list[str] = []
    conversion.to_preview(value, replace(ASKED, warn=said.append))
    assert [f"session.x.{key}" for key in lost] == [words.split("'")[1] for words in said]


def test_a_model_that_preview_lacks_is_replaced_or_refused() -> None:
    """Where models are no deployments, only preview's three are sent; others need a fallback."""
    names = Fallbacks(deployments=False)
    passage = replace(ASKED, fallbacks=names)
    assert TRANSCRIPTION.to_preview({"model": "whisper-1"}, passage) == {"model": "whisper-1"}
    with pytest.raises(Refused) as refused:
        TRANSCRIPTION.to_preview({"model": "gpt-transcribe"}, passage)
    assert refused.value.param == "session.x.model"
    said: list[str] = []
    given = replace(passage, fallbacks=replace(names, transcription_model="whisper-1"), warn=said.append)
    assert TRANSCRIPTION.to_preview({"model": "gpt-transcribe"}, given) == {"model": "whisper-1"}
    assert len(said) == 1


def test_the_configured_model_completes_an_empty_object() -> None:
    """What GA makes of an empty transcription object is not known, so it gets the operator's model."""
    passage = replace(ASKED, fallbacks=Fallbacks(transcription_model="my-whisper"))
    assert TRANSCRIPTION.to_ga({}, passage) == {"model": "my-whisper"}
