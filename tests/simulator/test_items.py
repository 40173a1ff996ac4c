"""Tests of the items that clients write."""

from typing import Any

import pytest

from app.errors import Refused
from app.simulator.items import MAX_APPEND, Entry, completed, decoded_audio, text_of
from tests.simulator.playing import audio, silence

TEXT = {"type": "input_text", "text": "hello"}


def message(role: str, *parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": list(parts), **fields}


def test_a_message_is_completed() -> None:
    """An item without an id gets one; it is an item of the realtime API, and complete."""
    entry = completed(message("user", TEXT), "item_7", "pcm16")
    head = {"object": "realtime.item", "status": "completed", "id": "item_7"}
    assert entry == Entry({**head, "type": "message", "role": "user", "content": [TEXT]})


def test_a_clients_id_is_kept() -> None:
    """An id and a status of the client's own stay."""
    entry = completed(message("system", TEXT, id="mine", status="incomplete"), "item_7", "pcm16")
    assert (entry.id, entry.item["status"]) == ("mine", "incomplete")


def test_audio_is_taken_in_and_not_shown() -> None:
    """The audio of a message is kept with it, but no event repeats it; its transcript stays."""
    spoken = {"type": "input_audio", "audio": audio(silence(500, "g711_alaw")), "transcript": "hello"}
    entry = completed(message("user", spoken, TEXT), "item_7", "g711_alaw")
    assert entry.item["content"] == [{"type": "input_audio", "transcript": "hello"}, TEXT]
    assert entry.audio_ms == 500
    assert text_of(entry.item) == "hello hello"


def test_a_call_gets_an_id() -> None:
    """A function call without a `call_id` gets one; an output keeps the one that it answers."""
    call = completed({"type": "function_call", "name": "f", "arguments": "{}"}, "item_7", "pcm16")
    output = completed({"type": "function_call_output", "call_id": "c", "output": ""}, "item_8", "pcm16")
    assert (call.item["call_id"], output.item["call_id"]) == ("call_7", "c")


def test_mcp_items_pass_as_they_are() -> None:
    """What the service keeps for remote servers is stored as it came."""
    item = {"type": "mcp_approval_response", "id": "m", "approval_request_id": "a", "approve": True}
    assert completed(item, "item_7", "pcm16").item == {"object": "realtime.item", "status": "completed", **item}


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({}, "missing_required_parameter", "item.type"),
        ({"type": "message", "content": []}, "missing_required_parameter", "item.role"),
        ({"type": "message", "role": "user"}, "missing_required_parameter", "item.content"),
        ({"type": "function_call", "name": "f"}, "missing_required_parameter", "item.arguments"),
        ({"type": "function_call_output", "output": ""}, "missing_required_parameter", "item.call_id"),
        (message("user", {"text": "x"}), "missing_required_parameter", "item.content[0].type"),
        (message("user", TEXT, {"type": "input_text"}), "missing_required_parameter", "item.content[1].text"),
        (message("user", {"type": "input_image"}), "missing_required_parameter", "item.content[0].image_url"),
        (message("user", {"type": "input_audio"}), "missing_required_parameter", "item.content[0].audio"),
        (message("user", {"type": "input_audio", "audio": "?"}), "invalid_value", "item.content[0].audio"),
        (message("user", {"type": "output_text", "text": "x"}), "invalid_value", "item.content[0].type"),
        (message("system", {"type": "input_audio", "audio": ""}), "invalid_value", "item.content[0].type"),
        (message("assistant", TEXT), "invalid_value", "item.content[0].type"),
        (
            message("assistant", {"type": "output_audio", "transcript": "x"}),
            "missing_required_parameter",
            "item.content[0].text",
        ),
        (message("user", TEXT, id="i" * 33), "string_above_max_length", "item.id"),
        (
            {"type": "function_call", "name": "f", "arguments": "", "call_id": "c" * 33},
            "string_above_max_length",
            "item.call_id",
        ),
    ],
)
def test_what_the_service_demands(item: dict[str, Any], code: str, param: str) -> None:
    """Beyond the shapes each item needs its own keys, and each role takes parts of its own kinds only."""
    with pytest.raises(Refused) as refused:
        completed(item, "item_7", "pcm16")
    assert (refused.value.code, refused.value.param) == (code, param)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("%%%", "but got an invalid value."),
        ("AAA", "but got an invalid value."),
        ("AAAA\n", "but got an invalid value."),
        ("ä", "but got an invalid value."),
        ("", "but got empty bytes."),
        (audio(b"\0\0\0"), "but got an odd number of bytes."),
    ],
)
def test_audio_is_strict(text: str, why: str) -> None:
    """Audio is canonical base64 of whole samples, and of something."""
    with pytest.raises(Refused) as refused:
        decoded_audio(text, "pcm16", "audio")
    expected = "Invalid 'audio'. Expected base64-encoded audio bytes (mono PCM16 at 24kHz)"
    assert (refused.value.code, refused.value.message) == ("invalid_value", f"{expected} {why}")


def test_g711_has_no_odd_number() -> None:
    """In G.711 each byte is a sample; its name is told where it is wrong."""
    assert decoded_audio(audio(b"\0\0\0"), "g711_ulaw", "audio") == b"\0\0\0"
    with pytest.raises(Refused, match="g711_ulaw at 8kHz"):
        decoded_audio("", "g711_ulaw", "audio")


def test_an_append_has_a_limit() -> None:
    """15 MiB of audio pass, more do not."""
    assert len(decoded_audio(audio(bytes(MAX_APPEND)), "pcm16", "audio")) == MAX_APPEND
    with pytest.raises(Refused) as refused:
        decoded_audio(audio(bytes(MAX_APPEND + 2)), "pcm16", "audio")
    assert refused.value.code == "string_above_max_length"
