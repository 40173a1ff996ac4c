"""What the service was seen to send, in both generations."""

from typing import Any

import pytest

Event = dict[str, Any]

SERVER_VAD = {
    "type": "server_vad",
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 200,
    "create_response": True,
    "interrupt_response": True,
}
PCM = {"type": "audio/pcm", "rate": 24000}


@pytest.fixture
def preview_session() -> Event:
    """A session as preview's `session.created` tells it."""
    return {
        "object": "realtime.session",
        "id": "sess_1",
        "model": "gpt-4o-realtime-preview",
        "expires_at": 9,
        "modalities": ["audio", "text"],
        "instructions": "Be brief.",
        "voice": "alloy",
        "turn_detection": dict(SERVER_VAD),
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_transcription": None,
        "input_audio_noise_reduction": None,
        "tool_choice": "auto",
        "tools": [],
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
        "speed": 1.0,
        "tracing": None,
        "prompt": None,
        "client_secret": None,
        "include": None,
    }


@pytest.fixture
def ga_session() -> Event:
    """The same session as GA's `session.created` tells it."""
    return {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_1",
        "model": "gpt-4o-realtime-preview",
        "output_modalities": ["audio"],
        "instructions": "Be brief.",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "expires_at": 9,
        "audio": {
            "input": {
                "format": dict(PCM),
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {**SERVER_VAD, "idle_timeout_ms": None},
            },
            "output": {"format": dict(PCM), "voice": "alloy", "speed": 1.0},
        },
        "include": None,
    }


@pytest.fixture
def ga_response() -> Event:
    """A response as GA's `response.done` tells it."""
    return {
        "object": "realtime.response",
        "id": "resp_1",
        "status": "completed",
        "status_details": None,
        "output": [],
        "conversation_id": "conv_1",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": {"format": dict(PCM), "voice": "alloy"}},
        "usage": {
            "total_tokens": 0,
            "input_tokens": 0,
            "output_tokens": 0,
            "input_token_details": {
                "text_tokens": 0,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": 0,
                "cached_tokens_details": {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": 0, "audio_tokens": 0},
        },
        "metadata": None,
    }


@pytest.fixture
def preview_response(ga_response: Event) -> Event:
    """The same response as preview's `response.done` tells it."""
    same = {key: value for key, value in ga_response.items() if key not in {"output_modalities", "audio"}}
    own = {"modalities": ["audio", "text"], "voice": "alloy", "output_audio_format": "pcm16", "temperature": 0.8}
    return {**same, **own}


@pytest.fixture
def ga_transcription_session() -> Event:
    """A transcription session as GA's `session.created` tells it."""
    detection = {key: value for key, value in SERVER_VAD.items() if not key.endswith("_response")}
    hearing = {"format": dict(PCM), "transcription": None, "noise_reduction": None, "turn_detection": detection}
    return {
        "type": "transcription",
        "object": "realtime.transcription_session",
        "id": "sess_1",
        "expires_at": 9,
        "audio": {"input": hearing},
        "include": None,
    }


@pytest.fixture
def preview_transcription_session() -> Event:
    """The same as preview's `transcription_session.created` tells it."""
    return {
        "object": "realtime.transcription_session",
        "id": "sess_1",
        "expires_at": 9,
        "input_audio_format": "pcm16",
        "input_audio_transcription": None,
        "input_audio_noise_reduction": None,
        "turn_detection": {key: value for key, value in SERVER_VAD.items() if not key.endswith("_response")},
        "include": None,
        "client_secret": None,
    }
