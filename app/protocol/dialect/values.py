"""Values that change their form between the generations: modalities, formats, voices, tools.

Each way is a function of the value and its passage. What a client asks and the other side cannot do is refused;
what a server reports passes as it is where it has no translation.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.protocol.dialect.passage import OMIT, Passage, invalid
from app.protocol.dialect.shape import Conversion
from app.protocol.dialect.tables import CONVERSIONS

__all__ = ["AUDIO_FORMAT", "INCLUDE", "MODALITIES", "TOOLS", "TOOL_CHOICE", "VOICE"]

Sets = Mapping[frozenset[str], Sequence[str] | None]


def _sets(pairs: Sequence[tuple[Sequence[str], Sequence[str] | None]]) -> Sets:
    return {frozenset(given): answer for given, answer in pairs}


MODALITIES_TO_GA = _sets(CONVERSIONS["modalities"]["p2g"])
MODALITIES_TO_PREVIEW = _sets(CONVERSIONS["modalities"]["g2p"])
FORMATS_TO_GA: Mapping[str, Mapping[str, Any]] = CONVERSIONS["audio_format"]["p2g"]
FORMATS_TO_PREVIEW: Mapping[str, str] = CONVERSIONS["audio_format"]["g2p"]
RATE: int = CONVERSIONS["audio_format"]["rate"]
GA_VOICES: Sequence[str] = CONVERSIONS["voice"]["ga_only"]
CHOICES: Sequence[str] = CONVERSIONS["tool_choice"]["strings"]


def _modalities(value: Any, passage: Passage, sets: Sets) -> Any:
    """Match as a set: order and repeats mean nothing."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value) and frozenset(value) in sets:
        answer = sets[frozenset(value)]
        return OMIT if answer is None else list(answer)
    return passage.tolerated(value)


def modalities_to_ga(value: Any, passage: Passage) -> Any:
    """Both → audio, since GA refuses both, and its audio always comes with a transcript."""
    return _modalities(value, passage, MODALITIES_TO_GA)


def modalities_to_preview(value: Any, passage: Passage) -> Any:
    """Audio → both, since preview refuses audio alone."""
    return _modalities(value, passage, MODALITIES_TO_PREVIEW)


def format_to_ga(value: Any, passage: Passage) -> Any:
    """Turn a word into an object, its rate told, since GA demands it."""
    if value is None:
        return OMIT
    if isinstance(value, str) and value in FORMATS_TO_GA:
        return dict(FORMATS_TO_GA[value])
    return passage.tolerated(value, list(FORMATS_TO_GA))


def format_to_preview(value: Any, passage: Passage) -> Any:
    """Turn an object into a word; preview knows PCM at 24 kHz only."""
    if value is None:
        return OMIT
    if not isinstance(value, dict):
        return passage.tolerated(value)
    kind = value.get("type")
    word = FORMATS_TO_PREVIEW.get(kind) if isinstance(kind, str) else None
    if passage.asked and word is None:
        raise invalid(f"{passage.path}.type", list(FORMATS_TO_PREVIEW))
    if passage.asked and value.get("rate", RATE) != RATE:
        raise invalid(f"{passage.path}.rate", [str(RATE)])
    return OMIT if word is None else word


def voice_to_ga(value: Any, passage: Passage) -> Any:  # noqa: ARG001 - every preview voice is one of GA's
    """Keep it."""
    return value


def voice_to_preview(value: Any, passage: Passage) -> Any:
    """GA's own voices: a server's report passes, a client's wish is replaced by the fallback or refused."""
    if not passage.strict:
        return value.get("id", OMIT) if isinstance(value, dict) else value
    if isinstance(value, str) and value not in GA_VOICES:
        return value
    fallback = passage.fallbacks.voice
    if fallback is None:
        raise invalid(passage.path)
    passage.warn(f"'{passage.path}' was replaced: the preview upstream does not have this voice")
    return fallback


def tool_choice_to_ga(value: Any, passage: Passage) -> Any:
    """Flatten `{type, function: {name}}`; words and the flat form are the same in both."""
    match value:
        case str() if value in CHOICES:
            return value
        case {"type": "function", "function": {"name": name}}:
            return {"type": "function", "name": name}
        case {"type": "function"}:
            return value
        case _:
            return passage.tolerated(value, CHOICES)


def tool_choice_to_preview(value: Any, passage: Passage) -> Any:
    """Preview takes the flat form too (Azure refuses the nested one of its reference); it has no MCP."""
    if passage.keep or not _is_mcp(value):
        return value
    if passage.asked:
        raise invalid(f"{passage.path}.type", ["function"])
    return "auto"


def tools_to_ga(value: Any, passage: Passage) -> Any:
    """Tell the type where it is missing; preview has functions only."""
    if not isinstance(value, list):
        return passage.tolerated(value)
    return [_tool_to_ga(tool, passage.at(f"[{index}]")) for index, tool in enumerate(value)]


def _tool_to_ga(tool: Any, passage: Passage) -> Any:
    if not isinstance(tool, dict):
        return passage.tolerated(tool)
    typed = {"type": "function", **tool}
    if passage.strict and typed["type"] != "function":
        raise invalid(f"{passage.path}.type", ["function"])
    return typed


def tools_to_preview(value: Any, passage: Passage) -> Any:
    """MCP servers: a client's are refused, since they would not be called; a server's are left out."""
    if passage.keep or not isinstance(value, list):
        return value
    for index, tool in enumerate(value):
        if passage.asked and _is_mcp(tool):
            raise invalid(f"{passage.path}[{index}].type", ["function"])
    return [tool for tool in value if not _is_mcp(tool)]


def _is_mcp(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "mcp"


def include(value: Any, passage: Passage) -> Any:
    """Keep it; a client's null says nothing and is left out."""
    return OMIT if value is None and passage.asked else value


MODALITIES = Conversion(modalities_to_ga, modalities_to_preview)
AUDIO_FORMAT = Conversion(format_to_ga, format_to_preview)
VOICE = Conversion(voice_to_ga, voice_to_preview)
TOOL_CHOICE = Conversion(tool_choice_to_ga, tool_choice_to_preview)
TOOLS = Conversion(tools_to_ga, tools_to_preview)
INCLUDE = Conversion(include, include)
