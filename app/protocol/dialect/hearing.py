"""The sub-objects that say how a session listens: turn detection, transcription, noise reduction.

Whether a sparse one is merged with the one in force or replaces it is not known for either generation, so a
client's is sent whole: what is in force, overlaid with what was asked. Null means off, and stays null.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.protocol.dialect.passage import Passage, invalid
from app.protocol.dialect.shape import Conversion
from app.protocol.dialect.tables import CONVERSIONS

__all__ = ["NOISE_REDUCTION", "TRANSCRIPTION", "TURN_DETECTION"]

KEYS_BY_TYPE: Mapping[str, Sequence[str]] = CONVERSIONS["turn_detection"]["by_type"]
ALL_KEYS = frozenset(key for keys in KEYS_BY_TYPE.values() for key in keys)
USUAL_TYPE: str = CONVERSIONS["turn_detection"]["usual"]
LATE_KEYS: Sequence[str] = CONVERSIONS["turn_detection"]["ga_only"]

HEARD: Mapping[str, Any] = CONVERSIONS["transcription"]
REDUCED: Mapping[str, Any] = CONVERSIONS["noise_reduction"]


def turn_detection_to_ga(value: Any, passage: Passage) -> Any:
    """`{type: none}` → null; the type told, since GA demands it; keys of the other type left out.

    A type that GA lacks (Voice Live's) is refused from a client.
    """
    if value is None or value == {"type": "none"}:
        return None
    if not isinstance(value, dict):
        return passage.tolerated(value)
    kind = value.get("type", _type_of(passage.in_force))
    if not isinstance(kind, str) or kind not in KEYS_BY_TYPE:
        return passage.at("type").tolerated(value, list(KEYS_BY_TYPE))
    if passage.keep:
        return value
    return {"type": kind, **_whole(_fitting(value, kind), passage, kind)}


def turn_detection_to_preview(value: Any, passage: Passage) -> Any:
    """Keep all keys but `idle_timeout_ms`, which Azure's preview does not know."""
    if not isinstance(value, dict) or passage.keep:
        return value
    in_force = passage.in_force if isinstance(passage.in_force, dict) else {}
    kind = value.get("type", in_force.get("type", USUAL_TYPE))
    if not isinstance(kind, str) or kind not in KEYS_BY_TYPE:
        return value
    return _without(_whole(_fitting(value, kind), passage, kind), LATE_KEYS, passage)


def _type_of(in_force: Any) -> Any:
    """Return the type in force, where GA knows it; else what either generation takes for granted."""
    kind = in_force.get("type") if isinstance(in_force, dict) else None
    return kind if isinstance(kind, str) and kind in KEYS_BY_TYPE else USUAL_TYPE


def _fitting(value: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Leave out what belongs to another type; some preview servers ignored it, and GA refuses it."""
    foreign = ALL_KEYS - set(KEYS_BY_TYPE[kind])
    return {key: each for key, each in value.items() if key not in foreign}


def _whole(value: dict[str, Any], passage: Passage, kind: str) -> dict[str, Any]:
    old = passage.in_force
    same = isinstance(old, dict) and old.get("type") == kind
    return _overlaid(old if same else None, value, KEYS_BY_TYPE[kind], passage)


def _overlaid(old: Any, value: dict[str, Any], keys: Sequence[str], passage: Passage) -> dict[str, Any]:
    """Lay what a client asked over what is in force; null in force says nothing."""
    if not passage.strict or not isinstance(old, dict):
        return value
    return {**{key: old[key] for key in keys if old.get(key) is not None}, **value}


def _without(value: dict[str, Any], keys: Sequence[str], passage: Passage) -> dict[str, Any]:
    """Leave out what preview lacks, and say so of what a client asked for."""
    for key in keys:
        if value.get(key) is not None:
            passage.dropped(key)
    return {key: each for key, each in value.items() if key not in keys}


def transcription_to_ga(value: Any, passage: Passage) -> Any:
    """Keep the keys; what GA makes of an empty object is not known, so it gets a model."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return passage.tolerated(value)
    whole = _overlaid(passage.in_force, value, HEARD["same"], passage)
    if passage.strict and not whole:
        return {"model": passage.fallbacks.transcription_model or HEARD["usual"]}
    return whole


def transcription_to_preview(value: Any, passage: Passage) -> Any:
    """Leave out `languages`, `keywords` and `delay`; a model that preview lacks is replaced or refused."""
    if not isinstance(value, dict) or passage.keep:
        return value
    whole = _without(_overlaid(passage.in_force, value, HEARD["same"], passage), HEARD["ga_only"], passage)
    if passage.asked and "model" in whole:
        return {**whole, "model": _model(whole["model"], passage)}
    return whole


def _model(model: Any, passage: Passage) -> Any:
    if passage.fallbacks.deployments or model in HEARD["preview_models"]:
        return model
    if passage.fallbacks.transcription_model is None:
        raise invalid(f"{passage.path}.model", HEARD["preview_models"])
    passage.warn(f"'{passage.path}.model' was replaced: the preview upstream does not have this model")
    return passage.fallbacks.transcription_model


def noise_reduction_to_ga(value: Any, passage: Passage) -> Any:
    """Keep it: GA has the same keys and one more."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return passage.tolerated(value)
    return _overlaid(passage.in_force, value, REDUCED["same"], passage)


def noise_reduction_to_preview(value: Any, passage: Passage) -> Any:
    """Leave out `strength`."""
    if not isinstance(value, dict) or passage.keep:
        return value
    return _without(_overlaid(passage.in_force, value, REDUCED["same"], passage), REDUCED["ga_only"], passage)


TURN_DETECTION = Conversion(turn_detection_to_ga, turn_detection_to_preview)
TRANSCRIPTION = Conversion(transcription_to_ga, transcription_to_preview)
NOISE_REDUCTION = Conversion(noise_reduction_to_ga, noise_reduction_to_preview)
