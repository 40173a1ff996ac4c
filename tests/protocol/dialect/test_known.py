"""Tests of app.protocol.dialect.known: keys beyond the catalogue are found at any depth."""

from typing import Any

import pytest

from app.protocol.catalogue import GA
from app.protocol.dialect.known import known_part

VAD = {"type": "server_vad", "threshold": 0.5}


def update(**hearing: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", "audio": {"input": hearing}}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (update(turn_detection=VAD), []),
        (update(turn_detection={**VAD, "eagerness": "low"}), ["session.audio.input.turn_detection.eagerness"]),
        (update(turn_detection=None, smell=1), ["session.audio.input.smell"]),
        # Of an unknown kind, all keys may be right: the service says what it thinks of the kind.
        (update(turn_detection={"type": "azure_semantic_vad", "x": 1}), []),
        ({"type": "session.update", "sesion": {}}, ["sesion"]),
        ({"type": "response.create", "response": {"metadata": {"any": "key"}}}, []),
        (
            {"type": "response.create", "response": {"input": [5, {"type": "item_reference", "x": 1}]}},
            ["response.input[1].x"],
        ),
    ],
)
def test_unknown_keys_are_told_and_left_out(event: dict[str, Any], expected: list[str]) -> None:
    """Each is told by its path, and what is left holds none of them; the event itself stays."""
    before = repr(event)
    fields = GA.client[event["type"]]["fields"]
    known, unknown = known_part(GA, fields, event)
    assert expected == unknown
    assert known_part(GA, fields, known) == (known, [])
    assert (known == event) is (expected == [])
    assert before == repr(event)
