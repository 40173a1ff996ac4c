"""Checks what a client sends against the shapes of the catalogue, key by key, as the service does.

One walker for every event of both generations: no list of keys stands here but the few that the SDK's types leave
open and the service does not. The first mistake refuses the whole event.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import Refused
from app.protocol.catalogue import Generation

__all__ = ["check"]

Field = Mapping[str, Any]

TAGS = ("type", "role")
"""The keys that tell the alternatives of an object apart."""

NULLABLE_ANYWHERE = {"event_id", "previous_item_id"}
OPEN = {"model"}
"""Azure names deployments there: any string goes, whatever models the types list."""
CLOSED = {"voice"}
"""The service refuses a voice that it does not know, though the types take any string."""

DEMANDED = {
    "RealtimeFunctionTool": ("name",),
    "session_update_event.SessionTool": ("type", "name"),
    "response_create_event.ResponseTool": ("type", "name"),
}
"""Keys that the SDK's types leave optional and the service demands."""

BOUNDS: Mapping[str, Field] = {
    "threshold": {"minimum": 0, "maximum": 1},
    "prefix_padding_ms": {"minimum": 0},
    "silence_duration_ms": {"minimum": 0},
    "audio_end_ms": {"minimum": 0},
    "content_index": {"minimum": 0},
}
"""Ranges that only the reference pages tell."""

TEXTS = {"metadata", "headers"}
"""Maps whose values are strings."""

QUOTED = 64
"""Characters that a message repeats of a wrong value."""

WORDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a decimal",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}


def check(generation: Generation, event: Mapping[str, Any]) -> None:
    """Raise `Refused` with the service's code, words and `param` for the first mistake in an event."""
    served = {name: each for name, each in generation.client.items() if "transport" not in each}
    if event["type"] not in served:
        raise _invalid_value(event["type"], list(served), "type")
    fields = [*served[event["type"]]["fields"], {"name": "type", "required": True, "type": "string"}]
    _Walk(generation.types).object(fields, event, "")


class _Walk:
    """Walks a value and the shape that it should have, side by side."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types

    def object(self, fields: Sequence[Field], value: Mapping[str, Any], path: str) -> None:
        # What is missing is told before what is unknown: so does the service.
        known = {field["name"]: field for field in fields if not field.get("draft_only")}
        for name, field in known.items():
            if name not in value and (field.get("required") or field.get("required_on_wire")):
                raise _missing(_join(path, name))
        for name in value:
            if name not in known:
                where = _join(path, name)
                raise Refused("unknown_parameter", f"Unknown parameter: '{where}'.", param=where)
        for name, each in value.items():
            self.value(known[name], each, _join(path, name))

    def value(self, field: Field, value: Any, path: str) -> None:
        if value is None and (field.get("nullable") or field.get("name") in NULLABLE_ANYWHERE):
            return
        if "any_of" in field:
            self._any_of(field, value, path)
        elif "ref" in field:
            self._ref(field["ref"], value, path)
        else:
            self._plain(field, value, path)

    def _ref(self, name: str, value: Any, path: str) -> None:
        _expect(["object"], value, path)
        fields = self._fields(name)
        for key in DEMANDED.get(name, ()):
            if key not in value:
                raise _missing(_join(path, key))
        self.object(fields, value, path)

    def _plain(self, field: Field, value: Any, path: str) -> None:
        if field["type"] == "any":
            return
        _expect([field["type"]], value, path)
        if isinstance(value, list):
            self._array(field, value, path)
        elif isinstance(value, str):
            _check_string(field, value, path)
        elif field.get("name") in TEXTS:
            for name, each in value.items():
                _expect(["string"], each, _join(path, name))
        elif field["type"] in {"integer", "number"}:
            _check_number(field, value, path)

    def _array(self, field: Field, value: list[Any], path: str) -> None:
        if len(value) < field.get("minItems", 0):
            raise Refused("empty_array", f"Invalid '{path}': the array is too short.", param=path)
        for index, each in enumerate(value):
            self.value(field.get("items", {"type": "any"}), each, f"{path}[{index}]")
        allowed = field.get("allowed_sets")
        if allowed and set(value) not in [set(each) for each in allowed]:
            known = " and ".join(str(each) for each in allowed)
            message = f"Invalid modalities: {value}. Supported combinations are: {known}."
            raise Refused("invalid_value", message, param=path)

    def _any_of(self, field: Field, value: Any, path: str) -> None:
        alternatives = field["any_of"]
        fitting = [each for each in alternatives if _fits(_kind_of(each), value)]
        if not fitting:
            _expect([_kind_of(each) for each in alternatives], value, path)
        if isinstance(value, dict):
            self._ref(self._told_apart(fitting, value, path), value, path)
            return
        chosen = next((each for each in fitting if "enum" in each), fitting[0])
        outer = {key: field[key] for key in ("name", "minimum", "maximum") if key in field}
        self._plain({**chosen, **outer}, value, path)

    def _told_apart(self, alternatives: list[Field], value: Mapping[str, Any], path: str) -> str:
        """Name the one alternative that the value's `type` and `role` mean."""
        names = [each["ref"] for each in alternatives]
        for tag in TAGS:
            if len(names) > 1 and all(self._enum(name, tag) for name in names):
                if tag not in value:
                    raise _missing(_join(path, tag))
                known = list(dict.fromkeys(each for name in names for each in self._enum(name, tag)))
                names = [name for name in names if value[tag] in self._enum(name, tag)]
                if not names:
                    raise _invalid_value(value[tag], known, _join(path, tag))
        return str(names[0])

    def _enum(self, name: str, tag: str) -> list[str]:
        return next((each.get("enum", []) for each in self._fields(name) if each["name"] == tag), [])

    def _fields(self, name: str) -> list[Field]:
        described = self._types[name]
        return list(described["fields"] if isinstance(described, dict) else described)


def _check_string(field: Field, value: str, path: str) -> None:
    name = field.get("name")
    closed = "enum" in field and name not in OPEN and (name in CLOSED or not field.get("open_enum"))
    if closed and value not in field["enum"]:
        raise _invalid_value(value, field["enum"], path)
    longest = field.get("maxLength")
    if longest is not None and len(value) > longest:
        message = f"Invalid '{path}': string too long. Expected a string with maximum length {longest}, but got"
        raise Refused(
            "string_above_max_length", f"{message} a string with length {len(value)} instead.", param=path
        )


def _check_number(field: Field, value: float, path: str) -> None:
    kind = "integer" if isinstance(value, int) and field["type"] == "integer" else "decimal"
    bounds = {**BOUNDS.get(field.get("name", ""), {}), **field}
    enum = field.get("enum", [])
    least, most = bounds.get("minimum", min(enum, default=None)), bounds.get("maximum", max(enum, default=None))
    for wrong, side, sign, bound in (
        (least is not None and value < least, "below_min", ">=", least),
        (most is not None and value > most, "above_max", "<=", most),
    ):
        if wrong:
            words = f"{kind} {'below minimum' if side == 'below_min' else 'above maximum'} value."
            message = f"Invalid '{path}': {words} Expected a value {sign} {bound}, but got {value} instead."
            raise Refused(f"{kind}_{side}_value", message, param=path)


def _kind_of(field: Field) -> str:
    return "object" if "ref" in field else str(field["type"])


def _fits(kind: str, value: Any) -> bool:
    return kind == "any" or _kind(value) == kind or (kind == "number" and _kind(value) == "integer")


def _kind(value: Any) -> str:
    """Name the JSON type of a value; `bool` comes before `int`, whose subclass it is."""
    kinds = ((type(None), "null"), (bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    rest = "array" if isinstance(value, list) else "object"
    return next((name for kind, name in kinds if isinstance(value, kind)), rest)


def _expect(kinds: Sequence[str], value: Any, path: str) -> None:
    if not any(_fits(kind, value) for kind in kinds):
        expected = " or ".join(dict.fromkeys(WORDS[kind] for kind in kinds))
        message = f"Invalid type for '{path}': expected {expected}, but got {WORDS[_kind(value)]} instead."
        raise Refused("invalid_type", message, param=path)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _missing(path: str) -> Refused:
    return Refused("missing_required_parameter", f"Missing required parameter: '{path}'.", param=path)


def _invalid_value(value: Any, known: Sequence[Any], path: str) -> Refused:
    value = str(value)[:QUOTED]
    listed = ", ".join(f"'{each}'" for each in known)
    return Refused("invalid_value", f"Invalid value: '{value}'. Supported values are: {listed}.", param=path)
