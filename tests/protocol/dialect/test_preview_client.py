"""Tests of app.protocol.dialect.preview_client: what one way learns, the other tells."""

from typing import Any

from app.protocol.dialect.preview_client import PreviewClient

Event = dict[str, Any]


def test_a_temperature_is_echoed_though_ga_has_none(ga_session: Event, ga_response: Event) -> None:
    """In the session and in its responses, and the operator is told once."""
    said: list[str] = []
    client = PreviewClient(warn=said.append)
    for _ in range(2):
        client.read({"type": "session.update", "session": {"temperature": 0.6}})
    (session,) = client.write({"type": "session.updated", "event_id": "e", "session": ga_session})
    (response,) = client.write({"type": "response.created", "event_id": "e", "response": ga_response})
    assert [session["session"]["temperature"], response["response"]["temperature"]] == [0.6, 0.6]
    assert len(said) == 1
    assert "0.6" not in said[0]


def test_a_sparse_update_is_completed_from_what_the_service_told(ga_session: Event) -> None:
    """And after a refusal from what it told last, not from what it refused."""
    client = PreviewClient()
    client.write({"type": "session.created", "event_id": "e", "session": ga_session})
    client.read({"type": "session.update", "session": {"turn_detection": {"threshold": 9}}})
    client.write(
        {"type": "error", "event_id": "e", "error": {"param": "session.audio.input.turn_detection.threshold"}}
    )
    (told,) = client.read({"type": "session.update", "session": {"turn_detection": {"silence_duration_ms": 1}}})
    before = {**ga_session["audio"]["input"]["turn_detection"], "silence_duration_ms": 1}
    del before["idle_timeout_ms"]
    assert told["session"]["audio"]["input"]["turn_detection"] == before


def test_what_is_swallowed_is_counted() -> None:
    """By type."""
    client = PreviewClient(api_version="2024-10-01-preview")
    client.write({"type": "conversation.item.done"})
    assert client.swallowed == {"conversation.item.done": 1}


def test_the_configured_model_completes_an_empty_transcription() -> None:
    """On Azure it is the name of a deployment."""
    client = PreviewClient(transcription_model="my-whisper", transcription=True)
    (told,) = client.read({"type": "session.update", "session": {"input_audio_transcription": {}}})
    assert told["session"] == {
        "type": "transcription",
        "audio": {"input": {"transcription": {"model": "my-whisper"}}},
    }


def test_nothing_is_changed_in_place(ga_session: Event) -> None:
    """Events belong to who sent them."""
    client = PreviewClient()
    told = {"type": "session.created", "session": ga_session}
    asked = {"type": "session.update", "session": {"turn_detection": {"threshold": 1}, "temperature": 1}}
    before = repr((told, asked))
    client.write(told)
    client.read(asked)
    assert before == repr((told, asked))
