"""Properties of the translation as a whole: nothing is lost that the table calls lossless, and nothing raises.

Events are generated from the catalogue, so that every field of every event takes its turn.
"""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.protocol.catalogue import GA, PREVIEW
from app.protocol.dialect import PreviewClient, PreviewUpstream
from app.simulator.validation import check
from tests.protocol.dialect.generating import client_events, intruded, server_events, spoiled
from tests.protocol.dialect.judging import judge

Event = dict[str, Any]

LOSSY = {
    # GA has no temperature; the secret never travels by socket.
    "temperature",
    "client_secret",
    # Only the draft of 2024-10-01 had these.
    "commit",
    "cancel_previous",
    "append_input_items",
    "input_items",
    # The relay pins the model in the URL; what a client calls it goes nowhere.
    "model",
}
FILLED = {
    # What the translation adds, for GA's models or for the strictest of old clients.
    "previous_item_id",
    "usage",
    "name",
    "object",
}
ADDITIVE = {"obfuscation", "languages"}
"""What GA adds to events that pass as they are."""
UPDATES = {"session.update", "transcription_session.update"}
SESSIONS = {"session.created", "session.updated", "transcription_session.created", "transcription_session.updated"}


def lossless(event: Event, *, asked: bool) -> Event:
    """Return an event without what the table marks as lost."""
    lost = LOSSY if asked else LOSSY - {"model"}
    if event["type"].startswith("transcription"):
        lost = lost | {"modalities"}
    if asked and event["type"] == "session.update":
        lost = lost | {"include"}
    return without(without(event, "session", lost), "response", LOSSY)


def assert_kept(before: Any, after: Any, added: set[str]) -> None:
    """Fail where a value is lost or changed on the way, or something came that nobody adds."""
    if isinstance(before, dict) and isinstance(after, dict):
        assert set(before) <= set(after)
        assert set(after) - set(before) <= added
        for key, value in before.items():
            if key == "modalities":
                assert sorted(after[key]) == sorted(value)
            else:
                assert_kept(value, after[key], added)
    elif isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            assert_kept(one, other, added)
    else:
        assert before == after


def without(event: Event, key: str, lost: set[str]) -> Event:
    """Return an event whose session or response lacks some keys."""
    inner = event.get(key)
    if not isinstance(inner, dict):
        return event
    return {**event, key: {name: value for name, value in inner.items() if name not in lost}}


def named(event: Event) -> Event:
    """Return a `response.create` with the name of the token limit that is written."""
    response = event.get("response")
    if event["type"] != "response.create" or not isinstance(response, dict):
        return event
    renamed = dict(response)
    limit = renamed.pop("max_response_output_tokens", None)
    if limit is not None:
        renamed.setdefault("max_output_tokens", limit)
    return {**event, "response": renamed}


def attempted(translate: Callable[[Event], Any], event: Event) -> Any:
    """Return what an event is translated to, or its refusal."""
    try:
        return translate(event)
    except Refused as refused:
        return refused


def back(upstream: PreviewUpstream, client: PreviewClient, event: Event) -> list[Event]:
    """Send a server event from a preview upstream to a preview client, through GA."""
    return [preview for inner in upstream.read(event) for preview in client.write(inner)]


@given(st.lists(server_events("preview"), min_size=1, max_size=6))
def test_what_a_preview_service_says_reaches_a_preview_client(events: list[Event]) -> None:
    """Preview → GA → preview is the identity for whole streams, but for what the table marks as lost."""
    upstream, client = PreviewUpstream(), PreviewClient()
    for event in events:
        told = back(upstream, client, event)
        if event["type"].startswith(("mcp_", "response.mcp_")):
            assert told == []
        else:
            (one,) = told
            everything = FILLED | set(one["session"]) if event["type"] in SESSIONS else FILLED
            assert_kept(lossless(event, asked=False), lossless(one, asked=False), everything)


@given(st.lists(server_events("preview"), min_size=1, max_size=6))
def test_nothing_at_all_is_lost_where_both_sides_keep(events: list[Event]) -> None:
    """With `keep` on both sides even what GA lacks comes through, temperature and MCP included."""
    upstream, client = PreviewUpstream(keep=True), PreviewClient(keep=True)
    for event in events:
        (one,) = back(upstream, client, event)
        everything = FILLED | set(one["session"]) if event["type"] in SESSIONS else FILLED | {"temperature"}
        assert_kept(event, one, everything)


@given(client_events("preview"))
def test_what_a_preview_client_asks_reaches_a_preview_service(event: Event) -> None:
    """Preview → GA → preview is the identity for what a client asks, but for what the table marks as lost."""
    client, upstream = PreviewClient(), PreviewUpstream(transcription=event["type"].startswith("transcription"))
    asked = named(lossless(event, asked=True))
    *_, told = [preview for inner in client.read(asked) for preview in upstream.write(inner)]
    if "response" in asked:
        assert_kept(asked, {"response": asked["response"], **told}, set())
    else:
        assert_kept(asked, told, set())


@given(client_events("preview"))
def test_a_client_loses_nothing_where_both_sides_keep(event: Event) -> None:
    """With `keep` on both sides a client's temperature goes up too; only its model name does not."""
    client, upstream = PreviewClient(keep=True), PreviewUpstream(keep=True)
    nothing = {"include"} if event.get("session", {}).get("include") is None else set()
    asked = named(without(without(event, "session", {"model"} | nothing), "response", {"input_items"}))
    (told,) = [preview for inner in client.read(asked) for preview in upstream.write(inner)]
    assert_kept(asked, told, set())


@given(st.lists(client_events("preview"), min_size=1, max_size=4))
def test_gas_service_understands_a_preview_client(events: list[Event]) -> None:
    """Whatever a preview client says in its own words is GA to the SDK's models, with no key unknown."""
    client = PreviewClient()
    for event in events:
        for told in client.read(event):
            judge("ga", "client", told)


@given(st.lists(server_events("ga"), min_size=1, max_size=6), st.sampled_from([None, "2024-10-01-preview"]))
def test_a_preview_client_understands_gas_service(events: list[Event], api_version: str | None) -> None:
    """Whatever GA's service says is preview to the SDK's models, with no key unknown, and is never more."""
    client = PreviewClient(api_version=api_version)
    told = [preview for event in events for preview in client.write(event)]
    for event in told:
        judge("preview", "server", {key: each for key, each in event.items() if key not in ADDITIVE})
    assert len(told) + client.swallowed.total() == len(events)


@given(st.lists(server_events("preview"), min_size=1, max_size=6))
def test_a_ga_client_understands_a_preview_service(events: list[Event]) -> None:
    """Whatever a preview service says is GA to the SDK's models, with no key unknown."""
    upstream = PreviewUpstream()
    for event in events:
        for told in upstream.read(event):
            judge("ga", "server", told)


@given(st.lists(client_events("ga"), min_size=1, max_size=4))
def test_a_preview_service_understands_a_ga_client(events: list[Event]) -> None:
    """What a GA client says is preview to the SDK's models, or is refused with GA's words."""
    upstream = PreviewUpstream()
    for event in events:
        told = attempted(upstream.write, event)
        if isinstance(told, Refused):
            assert (told.code, bool(told.param)) == ("invalid_value", True)
        else:
            judge("preview", "client", told[0])


@given(intruded(client_events("preview")))
def test_no_key_that_ga_does_not_know_reaches_it(event: Event) -> None:
    """Wherever a client puts a key of its own, it is refused, or was of no meaning to preview."""
    told = attempted(PreviewClient().read, event)
    for each in told if isinstance(told, list) else []:
        refused = attempted(partial(check, GA), each)
        assert not isinstance(refused, Refused) or refused.code != "unknown_parameter"


@given(intruded(client_events("ga")))
def test_no_key_that_preview_does_not_know_reaches_it(event: Event) -> None:
    """Wherever a client puts a key of its own, it is dropped."""
    told = attempted(PreviewUpstream().write, event)
    for each in told if isinstance(told, list) else []:
        refused = attempted(partial(check, PREVIEW), each)
        assert not isinstance(refused, Refused) or refused.code != "unknown_parameter"


@pytest.mark.parametrize("keep", [False, True])
@given(event=spoiled(server_events("preview")))
def test_an_odd_event_of_a_preview_service_never_raises(event: Event, *, keep: bool) -> None:
    """Whatever a preview service sends that has a type is translated as far as it can be."""
    upstream, client = PreviewUpstream(keep=keep), PreviewClient(keep=keep)
    for told in upstream.read(event):
        assert isinstance(told["event_id"], str)
        client.write(told)


@pytest.mark.parametrize("keep", [False, True])
@given(event=spoiled(server_events("ga")))
def test_an_odd_event_of_gas_service_never_raises(event: Event, *, keep: bool) -> None:
    """Whatever GA's service sends that has a type is translated as far as it can be."""
    for told in PreviewClient(keep=keep).write(event):
        assert isinstance(told["event_id"], str)


@pytest.mark.parametrize("keep", [False, True])
@given(spoilt=spoiled(client_events("preview") | client_events("ga")))
def test_an_odd_client_event_is_translated_or_refused(spoilt: Event, *, keep: bool) -> None:
    """Whatever a client sends that has a type is translated or refused; it is never changed in place."""
    before = deepcopy(spoilt)
    for translate in (PreviewClient(keep=keep).read, PreviewUpstream(keep=keep).write):
        told = attempted(translate, spoilt)
        assert not isinstance(told, Refused) or told.code in {"invalid_value", "unknown_parameter"}
        assert told
    assert before == spoilt


@given(spoiled(server_events("preview", "session.created")), client_events("ga", "session.update"))
def test_an_odd_session_in_force_completes_nothing_odd(session: Event, update: Event) -> None:
    """Whatever a service told of its session, a client's next update is translated or refused."""
    upstream, client = PreviewUpstream(), PreviewClient()
    for told in upstream.read(session):
        client.write(told)
    assert attempted(upstream.write, update)
    assert client.read({"type": "session.update", "session": {"turn_detection": {"threshold": 0.5}}})
