"""What a model gave as arguments, held against the operator's schema."""

import json
from typing import Any

import pytest

from app.effects.arguments import MAX_DETAILS, invalid, read_object, refuse_misfits
from app.effects.calling import ToolFailure

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "count": {"type": "integer"},
        "share": {"type": "number"},
        "exact": {"type": "boolean"},
        "unit": {"enum": ["C", "F"]},
        "note": {"type": ["string", "null"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "place": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
        "odd": {"type": "colour"},
        "any": {},
    },
    "required": ["name"],
    "additionalProperties": False,
}


def details(given: Any) -> list[Any]:
    """Return what is wrong, as the model reads it."""
    try:
        refuse_misfits(SCHEMA, given)
    except ToolFailure as failed:
        text = failed.text
    else:
        return []
    assert "canary" not in text
    assert json.loads(text)["error"] == "invalid arguments"
    return [(tuple(each["loc"]), each["msg"]) for each in json.loads(text)["details"]]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"count": 1},
        {"count": 3.0},
        {"share": 1},
        {"share": 0.5},
        {"exact": True},
        {"unit": "C"},
        {"note": None},
        {"tags": ["a", "b"]},
        {"place": {"x": 1, "more": "is open"}},
        {"any": [{"thing": None}]},
    ],
)
def test_fitting_arguments_pass(given: dict[str, Any]) -> None:
    """What the schema allows is not refused."""
    assert details({"name": "canary", **given}) == []


@pytest.mark.parametrize(
    ("given", "place", "message"),
    [
        ({"name": 1}, ("name",), "must be of type string"),
        ({"count": "canary"}, ("count",), "must be of type integer"),
        ({"count": 1.5}, ("count",), "must be of type integer"),
        ({"count": True}, ("count",), "must be of type integer"),
        ({"exact": 1}, ("exact",), "must be of type boolean"),
        ({"unit": "canary"}, ("unit",), "must be one of the listed values"),
        ({"note": 1}, ("note",), "must be of type string or null"),
        ({"tags": ["a", 1]}, ("tags", 1), "must be of type string"),
        ({"place": {}}, ("place", "x"), "is required"),
        ({"place": []}, ("place",), "must be of type object"),
        ({"odd": "canary"}, ("odd",), "must be of type colour"),
        ({"unknown": 1}, ("unknown",), "may not be given"),
    ],
)
def test_misfit_is_told_by_its_place(given: dict[str, Any], place: Any, message: str) -> None:
    """An error says where and what, and repeats no value."""
    assert details({"name": "x", **given}) == [(place, message)]


def test_all_misfits_are_told_at_once() -> None:
    """A model mends everything in one go."""
    assert details({"count": "canary"}) == [
        (("name",), "is required"),
        (("count",), "must be of type integer"),
    ]


def test_number_of_details_is_bounded() -> None:
    """A thousand errors are told as twenty."""
    assert len(json.loads(invalid([{"loc": (), "msg": ""}] * 1000).text)["details"]) == MAX_DETAILS


@pytest.mark.parametrize("text", ["", "  ", "{}"])
def test_no_arguments_are_an_empty_object(text: str) -> None:
    """A model that has nothing to say says so in several ways."""
    assert read_object(text) == {}


@pytest.mark.parametrize("text", ["canary", "[1]", '"canary"', "null", "[" * 100_000, '"\ud800"'])
def test_what_is_no_object_is_refused(text: str) -> None:
    """Bad JSON, other JSON and JSON too deep are told to the model, not raised."""
    with pytest.raises(ToolFailure) as failed:
        read_object(text)
    assert "canary" not in failed.value.text
    assert json.loads(failed.value.text)["error"] == "invalid arguments"
