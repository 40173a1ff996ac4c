"""Tests of app.policy.session_fields.screening.

The service waits and writes down, and the client sees what it asked for.
"""

from typing import Any

import pytest

from app.policy.session_fields.screening import SERVER_VAD, TRANSCRIPTION_MODEL, Screening
from app.simulator import session_object

WHISPER = {"model": TRANSCRIPTION_MODEL}
WAITING = {**SERVER_VAD, "create_response": False}


def reported(turn_detection: Any, transcription: Any) -> dict[str, Any]:
    """Return what a service says is in force."""
    return {"audio": {"input": {"turn_detection": turn_detection, "transcription": transcription}}}


def test_the_services_own_beginning_has_to_wait_too() -> None:
    """It is told whole, since nobody knows what a part would leave; and it is what services do begin with."""
    assert Screening().begun({}) == {"turn_detection": WAITING, "transcription": WHISPER}
    assert session_object.SERVER_VAD == SERVER_VAD


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"voice": "a"}, {"voice": "a"}),
        ({"turn_detection": None}, {"turn_detection": None}),
        ({"turn_detection": {"type": "semantic_vad"}},
         {"turn_detection": {"type": "semantic_vad", "create_response": False}}),
        ({"turn_detection": {"create_response": True}}, {"turn_detection": {"create_response": False}}),
        ({"turn_detection": 5}, {}),
        ({"transcription": None}, {"transcription": WHISPER}),
        ({"transcription": {"model": "a", "language": "de"}}, {"transcription": {"model": "a", "language": "de"}}),
        ({"transcription": {"language": "de"}}, {"transcription": {"language": "de", **WHISPER}}),
        ({"transcription": {"model": None}}, {"transcription": WHISPER}),
        ({"transcription": "whisper-1"}, {}),
    ],
)  # fmt: skip
def test_an_update_keeps_it_so(values: dict[str, Any], expected: dict[str, Any]) -> None:
    """What it does not name stays, and what cannot be read is left out."""
    assert Screening().asked(values) == expected


def test_a_model_once_chosen_stays() -> None:
    """An update of something else in the transcription does not go back to the usual one."""
    screening = Screening()
    screening.asked({"transcription": {"model": "a"}})
    assert screening.asked({"transcription": {"language": "de"}}) == {
        "transcription": {"language": "de", "model": "a"}
    }
    assert screening.asked({"transcription": None}) == {"transcription": {"model": "a"}}


@pytest.mark.parametrize(
    ("wished", "answers"),
    [
        ({}, True),
        ({"turn_detection": {"type": "server_vad"}}, True),
        ({"turn_detection": {"type": "server_vad", "create_response": True}}, True),
        ({"turn_detection": {"type": "server_vad", "create_response": False}}, False),
        ({"turn_detection": None}, False),
    ],
)
def test_whether_a_turn_is_to_be_answered(wished: dict[str, Any], *, answers: bool) -> None:
    """As the client asked, or as the service would have done by itself."""
    screening = Screening()
    screening.begun(wished)
    assert screening.auto_answer is answers


def test_the_client_sees_what_it_asked_for() -> None:
    """Answers of the service's own, and no transcription, unless it asked for others."""
    screening = Screening()
    screening.begun({})
    assert screening.reported(reported(WAITING, WHISPER)) == reported({**WAITING, "create_response": True}, None)
    screening.asked({"turn_detection": {**SERVER_VAD, "create_response": False}, "transcription": {"model": "a"}})
    assert screening.reported(reported(WAITING, {"model": "a"})) == reported(WAITING, {"model": "a"})


@pytest.mark.parametrize(
    "session", [{}, {"audio": 5}, reported(None, None), reported(SERVER_VAD, None), reported(5, None)]
)
def test_nothing_is_made_up(session: dict[str, Any]) -> None:
    """What is absent stays so."""
    assert Screening().reported(session) is session


def test_the_service_has_the_last_word_on_whether_it_detects_turns() -> None:
    """An update may have been refused."""
    screening = Screening()
    screening.asked({"turn_detection": None})
    screening.reported(reported(WAITING, None))
    assert screening.auto_answer
    screening.reported(reported(None, None))
    assert not screening.auto_answer


def test_a_session_that_only_writes_down_has_nothing_to_wait_for() -> None:
    """It transcribes, and its turns are detected as the client asks."""
    screening = Screening(responds=False)
    assert screening.begun({}) == {"transcription": WHISPER}
    assert screening.asked({"turn_detection": {"type": "server_vad"}}) == {
        "turn_detection": {"type": "server_vad"}
    }
    assert screening.reported(reported(WAITING, None)) == reported(WAITING, None)
    assert not screening.auto_answer
