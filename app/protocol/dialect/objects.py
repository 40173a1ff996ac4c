"""Sessions, responses and what a client asks of them, in both generations."""

from collections.abc import Mapping

from app.protocol.dialect.hearing import NOISE_REDUCTION, TRANSCRIPTION, TURN_DETECTION
from app.protocol.dialect.items import ITEMS
from app.protocol.dialect.shape import Conversion, Shape
from app.protocol.dialect.tables import NEWER, TABLES
from app.protocol.dialect.values import AUDIO_FORMAT, INCLUDE, MODALITIES, TOOL_CHOICE, TOOLS, VOICE

__all__ = ["RESPONSE", "RESPONSE_CREATE", "SESSION", "TRANSCRIPTION_SESSION"]

CONVERSIONS: Mapping[str, Conversion] = {
    "audio_format": AUDIO_FORMAT,
    "include": INCLUDE,
    "items": ITEMS,
    "modalities": MODALITIES,
    "noise_reduction": NOISE_REDUCTION,
    "tool_choice": TOOL_CHOICE,
    "tools": TOOLS,
    "transcription": TRANSCRIPTION,
    "turn_detection": TURN_DETECTION,
    "voice": VOICE,
}


def _shape(name: str) -> Shape:
    return Shape(TABLES[name], CONVERSIONS, frozenset(NEWER.get(name, ())))


SESSION = _shape("session")
TRANSCRIPTION_SESSION = _shape("transcription_session")
RESPONSE_CREATE = _shape("response_create")
RESPONSE = _shape("response")
