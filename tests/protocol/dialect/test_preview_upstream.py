"""Tests of app.protocol.dialect.preview_upstream: a GA client on a service that speaks preview."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.catalogue import PREVIEW
from app.protocol.dialect.passage import Fallbacks
from app.protocol.dialect.preview_upstream import PreviewUpstream
from app.simulator.validation import check

Event = dict[str, Any]

CALL = {"id": "item_1", "type": "function_call", "name": "look", "status": "in_progress"}
USER = {"id": "item_2", "type": "message", "role": "user", "status": "completed", "content": []}


@pytest.fixture
def upstream() -> PreviewUpstream:
    return PreviewUpstream()


def told(upstream: PreviewUpstream, kind: str, **fields: Any) -> list[Event]:
    return upstream.read({"type": kind, "event_id": "event_1", **fields})


def update(**session: Any) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def test_an_update_is_one_of_previews(upstream: PreviewUpstream) -> None:
    """Flat, with its names and forms."""
    audio = {"input": {"turn_detection": None}, "output": {"voice": "sage", "format": {"type": "audio/pcmu"}}}
    (asked,) = upstream.write({**update(audio=audio, output_modalities=["audio"]), "event_id": "event_1"})
    check(PREVIEW, asked)
    assert asked == {
        "type": "session.update",
        "event_id": "event_1",
        "session": {
            "modalities": ["audio", "text"],
            "voice": "sage",
            "output_audio_format": "g711_ulaw",
            "turn_detection": None,
        },
    }


@pytest.mark.parametrize("transcription", [True, False])
def test_a_transcription_update_is_an_event_of_its_own(*, transcription: bool) -> None:
    """By the session's type, or by the socket where it does not say."""
    session = {"audio": {"input": {"transcription": {"model": "a"}}}}
    given = session if transcription else {"type": "transcription", **session}
    (asked,) = PreviewUpstream(transcription=transcription).write({"type": "session.update", "session": given})
    assert asked == {
        "type": "transcription_session.update",
        "session": {"input_audio_transcription": {"model": "a"}},
    }


@pytest.mark.parametrize(
    ("event", "param"),
    [
        (update(tools=[{"type": "mcp", "server_label": "a"}]), "session.tools[0].type"),
        (
            update(audio={"input": {"format": {"type": "audio/pcm", "rate": 16000}}}),
            "session.audio.input.format.rate",
        ),
        (update(audio={"output": {"voice": "marin"}}), "session.audio.output.voice"),
        (update(audio=5), "session.audio"),
        ({"type": "session.update", "session": 5}, "session"),
        ({"type": "conversation.item.create", "item": {"type": "mcp_call"}}, "item.type"),
        (
            {"type": "response.create", "response": {"audio": {"output": {"voice": {"id": "a"}}}}},
            "response.audio.output.voice",
        ),
    ],
)
def test_what_preview_cannot_do_is_refused(upstream: PreviewUpstream, event: Event, param: str) -> None:
    """In GA's words, with the client's `event_id`."""
    with pytest.raises(Refused) as refused:
        upstream.write({**event, "event_id": "event_1"})
    found = refused.value
    assert (found.code, found.param, found.event_id) == ("invalid_value", param, "event_1")


def test_what_preview_lacks_is_dropped_with_one_warning() -> None:
    """A default is no loss."""
    said: list[str] = []
    upstream = PreviewUpstream(warn=said.append)
    lost = {
        "truncation": "disabled",
        "reasoning": {"effort": "low"},
        "parallel_tool_calls": True,
        "include": ["a"],
    }
    for _ in range(2):
        assert upstream.write(update(**lost)) == [{"type": "session.update", "session": {}}]
    assert [words.split("'")[1] for words in said] == [
        "session.include",
        "session.truncation",
        "session.reasoning",
        "session.parallel_tool_calls",
    ]
    PreviewUpstream(warn=said.append).write(update(truncation="auto", include=None))
    assert len(said) == 4


def test_a_key_of_another_kind_of_content_is_dropped() -> None:
    """GA knows it somewhere, preview nowhere; its service would refuse the whole item."""
    said: list[str] = []
    content = {"type": "input_text", "text": "a"}
    item = {"type": "message", "role": "user", "content": [{**content, "detail": "auto"}]}
    (told,) = PreviewUpstream(warn=said.append).write({"type": "conversation.item.create", "item": item})
    assert told["item"]["content"] == [content]
    assert len(said) == 1


def test_a_key_that_ga_lacks_is_refused_as_its_service_would() -> None:
    """The whole update is, and nothing of it is sent."""
    with pytest.raises(Refused) as refused:
        PreviewUpstream().write({**update(instructions="a", no_such=1), "event_id": "event_1"})
    found = refused.value
    assert (found.code, found.param, found.event_id) == ("unknown_parameter", "session.no_such", "event_1")


def test_an_old_upstream_is_not_sent_what_later_ones_know() -> None:
    """Null is no loss."""
    said: list[str] = []
    audio = {"output": {"speed": 1.1}, "input": {"noise_reduction": None}}
    old = PreviewUpstream(warn=said.append, api_version="2024-12-17-preview")
    assert old.write(update(audio=audio, instructions="a"))[0]["session"] == {"instructions": "a"}
    assert [words.split("'")[1] for words in said] == ["session.speed"]
    new = PreviewUpstream(warn=said.append, api_version="2025-04-01-preview")
    assert new.write(update(audio=audio))[0]["session"] == {"speed": 1.1, "input_audio_noise_reduction": None}


def test_a_fallback_stands_in_for_what_preview_lacks() -> None:
    """The operator names it."""
    upstream = PreviewUpstream(fallbacks=Fallbacks(voice="sage"))
    assert upstream.write(update(audio={"output": {"voice": "marin"}}))[0]["session"] == {"voice": "sage"}


def test_a_response_is_asked_for_with_the_limit_named_as_the_service_wants_it() -> None:
    """Two names were documented; which is right is a setting."""
    event = {"type": "response.create", "response": {"max_output_tokens": 7}}
    assert PreviewUpstream().write(event) == [event]
    other = PreviewUpstream(limit_key="max_response_output_tokens")
    assert other.write(event)[0]["response"] == {"max_response_output_tokens": 7}
    assert other.write({"type": "response.create", "response": None}) == [{"type": "response.create"}]


def test_an_item_is_one_of_previews(upstream: PreviewUpstream) -> None:
    """An assistant's text has another name."""
    item = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}
    (asked,) = upstream.write({"type": "conversation.item.create", "item": item})
    check(PREVIEW, asked)
    assert asked["item"]["content"] == [{"type": "text", "text": "a"}]


@pytest.mark.parametrize("kind", ["session.update", "conversation.item.create", "response.create", "custom.event"])
def test_an_event_without_its_object_is_the_services_to_refuse(upstream: PreviewUpstream, kind: str) -> None:
    """Unknown events pass too."""
    assert upstream.write({"type": kind}) == [{"type": kind}]


def test_a_session_is_one_of_gas(upstream: PreviewUpstream, preview_session: Event, ga_session: Event) -> None:
    """A sparse update is completed from it, until an error takes back what was asked."""
    del ga_session["truncation"], ga_session["audio"]["input"]["turn_detection"]["idle_timeout_ms"]
    (session,) = told(upstream, "session.created", session=preview_session)
    assert session == {"type": "session.created", "event_id": "event_1", "session": ga_session}
    upstream.write(update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 9}}}))
    told(upstream, "error", error={})
    (asked,) = upstream.write(update(audio={"input": {"turn_detection": {"silence_duration_ms": 1}}}))
    assert asked["session"]["turn_detection"] == {**preview_session["turn_detection"], "silence_duration_ms": 1}


def test_a_transcription_session_is_a_session(
    upstream: PreviewUpstream, preview_transcription_session: Event, ga_transcription_session: Event
) -> None:
    """GA has one event for both."""
    (session,) = told(upstream, "transcription_session.updated", session=preview_transcription_session)
    assert (session["type"], session["session"]) == ("session.updated", ga_transcription_session)


def test_a_turn_gets_its_done_events(upstream: PreviewUpstream) -> None:
    """A user's item at once, a response's before its output is done; each with an id."""
    done = {**CALL, "status": "completed", "arguments": "{}"}
    output = {"response_id": "resp_1", "output_index": 0}
    events = [
        *told(upstream, "conversation.item.created", item=USER, previous_item_id="item_0"),
        *told(upstream, "response.created", response={"id": "resp_1"}),
        *told(upstream, "response.output_item.added", item=CALL, **output),
        *told(upstream, "conversation.item.created", item=CALL, previous_item_id="item_2"),
        *told(upstream, "response.function_call_arguments.done", item_id="item_1", arguments="{}"),
        *told(upstream, "response.output_item.done", item=done, **output),
        *told(upstream, "response.done", response={"id": "resp_1", "output": [done]}),
    ]
    assert [event["type"] for event in events] == [
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert events[1] == {**events[1], "item": USER, "previous_item_id": "item_0"}
    assert events[5]["name"] == "look"
    assert events[6]["item"] == done
    assert all(isinstance(event["event_id"], str) for event in events)


def test_a_cut_response_closes_its_items(upstream: PreviewUpstream) -> None:
    """Before the response is done; a deleted item is left alone."""
    told(upstream, "response.output_item.added", item=CALL, response_id="resp_1")
    told(upstream, "conversation.item.created", item=CALL)
    cut = {"id": "resp_1", "output": [{**CALL, "status": "incomplete"}]}
    events = told(upstream, "response.done", response=cut)
    assert [event["type"] for event in events] == ["conversation.item.done", "response.done"]
    assert events[0]["item"]["status"] == "incomplete"
    told(upstream, "conversation.item.created", item=CALL)
    assert told(upstream, "conversation.item.deleted", item_id="item_1")
    assert len(told(upstream, "response.done", response=cut)) == 1


def test_a_transcript_gets_a_usage(upstream: PreviewUpstream) -> None:
    """Old servers tell none, GA's models demand one; a told one stays."""
    kind = "conversation.item.input_audio_transcription.completed"
    assert told(upstream, kind)[0]["usage"] == {"type": "duration", "seconds": 0}
    assert told(upstream, kind, usage={"type": "tokens"})[0]["usage"] == {"type": "tokens"}


def test_names_change_and_all_else_passes(upstream: PreviewUpstream) -> None:
    """Voice Live's own events and keys too."""
    assert told(upstream, "response.audio.delta", delta="AA==")[0]["type"] == "response.output_audio.delta"
    own = {"type": "response.animation_viseme.delta", "event_id": "event_1", "viseme_id": 3}
    assert upstream.read(own) == [own]
    (session,) = told(upstream, "session.updated", session={"animation": {"outputs": []}})
    assert session["session"]["animation"] == {"outputs": []}


def test_an_error_speaks_ga(upstream: PreviewUpstream) -> None:
    """The client asked in GA's words."""
    (error,) = told(upstream, "error", error={"param": "session.voice"})
    assert error["error"] == {"param": "session.audio.output.voice"}


@pytest.mark.parametrize(
    "kind", ["session.created", "response.created", "response.done", "conversation.item.created"]
)
def test_an_event_without_its_object_is_told_without(upstream: PreviewUpstream, kind: str) -> None:
    """Nothing is made up, and nothing raises."""
    (event,) = told(upstream, kind)
    assert set(event) == {"type", "event_id"}
