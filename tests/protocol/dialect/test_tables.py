"""Tests of app.protocol.dialect.tables: the rows cover the catalogue, and name what it names."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.protocol.catalogue import GA, PREVIEW, Generation
from app.protocol.dialect import tables
from app.protocol.dialect.params import param_to_ga
from app.protocol.dialect.tables import (
    DEFAULTS,
    LATE_KEYS,
    MARKERS,
    RENAMED_TO_GA,
    RENAMED_TO_PREVIEW,
    SERVER_BY_GA,
    SERVER_BY_PREVIEW,
    SERVER_EVENTS_OF,
    TABLES,
)

ACTIONS = {"pass", "rename", "move", "convert", "add", "strip", "drop_warn", "drop_silent", "none", "emulate"}
SERVER_ACTIONS = {"pass", "rename", "convert", "synthesize", "swallow", "none"}

PREVIEW_TYPES = {
    "session": ["Session", "session_update_event.Session"],
    "transcription_session": ["TranscriptionSession", "transcription_session_update.Session"],
    "response_create": ["response_create_event.Response"],
    "response": ["RealtimeResponse"],
    "item": ["ConversationItem", "ConversationItemWithReference"],
}
GA_TYPES = {
    "session": ["RealtimeSessionCreateRequest", "ServerRealtimeSession"],
    "transcription_session": ["RealtimeTranscriptionSessionCreateRequest", "ServerTranscriptionSession"],
    "response_create": ["RealtimeResponseCreateParams"],
    "response": ["RealtimeResponse"],
    "item": [
        "RealtimeConversationItemAssistantMessage",
        "RealtimeConversationItemFunctionCall",
        "RealtimeConversationItemFunctionCallOutput",
    ],
}


def names(generation: Generation, types: list[str]) -> set[str]:
    """Return the names of the fields of some types; those that hold others as well."""
    fields = [field for name in types for field in generation.types[name]]
    return {field["name"] for field in fields if "extends" not in field}


def leaves(generation: Generation, types: list[str], path: str = "") -> Iterator[str]:
    """Yield the paths of all fields of some types, `audio` and what it groups followed down."""
    for name in types:
        for field in generation.types[name]:
            where = f"{path}{field['name']}"
            if where in {"audio", "audio.input", "audio.output"}:
                yield from leaves(generation, [field["ref"]], f"{where}.")
            elif "extends" not in field:
                yield where


@pytest.mark.parametrize("table", TABLES)
def test_every_field_of_either_generation_has_a_row(table: str) -> None:
    """What the catalogue lists is in the table, and nothing else is."""
    rows = TABLES[table]
    assert {row.preview for row in rows if row.preview} == names(PREVIEW, PREVIEW_TYPES[table])
    assert {".".join(row.ga) for row in rows if row.ga} == set(leaves(GA, GA_TYPES[table]))


@pytest.mark.parametrize("table", TABLES)
def test_every_action_is_one_that_is_carried_out(table: str) -> None:
    """A row without a place on one side carries nothing there."""
    for row in TABLES[table]:
        assert {row.to_ga, row.to_preview} <= ACTIONS
        assert row.ga or not row.carried_to_ga
        assert row.preview or not row.carried_to_preview


def test_every_server_event_has_a_row() -> None:
    """Each event of either generation, and no other, is translated by name."""
    assert set(SERVER_BY_PREVIEW) == set(PREVIEW.server)
    assert set(SERVER_BY_GA) == set(GA.server)
    for row in [*SERVER_BY_PREVIEW.values(), *SERVER_BY_GA.values()]:
        assert {row.to_ga, row.to_preview} <= SERVER_ACTIONS


def test_what_is_swallowed_is_what_preview_lacks_or_cannot_configure() -> None:
    """Done events, SIP, timeouts and MCP."""
    swallowed = {row.ga for row in SERVER_BY_GA.values() if row.to_preview == "swallow"}
    named = {"conversation.item.done", "input_audio_buffer.timeout_triggered"}
    named |= {"input_audio_buffer.dtmf_event_received"}
    assert swallowed - {name for name in swallowed if "mcp_" in name} == named
    assert {name for name in GA.server if "mcp_" in name} <= swallowed


def test_the_renamed_events_are_a_text_and_audio_answer_in_pieces() -> None:
    """Six events change their name alone, both ways."""
    assert RENAMED_TO_PREVIEW == {
        "response.output_text.delta": "response.text.delta",
        "response.output_text.done": "response.text.done",
        "response.output_audio.delta": "response.audio.delta",
        "response.output_audio.done": "response.audio.done",
        "response.output_audio_transcript.delta": "response.audio_transcript.delta",
        "response.output_audio_transcript.done": "response.audio_transcript.done",
    }
    assert {ga: preview for preview, ga in RENAMED_TO_GA.items()} == RENAMED_TO_PREVIEW


def test_the_first_version_knows_27_events() -> None:
    """Its clients close on any other; what is only renamed is among them."""
    events = SERVER_EVENTS_OF["2024-10-01"]
    assert len(events) == 27
    assert events <= set(PREVIEW.server)
    assert set(RENAMED_TO_GA) <= events


@pytest.mark.parametrize(
    ("name", "model"), [("session", "Session"), ("transcription_session", "TranscriptionSession")]
)
def test_every_field_of_a_session_has_a_default(name: str, model: str) -> None:
    """Old clients expect each; the modalities of a transcription session alone were never told."""
    assert set(DEFAULTS[name]) == names(PREVIEW, [model]) - ({"modalities"} if "trans" in name else set())


def test_a_marker_is_a_path_of_its_generation_alone() -> None:
    """What both generations say tells nothing."""
    preview = {f"session.{name}" for name in names(PREVIEW, PREVIEW_TYPES["session"])}
    preview |= {f"response.{name}" for name in names(PREVIEW, PREVIEW_TYPES["response_create"])}
    ga = {f"session.{name}" for name in names(GA, GA_TYPES["session"])}
    ga |= {f"response.{name}" for name in names(GA, GA_TYPES["response_create"])}
    assert set(MARKERS["preview"]) <= preview - ga
    assert set(MARKERS["ga"]) <= ga - preview
    assert set(LATE_KEYS) <= names(PREVIEW, PREVIEW_TYPES["session"])


def test_params_follow_the_rows() -> None:
    """An error's path goes the way that the value went."""
    moved = {
        f"session.{row.preview}": f"session.{'.'.join(row.ga)}"
        for row in TABLES["session"]
        if row.preview and row.carried_to_ga
    }
    assert moved == {preview: param_to_ga(preview) for preview in moved}


def test_facts_are_read_only_in_name() -> None:
    """Nothing of the tables is empty."""
    shown: Mapping[str, Any] = vars(tables)
    assert all(shown[name] for name in tables.__all__)
