"""Tests of what the assistant says."""

import json
from typing import Any

import pytest

from app.simulator.answering import QUOTED, Call, Say, plan
from app.simulator.items import Entry
from app.simulator.session_object import Terms, begun, terms_of, updated
from tests.simulator.playing import GA, silence

WEATHER = {
    "type": "function",
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"type": "function", "name": "clock"}


def under(**session: Any) -> Terms:
    return terms_of(updated(begun(GA, "s", 9), session))


def said(*parts: dict[str, Any], audio: bytes = b"") -> Entry:
    return Entry({"type": "message", "role": "user", "content": list(parts)}, audio)


def wrote(text: str) -> Entry:
    return said({"type": "input_text", "text": text})


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([], "Nobody has said anything yet."),
        ([wrote("Hello there")], "You wrote: Hello there"),
        ([said({"type": "input_audio"}, audio=silence(1400))], "I heard 1.4 seconds of speech."),
        ([said({"type": "input_audio"})], "I heard nothing."),
        ([said({"type": "input_image"})], "I was shown an image."),
        (
            [said({"type": "input_audio"}, {"type": "input_text", "text": "and this"}, audio=silence(500))],
            "I heard 0.5 seconds of speech. You wrote: and this",
        ),
        ([wrote("x" * (QUOTED + 1))], f"You wrote: {'x' * QUOTED}…"),
        ([wrote("hi"), Entry({"type": "function_call_output", "output": "sunny"})], "The tool returned: sunny"),
        (
            [Entry({"type": "function_call_output", "output": each}) for each in ("sunny", "late")],
            "The tool returned: sunny and late",
        ),
        ([wrote("old"), wrote("new"), Entry({"type": "message", "role": "assistant"})], "You wrote: new"),
    ],
)
def test_it_says_what_it_perceived(entries: list[Entry], told: str) -> None:
    """The answer quotes what was written or returned, tells how much was heard, and says that it is simulated."""
    assert plan(entries, under()) == [Say(f"This is a simulated answer. {told}")]


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("get_weather Berlin", "Berlin"),
        ("Please GET WEATHER: New York?", "New York"),
        ("get-weather", "simulated"),
        ("call get_weather", "simulated"),
    ],
)
def test_a_tool_is_called_by_its_name(text: str, city: str) -> None:
    """Who says a tool's name, in any case and with any space, gets a call with the required arguments."""
    [call] = plan([wrote(text)], under(tools=[WEATHER, CLOCK]))
    assert isinstance(call, Call)
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": city})


@pytest.mark.parametrize("text", ["forget_weather", "get_weathers", "the weather", ""])
def test_no_name_no_call(text: str) -> None:
    """Part of a name is none."""
    assert isinstance(plan([wrote(text)], under(tools=[WEATHER]))[0], Say)


def test_only_the_last_word_of_the_user_counts() -> None:
    """After the tool's output the name in the older message calls nothing again."""
    output = Entry({"type": "function_call_output", "output": "sunny"})
    assert isinstance(plan([wrote("get_weather"), output], under(tools=[WEATHER]))[0], Say)


def test_several_tools_are_called_at_once() -> None:
    """Several names make several outputs, unless calls must not be parallel."""
    text = [wrote("get_weather and clock")]
    tools = [WEATHER, CLOCK]
    assert [call.name for call in plan(text, under(tools=tools)) if isinstance(call, Call)] == [
        "get_weather",
        "clock",
    ]
    assert len(plan(text, under(tools=tools, parallel_tool_calls=False))) == 1


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ("auto", ["get_weather"]),
        ("none", []),
        ("required", ["get_weather"]),
        ({"type": "function", "name": "clock"}, ["clock"]),
        ({"type": "function", "name": "unknown"}, []),
    ],
)
def test_tool_choice_holds(choice: Any, names: list[str]) -> None:
    """`none` forbids, `required` and a named function force."""
    text = "get_weather" if choice in ("auto", "none") else "hello"
    outputs = plan([wrote(text)], under(tools=[WEATHER, CLOCK], tool_choice=choice))
    assert [output.name for output in outputs if isinstance(output, Call)] == names


def test_mcp_tools_are_not_called() -> None:
    """Only functions are called: a remote server is not dialled by a simulated service."""
    mcp = {"type": "mcp", "server_label": "docs"}
    assert isinstance(plan([wrote("docs")], under(tools=[mcp], tool_choice="required"))[0], Say)
