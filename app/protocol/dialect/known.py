"""Finds what an event holds beyond the catalogue: keys that a service would refuse, with the whole event.

Only keys are looked at, never values: what is wrong with a value is the service's to say.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.protocol.catalogue import Generation

__all__ = ["known_part"]

Field = Mapping[str, Any]

TAGS = ("type", "role")
"""The keys that tell the alternatives of an object apart."""


def known_part(
    generation: Generation, fields: Iterable[Field], event: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """Return an event without the keys that its description lacks, and the paths at which they stood."""
    walk = _Walk(generation.types)
    return walk.object([*fields, {"name": "type"}], event, ""), walk.unknown


class _Walk:
    """Walks a value and its description side by side."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        self._types = types
        self.unknown: list[str] = []

    def object(self, fields: Iterable[Field], value: Mapping[str, Any], path: str) -> dict[str, Any]:
        known = {field["name"]: field for field in fields}
        out = {}
        for key, each in value.items():
            where = f"{path}.{key}" if path else key
            if key in known:
                out[key] = self.value(known[key], each, where)
            else:
                self.unknown.append(where)
        return out

    def value(self, field: Field, value: Any, path: str) -> Any:
        if isinstance(value, dict) and (refs := self._refs(field, value)):
            return self.object([each for ref in refs for each in self._types[ref]], value, path)
        if isinstance(value, list) and "items" in field:
            return [self.value(field["items"], each, f"{path}[{index}]") for index, each in enumerate(value)]
        return value

    def _refs(self, field: Field, value: Mapping[str, Any]) -> list[str]:
        """Name the types that the value may be of; none where it is of no known kind, or of any."""
        if "ref" in field:
            return [field["ref"]]
        refs = [each["ref"] for each in field.get("any_of", ()) if "ref" in each]
        return [ref for ref in refs if all(self._may_be(ref, tag, value) for tag in TAGS)]

    def _may_be(self, ref: str, tag: str, value: Mapping[str, Any]) -> bool:
        enum = next((each.get("enum") for each in self._types[ref] if each["name"] == tag), None)
        return enum is None or value.get(tag) in enum
