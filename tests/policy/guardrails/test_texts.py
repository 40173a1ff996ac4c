"""Tests of app.policy.guardrails.texts: what of a client's event is judged."""

from typing import Any

import pytest

from app.policy.guardrails.texts import holds_audio, text_of

USER = {"type": "message", "role": "user"}

TEXTS: list[tuple[dict[str, Any], str]] = [
    ({"item": {**USER, "content": [{"type": "input_text", "text": "a"}, {"text": "b"}]}}, "a\nb"),
    ({"item": {**USER, "content": [{"type": "input_audio", "transcript": "spoken"}]}}, "spoken"),
    ({"item": {"type": "function_call_output", "call_id": "c", "output": "sunny"}}, "sunny"),
    ({"item": {"type": "function_call_output", "call_id": "c", "output": [{"text": "sunny"}]}}, "sunny"),
    ({"item": {"type": "function_call", "name": "f", "arguments": "{}"}}, "f\n{}"),
    ({"item": {"type": "mcp_approval_response", "approve": False, "reason": "no"}}, "no"),
    ({"session": {"instructions": "Be kind.", "voice": "marin"}}, "Be kind."),
    ({"response": {"instructions": "Be brief.", "input": [{"content": [{"text": "a"}]}]}}, "Be brief.\na"),
    (
        {"response": {"append_input_items": [{"content": [{"text": "a"}]}], "input_items": [{"output": "b"}]}},
        "b\na",
    ),
    ({"session": {"prompt": {"id": "p", "variables": {"who": "w", "n": 1}}}}, "p\nw"),
    ({"response": {"tools": [{"name": "t", "parameters": {"enum": ["e"]}}], "prompt": None}}, "t\ne"),
    ({"response": {"input": [{"type": "item_reference", "id": "i"}, "odd"]}}, ""),
    ({"item": {**USER, "content": [{"text": " "}, {"text": 1}, "odd"]}}, "odd"),
    (
        {"item": {"type": "mcp_call", "id": "i", "name": "n", "error": {"message": "m"}, "server_label": "s"}},
        "n\nm\ns",
    ),
    ({"session": {"audio": {"input": {"transcription": {"model": "whisper-1", "prompt": "p"}}}}}, "p"),
    ({"item": {**USER, "content": "odd"}}, "odd"),
    ({"item": "odd", "session": "odd", "response": "odd"}, ""),
    ({"response": {"instructions": None, "input": "odd"}}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("event", "expected"), TEXTS)
def test_text_is_found_wherever_the_model_reads_it(event: dict[str, Any], expected: str) -> None:
    """A line for each piece; what is misshapen is the service's to refuse."""
    assert expected == text_of(event)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"item": {**USER, "content": [{"type": "input_text"}, {"type": "input_audio"}]}}, True),
        ({"response": {"input": [{**USER, "content": [{"type": "input_audio"}]}]}}, True),
        ({"response": {"append_input_items": [{**USER, "content": [{"type": "input_audio"}]}]}}, True),
        ({"item": {**USER, "content": [{"type": "audio", "audio": "AAAA"}]}}, True),
        ({"item": {**USER, "content": [{"type": "input_image"}]}}, False),
        ({}, False),
    ],
)
def test_audio_is_found_in_items(event: dict[str, Any], *, expected: bool) -> None:
    """Of an event's own item, or of a response's input."""
    assert expected == holds_audio(event)
