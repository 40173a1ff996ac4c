"""The fields of a session that a rule may govern: where each stands, and what the service takes there.

The descriptions are the catalogue's; what stands here is names, places, and what may stand in for a hidden value.
A field stands at the same place in a `session` and in a `response`, where a response has it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.protocol.catalogue import GA, PREVIEW
from app.protocol.dialect.passage import OMIT
from app.protocol.dialect.shape import fetch
from app.protocol.dialect.tables import TABLES

__all__ = ["FIELDS", "GROUPS", "OMIT", "SessionField", "found", "nested", "replaced", "same", "strangers"]

Path = tuple[str, ...]

GROUPS = frozenset({("audio",), ("audio", "input"), ("audio", "output")})
"""The objects that only hold fields."""


@dataclass(frozen=True, slots=True)
class SessionField:
    """One field, by the name that a profile gives it.

    `facts` is the catalogue's description of its values; `nullable`: null is one of them. `empty` is what honestly
    stands for "nothing" there, `OMIT` where nothing does. `private`: hidden where the server sets it, unless told
    otherwise. `preview` is its name in the flat sessions of the protocol's preview. `in_response`: a response may
    have its own. `in_transcription`: a transcription session has it too.
    """

    name: str
    path: Path
    facts: Mapping[str, Any]
    empty: Any = OMIT
    private: bool = False
    preview: str | None = None
    in_response: bool = True

    @property
    def nullable(self) -> bool:
        """Whether null is a value here."""
        return bool(self.facts.get("nullable"))

    @property
    def in_transcription(self) -> bool:
        """Whether a transcription session has this field."""
        return self.path[:2] == ("audio", "input") or self.name == "include"


def _described(path: Path) -> Mapping[str, Any]:
    """Return the catalogue's description of what stands at a path of a GA session."""
    kind, facts = "RealtimeSessionCreateRequest", {}
    for key in path:
        facts = next(each for each in GA.types[kind] if each["name"] == key)
        kind = facts.get("ref", "")
    return facts


_PREVIEW = {row.ga: row.preview for row in TABLES["session"]}
_FLAT = PREVIEW.types["session_update_event.Session"]
_TEMPERATURE = next(each for each in _FLAT if each["name"] == "temperature")


def _field(name: str, path: str = "", **more: Any) -> SessionField:
    keys = tuple((path or name).split("."))
    return SessionField(name, keys, _described(keys), preview=_PREVIEW.get(keys), **more)


FIELDS: Mapping[str, SessionField] = {
    each.name: each
    for each in (
        _field("instructions", empty="", private=True),
        _field("tools", empty=[], private=True),
        _field("tool_choice", empty="auto"),
        _field("voice", "audio.output.voice"),
        _field("speed", "audio.output.speed", in_response=False),
        _field("input_format", "audio.input.format", in_response=False),
        _field("output_format", "audio.output.format"),
        _field("turn_detection", "audio.input.turn_detection", in_response=False),
        _field("transcription", "audio.input.transcription", in_response=False),
        _field("noise_reduction", "audio.input.noise_reduction", in_response=False),
        _field("max_output_tokens"),
        _field("output_modalities"),
        _field("truncation", in_response=False),
        _field("tracing", empty=None, private=True, in_response=False),
        _field("prompt", empty=None, private=True),
        _field("include", empty=None, in_response=False),
        _field("reasoning"),
        _field("parallel_tool_calls"),
        SessionField("temperature", ("temperature",), _TEMPERATURE),
    )
}
"""Every field, by name. `temperature` is preview's: GA has none."""

PATHS = frozenset(each.path for each in FIELDS.values())


def found(given: Mapping[str, Any]) -> Iterator[tuple[SessionField, Any]]:
    """Yield the fields that a session or a response names, with their values."""
    for field in FIELDS.values():
        if field.path[0] in given and (value := fetch(given, field.path)) is not OMIT:
            yield field, value


def nested(values: Mapping[str, Any], into: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a session that holds these values, by the fields' names, over what `into` has."""
    out = dict(into or {})
    for name, value in values.items():
        out = replaced(out, FIELDS[name].path, value)
    return out


def replaced(given: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return the object with another value at a path; the given one stays as it is."""
    key, rest = path[0], path[1:]
    return {**given, key: replaced(given.get(key, {}), rest, value) if rest else value}


def same(made: Any, given: Any) -> bool:
    """Tell whether what was made says the same as what was given; 1 is not true, though equal in Python."""
    if made is given:
        return True
    if isinstance(made, dict) and isinstance(given, dict):
        return made.keys() == given.keys() and all(same(value, given[key]) for key, value in made.items())
    if isinstance(made, list) and isinstance(given, list):
        return len(made) == len(given) and all(map(same, made, given))
    return type(made) is type(given) and bool(made == given)


def strangers(given: Mapping[str, Any], at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what is no field in a session or a response, with its place; nor is a group that is no object."""
    for key, value in given.items():
        path = (*at, key)
        if path in GROUPS and isinstance(value, Mapping):
            yield from strangers(value, path)
        elif path not in PATHS:
            yield path, value
