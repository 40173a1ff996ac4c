"""Tools that are Python functions in the relay's own process."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from app.effects.calling import ToolFailure
from app.effects.python_tools import PythonTool, PythonToolConfig
from tests.effects.service import CONTEXT


def tool(function: str, **more: Any) -> PythonTool:
    return PythonTool("it", PythonToolConfig(python=f"tests.effects.given:{function}", **more))


def test_definition_is_made_from_the_model_and_the_docstring() -> None:
    """The arguments' schema has no titles, for a session pays for each."""
    assert tool("weather").definition == {
        "type": "function",
        "name": "it",
        "description": "Tell the weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "days": {"type": "integer", "default": 1}},
            "required": ["name"],
        },
    }


def test_configured_description_replaces_the_docstring() -> None:
    """What the operator says counts."""
    assert tool("weather", description="Ask me.").definition["description"] == "Ask me."


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("bare", "the first argument must be annotated with a pydantic model"),
        ("polite", "the first argument must be annotated with a pydantic model"),
        ("of_names", "the arguments must be an object"),
        ("undescribed", "needs a docstring, or a description beside it"),
    ],
)
def test_function_that_cannot_be_a_tool_is_refused(function: str, sentence: str) -> None:
    """It is refused when it is loaded, not when it is called."""
    with pytest.raises(ValueError, match=sentence):
        tool(function)


@pytest.mark.parametrize(
    ("function", "arguments", "output"),
    [
        ("weather", '{"name":"Rome"}', '{"sky":"blue","city":"Rome","days":1}'),
        ("whose", "{}", "alice of assistant in s1"),
        ("whose", "", "alice of assistant in s1"),
        ("report", '{"name":"Rome"}', '{"sky":"grey"}'),
        ("nothing", "{}", '{"result":null}'),
        ("unnumbered", "{}", "[1.5,null]"),
        ("echo", '{"name":"as it is"}', "as it is"),
    ],
)
async def test_result_is_told_as_text(function: str, arguments: str, output: str) -> None:
    """The function gets its model, and the context where it asks for it."""
    assert await tool(function).call(arguments, CONTEXT) == output


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        ("{}", [["name"]]),
        ('{"name":["canary"],"days":"canary"}', [["name"], ["days"]]),
        ("canary", [[]]),
        ("[]", [[]]),
    ],
)
async def test_invalid_arguments_are_told_for_the_model_to_mend(arguments: str, places: list[Any]) -> None:
    """Where and what is wrong, without the values."""
    with pytest.raises(ToolFailure) as failed:
        await tool("weather").call(arguments, CONTEXT)
    told = json.loads(failed.value.text)
    assert told["error"] == "invalid arguments"
    assert [each["loc"] for each in told["details"]] == places
    assert all(each.keys() == {"loc", "msg"} for each in told["details"])
    assert "canary" not in failed.value.text


async def test_output_that_is_too_large_is_a_failure() -> None:
    """The limit is in bytes."""
    with pytest.raises(ToolFailure, match="too large"):
        await tool("echo", max_output=3).call('{"name":"four"}', CONTEXT)


def test_configuration_knows_its_keys() -> None:
    """A misspelt key is an error, and a time of no length too."""
    with pytest.raises(ValidationError):
        PythonToolConfig.model_validate({"python": "a:b", "time_out": 1})
    with pytest.raises(ValidationError):
        PythonToolConfig(python="a:b", timeout=0)
