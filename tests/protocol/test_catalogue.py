"""Tests of app.protocol.catalogue: its events are those of the official SDK, and its references resolve."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import pytest
from openai.types import realtime as ga
from openai.types.beta import realtime as beta

from app.protocol.catalogue import GA, GENERATIONS, PREVIEW, Generation

BEYOND_THE_SDK = {
    # The SDK's beta classes were no longer maintained when these came; OpenAI's OpenAPI description lists them for
    # both generations.
    "conversation.item.input_audio_transcription.segment",
    "mcp_list_tools.completed",
    "mcp_list_tools.failed",
    "mcp_list_tools.in_progress",
    "response.mcp_call.completed",
    "response.mcp_call.failed",
    "response.mcp_call.in_progress",
    "response.mcp_call_arguments.delta",
    "response.mcp_call_arguments.done",
    # The SDK knows the update of a transcription session and its acknowledgement, and not its first event.
    "transcription_session.created",
}

LOOSER_THAN_THE_SDK = {
    # The preview service began without it.
    (PREVIEW.name, "conversation.item.input_audio_transcription.completed", "usage"),
}

UNIONS = [
    (GA.client, ga.RealtimeClientEvent, set()),
    (GA.server, ga.RealtimeServerEvent, set()),
    (PREVIEW.client, beta.RealtimeClientEvent, set()),
    (PREVIEW.server, beta.RealtimeServerEvent, BEYOND_THE_SDK),
]

BOTH = pytest.mark.parametrize("generation", [GA, PREVIEW], ids=["ga", "preview"])


def members(union: Any) -> list[Any]:
    """Return the classes of one of the SDK's unions, which stands in an `Annotated`."""
    return list(get_args(get_args(union)[0]))


def event_type(model: Any) -> str:
    """Return the one value that the `type` of an SDK's event may have."""
    (value,) = get_args(model.model_fields["type"].annotation)
    return str(value)


def optional_here(events: Mapping[str, Any], union: Any) -> Iterator[tuple[str, str]]:
    """Yield event and name of each field that the SDK requires and the catalogue does not."""
    for model in members(union):
        kind = event_type(model)
        required = {field["name"] for field in events[kind]["fields"] if field["required"]}
        for name, field in model.model_fields.items():
            if field.is_required() and name not in required | {"type"}:
                yield kind, name


def references(fields: Any) -> Iterator[str]:
    """Yield the name of each nested type that a description refers to, at any depth."""
    if isinstance(fields, Mapping):
        yield from (fields[key] for key in ("ref", "extends") if key in fields)
    inner = fields.values() if isinstance(fields, Mapping) else fields if isinstance(fields, list) else ()
    for each in inner:
        yield from references(each)


@pytest.mark.parametrize(("events", "union", "beyond"), UNIONS)
def test_the_events_are_the_sdks(events: Mapping[str, Any], union: Any, beyond: set[str]) -> None:
    """Every event of the SDK is in the catalogue; what the catalogue has beyond is listed here with its reason."""
    assert {event_type(model) for model in members(union)} | beyond == set(events)


@pytest.mark.parametrize(("events", "union", "beyond"), UNIONS)
def test_what_is_beyond_the_sdk_is_not_in_it(events: Mapping[str, Any], union: Any, beyond: set[str]) -> None:
    """When the SDK learns an event, its exception here goes."""
    assert beyond <= set(events)
    assert not beyond & {event_type(model) for model in members(union)}


@BOTH
def test_what_the_sdk_demands_the_catalogue_demands(generation: Generation) -> None:
    """A field that the SDK's model of an event requires is required here too, but for the exceptions listed."""
    looser = set()
    for events, union, _ in UNIONS:
        if events in (generation.client, generation.server):
            looser |= {(generation.name, *each) for each in optional_here(events, union)}
    assert looser == {each for each in LOOSER_THAN_THE_SDK if each[0] == generation.name}


@BOTH
def test_all_references_resolve(generation: Generation) -> None:
    """Whatever a field refers to is a type of the same generation."""
    named = set(references([generation.client, generation.server, generation.types]))
    assert named
    assert named <= set(generation.types)


@BOTH
def test_every_field_has_a_name_and_is_required_or_not(generation: Generation) -> None:
    """A field has `name` and `required`, or is the pseudo field `...`; no name comes twice in an event."""
    for event in [*generation.client.values(), *generation.server.values()]:
        fields = [field for field in event["fields"] if field["name"] != "..."]
        assert all(isinstance(field["required"], bool) for field in fields)
        assert len({field["name"] for field in fields}) == len(fields)


@BOTH
def test_only_output_audio_buffer_and_dtmf_travel_elsewhere(generation: Generation) -> None:
    """The events that belong to WebRTC and SIP say so; all others travel over WebSocket."""
    events = {**generation.client, **generation.server}
    elsewhere = {name for name, event in events.items() if "transport" in event}
    assert {name for name in events if name.startswith("output_audio_buffer.")} <= elsewhere
    assert elsewhere <= {
        name for name in events if name.startswith(("output_audio_buffer.", "input_audio_buffer."))
    }


def test_generations_are_found_by_name() -> None:
    """The mapping holds both generations under their own names."""
    assert dict(GENERATIONS) == {"ga": GA, "preview": PREVIEW}
    assert [each.name for each in GENERATIONS.values()] == ["ga", "preview"]
