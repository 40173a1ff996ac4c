"""Tests of app.protocol.dialect.objects: what was seen on the wire of one generation is the other's."""

from typing import Any

from app.protocol.dialect.objects import RESPONSE, RESPONSE_CREATE, SESSION, TRANSCRIPTION_SESSION
from app.protocol.dialect.passage import Passage

Event = dict[str, Any]

TOLD = Passage(asked=False)
ASKED = Passage(asked=True, path="response")


def test_a_ga_session_is_told_as_preview(ga_session: Event, preview_session: Event) -> None:
    """Every field of a preview session comes from GA's, but for temperature and secret."""
    assert preview_session == SESSION.to_preview(ga_session, TOLD)


def test_a_preview_session_is_told_as_ga(ga_session: Event, preview_session: Event) -> None:
    """What GA has beyond preview stays untold."""
    del ga_session["truncation"], ga_session["audio"]["input"]["turn_detection"]["idle_timeout_ms"]
    assert ga_session == SESSION.to_ga(preview_session, TOLD)


def test_a_transcription_session_is_the_same_both_ways(
    ga_transcription_session: Event, preview_transcription_session: Event
) -> None:
    """Nothing of a transcription session is lost either way."""
    assert preview_transcription_session == TRANSCRIPTION_SESSION.to_preview(ga_transcription_session, TOLD)
    assert ga_transcription_session == TRANSCRIPTION_SESSION.to_ga(preview_transcription_session, TOLD)


def test_a_response_is_the_same_both_ways(ga_response: Event, preview_response: Event) -> None:
    """GA has no temperature, all else comes through."""
    assert preview_response == RESPONSE.to_preview(ga_response, TOLD)
    assert ga_response == RESPONSE.to_ga(preview_response, TOLD)


def test_what_a_response_is_asked_is_ga() -> None:
    """Names, places and forms change; the draft's name of the input does too."""
    asked = {
        "modalities": ["text"],
        "voice": "sage",
        "output_audio_format": "g711_ulaw",
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "max_response_output_tokens": 7,
        "input_items": [{"type": "item_reference", "id": "item_1"}],
    }
    assert RESPONSE_CREATE.to_ga(asked, ASKED) == {
        "output_modalities": ["text"],
        "audio": {"output": {"voice": "sage", "format": {"type": "audio/pcmu"}}},
        "tool_choice": {"type": "function", "name": "look"},
        "max_output_tokens": 7,
        "input": [{"type": "item_reference", "id": "item_1"}],
    }


def test_of_two_token_limits_the_newer_name_wins() -> None:
    """Preview had two names for the limit of a response."""
    asked = {"max_output_tokens": 2, "max_response_output_tokens": 1}
    assert RESPONSE_CREATE.to_ga(asked, ASKED) == {"max_output_tokens": 2}
