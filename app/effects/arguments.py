"""What a model gave as arguments, held against the JSON schema that the operator wrote.

The plain part of JSON schema is checked: types, required, enum, properties, items, additionalProperties. The rest
is the tool's own affair. An error says where and what, and never repeats a value.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.effects.calling import ToolFailure

__all__ = ["invalid", "read_object", "refuse_misfits"]

MAX_DETAILS = 20
"""So many errors help a model as much as all."""

TYPES: Mapping[str, tuple[type, ...]] = {
    "array": (list,),
    "integer": (int,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
"""JSON schema's types as the decoder makes them; a `bool` is an `int` to Python, and looked at before."""

Place = tuple[str | int, ...]


def invalid(details: Sequence[Mapping[str, Any]]) -> ToolFailure:
    """Return the failure from which a model learns what to mend."""
    return ToolFailure("invalid arguments", details=list(details[:MAX_DETAILS]))


def read_object(arguments: str) -> dict[str, Any]:
    """Return the arguments as an object; none at all is an empty one. Raises `ToolFailure`."""
    try:
        given = msgspec.json.decode(arguments) if arguments.strip() else {}
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise invalid([_detail((), "must be JSON")]) from None
    if not isinstance(given, dict):
        raise invalid([_detail((), "must be of type object")])
    return given


def refuse_misfits(schema: Mapping[str, Any], given: object) -> None:
    """Raise `ToolFailure` for what the schema does not allow."""
    if details := _misfits(schema, given, ()):
        raise invalid(details)


def _detail(place: Place, message: str) -> Mapping[str, Any]:
    return {"loc": place, "msg": message}


def _misfits(schema: object, value: object, place: Place) -> list[Mapping[str, Any]]:
    if not isinstance(schema, Mapping):
        return [_detail(place, "may not be given")] if schema is False else []
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if kinds and not any(_is_a(kind, value) for kind in kinds):
        return [_detail(place, f"must be of type {' or '.join(kinds)}")]
    if "enum" in schema and value not in schema["enum"]:
        return [_detail(place, "must be one of the listed values")]
    if isinstance(value, dict):
        return _in_object(schema, value, place)
    if isinstance(value, list):
        items = schema.get("items")
        return [each for number, item in enumerate(value) for each in _misfits(items, item, (*place, number))]
    return []


def _in_object(schema: Mapping[str, Any], value: Mapping[str, Any], place: Place) -> list[Mapping[str, Any]]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties")
    missing = [_detail((*place, name), "is required") for name in schema.get("required", ()) if name not in value]
    wrong = [
        each
        for name, item in value.items()
        for each in _misfits(properties.get(name, others), item, (*place, name))
    ]
    return missing + wrong


def _is_a(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES.get(kind, ()))
