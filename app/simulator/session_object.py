"""The session as the service tells it, in either generation: its beginning, its updates, and what it means.

Objects are plain dicts in the words of their generation (shapes: `session.created` on the wire); `Terms` is what
the rest of the simulator reads: nothing else knows where a generation keeps a field. Nothing is translated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app.protocol.catalogue import GenerationName

__all__ = ["Kind", "Opening", "Terms", "begun", "terms_of", "updated"]

Kind = Literal["realtime", "transcription"]

INSTRUCTIONS = (
    "You are a simulated voice of a simulated service. Say what you heard, and say that you are simulated."
)

SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}
ANSWERING = {"create_response": True, "interrupt_response": True}
GROUPS = {"audio", "input", "output", "noise_reduction"}
"""Objects of which an update changes only the keys that it names; any other object it replaces."""

FORMATS = {"audio/pcm": "pcm16", "audio/pcmu": "g711_ulaw", "audio/pcma": "g711_alaw"}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a handshake asked for: a session with a model, or the sideband of a call."""

    generation: GenerationName
    kind: Kind
    model: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for hearing and answering; formats are `pcm16`, `g711_ulaw` or `g711_alaw`."""

    instructions: str
    speaks: bool
    voice: str
    input_format: str
    output_format: str
    speed: float
    max_tokens: float
    tools: tuple[Mapping[str, Any], ...]
    tool_choice: Any
    parallel: bool
    transcription: Mapping[str, Any] | None
    turn_detection: Mapping[str, Any] | None
    logprobs: bool


def begun(opening: Opening, session_id: str, expires_at: int) -> dict[str, Any]:
    """Return the session as `session.created` tells it, with every field that the service sends."""
    if opening.generation == "ga":
        return _begun_ga(opening, session_id, expires_at)
    return _begun_preview(opening, session_id, expires_at)


def _begun_ga(opening: Opening, session_id: str, expires_at: int) -> dict[str, Any]:
    pcm = {"type": "audio/pcm", "rate": 24000}
    hearing = {"format": pcm, "transcription": None, "noise_reduction": None, "turn_detection": dict(SERVER_VAD)}
    head = {"type": opening.kind, "id": session_id, "expires_at": expires_at, "include": None}
    if opening.kind == "transcription":
        return {**head, "object": "realtime.transcription_session", "audio": {"input": hearing}}
    hearing["turn_detection"] = {**SERVER_VAD, "idle_timeout_ms": None, **ANSWERING}
    return {
        **head,
        "object": "realtime.session",
        "model": opening.model,
        "output_modalities": ["audio"],
        "instructions": INSTRUCTIONS,
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "audio": {"input": hearing, "output": {"format": dict(pcm), "voice": "alloy", "speed": 1.0}},
    }


def _begun_preview(opening: Opening, session_id: str, expires_at: int) -> dict[str, Any]:
    shared = {
        "id": session_id,
        "expires_at": expires_at,
        "input_audio_format": "pcm16",
        "input_audio_transcription": None,
        "input_audio_noise_reduction": None,
        "turn_detection": dict(SERVER_VAD),
        "include": None,
        "client_secret": None,
    }
    if opening.kind == "transcription":
        return {**shared, "object": "realtime.transcription_session"}
    return {
        **shared,
        "object": "realtime.session",
        "model": opening.model,
        "modalities": ["audio", "text"],
        "instructions": INSTRUCTIONS,
        "voice": "alloy",
        "turn_detection": {**SERVER_VAD, **ANSWERING},
        "output_audio_format": "pcm16",
        "tool_choice": "auto",
        "tools": [],
        "temperature": 0.8,
        "max_response_output_tokens": "inf",
        "speed": 1.0,
        "tracing": None,
        "prompt": None,
    }


def updated(session: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a session with the changes of an update (or of a response's own parameters); the old one stays."""
    answering = ANSWERING if session["object"] == "realtime.session" else {}
    return _merged(session, given, answering)


def _merged(old: Mapping[str, Any], given: Mapping[str, Any], answering: Mapping[str, bool]) -> dict[str, Any]:
    new = dict(old)
    for key, value in given.items():
        if key in GROUPS and isinstance(value, dict) and isinstance(old.get(key), dict):
            new[key] = _merged(old[key], value, answering)
        elif key == "turn_detection" and value is not None:
            new[key] = _complete(value, answering)
        elif key not in {"client_secret", "model"}:
            new[key] = value
    return new


def _complete(detection: Mapping[str, Any], answering: Mapping[str, bool]) -> dict[str, Any]:
    """Fill in the defaults of the detection's type. Whether the service merges with the old one is not known."""
    if detection.get("type") == "semantic_vad":
        return {"eagerness": "auto", **answering, **detection}
    return {**SERVER_VAD, **answering, **detection}


def terms_of(session: Mapping[str, Any]) -> Terms:
    """Read a session of either generation."""
    hearing = session["audio"]["input"] if "audio" in session else _hearing_of_preview(session)
    speaking = session["audio"].get("output", {}) if "audio" in session else _speaking_of_preview(session)
    tokens = session.get("max_output_tokens") or session.get("max_response_output_tokens", "inf")
    return Terms(
        instructions=session.get("instructions", ""),
        speaks="audio" in session.get("output_modalities", session.get("modalities", [])),
        voice=_named(speaking.get("voice", "alloy")),
        input_format=_format(hearing["format"]),
        output_format=_format(speaking.get("format", "pcm16")),
        speed=speaking.get("speed", 1.0),
        max_tokens=float(tokens),
        tools=tuple(session.get("tools", ())),
        tool_choice=session.get("tool_choice", "auto"),
        parallel=session.get("parallel_tool_calls", True),
        transcription=hearing["transcription"],
        turn_detection=hearing["turn_detection"],
        logprobs="item.input_audio_transcription.logprobs" in (session.get("include") or ()),
    )


def _hearing_of_preview(session: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "format": session["input_audio_format"],
        "transcription": session["input_audio_transcription"],
        "turn_detection": session["turn_detection"],
    }


def _speaking_of_preview(session: Mapping[str, Any]) -> dict[str, Any]:
    names = {"voice": "voice", "output_audio_format": "format", "speed": "speed"}
    return {name: session[key] for key, name in names.items() if key in session}


def _named(voice: Any) -> str:
    return str(voice["id"] if isinstance(voice, dict) else voice)


def _format(given: Any) -> str:
    return FORMATS[given["type"]] if isinstance(given, dict) else str(given)
