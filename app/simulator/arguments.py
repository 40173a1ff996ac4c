"""Arguments for a function call that its JSON schema accepts: every required property, of its own type.

Only what tools usually say is understood: `type`, `enum`, `const`, `default`, bounds, lengths, `required`,
`properties`, `items`, `anyOf`.
"""

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["arguments_for"]

DEPTH = 8
"""A schema that holds itself is followed no further."""
MOST = 100
"""No list and no string gets longer than this for a schema's sake."""


def arguments_for(schema: Any, said: str) -> dict[str, Any]:
    """Return arguments for a tool's `parameters`; strings without a rule are what the user said, if anything.

    A schema is whatever the client wrote: what makes no sense in it counts as not there.
    """
    return _object(schema if isinstance(schema, dict) else {}, said or "simulated", DEPTH)


def _value(schema: Any, said: str, depth: int) -> Any:
    if not isinstance(schema, dict) or depth == 0:
        return said
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if choices := _listed(schema, "enum"):
        return choices[0]
    if choices := _listed(schema, "anyOf") or _listed(schema, "oneOf"):
        return _value(choices[0], said, depth - 1)
    return _of_type(_kind(schema), schema, said, depth)


def _kind(schema: Mapping[str, Any]) -> str:
    kinds = _listed(schema, "type") or [schema.get("type")]
    usual = "object" if "properties" in schema else "string"
    return next((kind for kind in kinds if isinstance(kind, str)), usual)


def _of_type(kind: str, schema: Mapping[str, Any], said: str, depth: int) -> Any:
    match kind:
        case "integer" | "number":
            number = _number(schema)
            return int(number) if kind == "integer" else float(number)
        case "boolean" | "null":
            return True if kind == "boolean" else None
        case "object":
            return _object(schema, said, depth - 1)
        case "array":
            length = min(MOST, int(_limit(schema, "minItems", 0)))
            return [_value(schema.get("items"), said, depth - 1) for _ in range(length)]
        case _:
            return _string(schema, said)


def _object(schema: Mapping[str, Any], said: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    required = [name for name in _listed(schema, "required") if isinstance(name, str)]
    return {name: _value(known.get(name), said, depth) for name in required}


def _number(schema: Mapping[str, Any]) -> float:
    least = max(_limit(schema, "minimum", -math.inf), _limit(schema, "exclusiveMinimum", -math.inf) + 1)
    most = min(_limit(schema, "maximum", math.inf), _limit(schema, "exclusiveMaximum", math.inf) - 1)
    return max(least, min(1, most))


def _string(schema: Mapping[str, Any], said: str) -> str:
    shortest, longest = _limit(schema, "minLength", 0), _limit(schema, "maxLength", MOST)
    return said.ljust(min(MOST, int(shortest)), ".")[: max(0, int(longest))]


def _limit(schema: Mapping[str, Any], key: str, usual: float) -> float:
    given = schema.get(key)
    sensible = isinstance(given, int | float) and not isinstance(given, bool)
    return given if sensible and given is not None else usual


def _listed(schema: Mapping[str, Any], key: str) -> list[Any]:
    given = schema.get(key)
    return given if isinstance(given, list) else []
