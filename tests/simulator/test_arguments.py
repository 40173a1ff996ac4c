"""Tests of the arguments made for a schema."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.arguments import arguments_for

CASES: list[tuple[Any, Any]] = [
    ({"type": "string"}, "Berlin"),
    ({}, "Berlin"),
    (True, "Berlin"),
    ({"type": "string", "minLength": 8}, "Berlin.."),
    ({"type": "string", "maxLength": 3}, "Ber"),
    ({"type": "string", "enum": ["c", "f"]}, "c"),
    ({"const": 7}, 7),
    ({"type": "integer", "default": 3}, 3),
    ({"type": "integer"}, 1),
    ({"type": "integer", "minimum": 5}, 5),
    ({"type": "integer", "maximum": -5}, -5),
    ({"type": "integer", "exclusiveMinimum": 5}, 6),
    ({"type": "integer", "exclusiveMaximum": 0}, -1),
    ({"type": "integer", "minimum": True}, 1),
    ({"type": "number", "minimum": 1.5}, 1.5),
    ({"type": "boolean"}, True),
    ({"type": "null"}, None),
    ({"type": ["null", "string"]}, None),
    ({"type": []}, "Berlin"),
    ({"type": {"$ref": "#"}}, "Berlin"),
    ({"type": "array"}, []),
    ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, [1, 1]),
    ({"type": "object"}, {}),
    ({"properties": {"a": {"type": "integer"}, "b": {}}, "required": ["a"]}, {"a": 1}),
    ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 1),
    ({"oneOf": [{"type": "boolean"}]}, True),
]


@pytest.mark.parametrize(("schema", "value"), CASES)
def test_each_required_property_is_of_its_type(schema: Any, value: Any) -> None:
    """A required property gets a value that its schema accepts; a plain string is what the user said."""
    arguments = arguments_for({"type": "object", "properties": {"x": schema}, "required": ["x"]}, "Berlin")
    assert arguments == {"x": value}
    assert type(arguments["x"]) is type(value)


@pytest.mark.parametrize("schema", [None, {}, [], "object", {"required": "x"}, {"required": [1]}])
def test_a_schema_that_demands_nothing_gets_nothing(schema: Any) -> None:
    """Without required properties there are no arguments; nor for what is no schema."""
    assert arguments_for(schema, "Berlin") == {}


def test_required_without_a_description() -> None:
    """A required property that is described nowhere is a string; nothing said is filled in."""
    assert arguments_for({"properties": None, "required": ["x"]}, "") == {"x": "simulated"}


def test_a_schema_within_itself_ends() -> None:
    """A schema that nests without end is followed some way only."""
    schema: dict[str, Any] = {"type": "object", "required": ["x"]}
    schema["properties"] = {"x": schema}
    assert str(arguments_for(schema, "end")).endswith("'end'" + "}" * 9)


WORDS = "type properties required items minItems minimum maximum minLength maxLength enum const default anyOf x"
KEYS = st.sampled_from(WORDS.split()) | st.text(max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_no_schema_is_too_odd(schema: Any) -> None:
    """Whatever a client calls a schema, there are arguments, and they are an object."""
    assert isinstance(arguments_for({"required": ["x"], "properties": {"x": schema}}, "said"), dict)
