"""Tests of app.protocol.dialect.from_preview: what a preview client asks, as GA."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.catalogue import GA
from app.protocol.dialect.client_state import ClientState
from app.protocol.dialect.from_preview import FromPreview
from app.protocol.dialect.passage import Fallbacks
from app.simulator.validation import check

Event = dict[str, Any]


class Client:
    """A preview client's side, with what it was warned of."""

    def __init__(self, *, transcription: bool = False, keep: bool = False) -> None:
        self.state = ClientState(transcription=transcription, keep=keep)
        self.said: list[str] = []
        self._reader = FromPreview(self.state, self.said.append, Fallbacks())

    def says(self, kind: str, **fields: Any) -> list[Event]:
        return self._reader.read({"type": kind, **fields})

    def is_refused(self, kind: str, **fields: Any) -> Refused:
        with pytest.raises(Refused) as refused:
            self.says(kind, event_id="event_1", **fields)
        assert refused.value.event_id == "event_1"
        return refused.value


@pytest.fixture
def client() -> Client:
    return Client()


def test_an_update_is_one_of_gas(client: Client) -> None:
    """GA takes it as it is; the model goes nowhere, temperature is remembered, with a warning."""
    asked = {"model": "gpt-4o", "modalities": ["text", "audio"], "voice": "sage", "temperature": 0.7}
    (told,) = client.says("session.update", event_id="event_1", session=asked)
    assert told == {
        "type": "session.update",
        "event_id": "event_1",
        "session": {"type": "realtime", "output_modalities": ["audio"], "audio": {"output": {"voice": "sage"}}},
    }
    check(GA, told)
    assert client.state.temperature == 0.7
    assert len(client.said) == 1


def test_a_sparse_sub_object_is_sent_whole(client: Client) -> None:
    """What the service reported, and what was asked since, completes it."""
    detection = {"type": "server_vad", "threshold": 0.5, "silence_duration_ms": 200}
    client.state.in_force.reported({"audio": {"input": {"turn_detection": detection}}})
    client.says("session.update", session={"turn_detection": {"threshold": 0.9}})
    (told,) = client.says("session.update", session={"turn_detection": {"silence_duration_ms": 300}})
    expected = {"type": "server_vad", "threshold": 0.9, "silence_duration_ms": 300}
    assert expected == told["session"]["audio"]["input"]["turn_detection"]


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"nonsense": 1}, "session.nonsense"),
        ({"turn_detection": {"type": "server_vad", "nonsense": 1}}, "session.turn_detection.nonsense"),
        (
            {"input_audio_transcription": {"model": "a", "nonsense": 1}},
            "session.input_audio_transcription.nonsense",
        ),
        ({"tools": [{"type": "function", "name": "f", "strict": True}]}, "session.tools[0].strict"),
        ({"tracing": {"nonsense": 1}}, "session.tracing.nonsense"),
        ({"output_modalities": ["audio"]}, "session.output_modalities"),
        ({"id": "sess_1"}, "session.id"),
    ],
)
def test_an_unknown_key_is_refused_where_it_stands(client: Client, session: Event, param: str) -> None:
    """Forwarding it would cost the whole update; nothing of the refused update is remembered."""
    refused = client.is_refused("session.update", session={**session, "temperature": 1.1})
    assert (refused.code, refused.param) == ("unknown_parameter", param)
    assert (client.state.temperature, client.state.in_force.session) == (None, None)


@pytest.mark.parametrize(
    "kind", ["session.update", "response.create", "input_audio_buffer.append", "conversation.item.retrieve"]
)
def test_an_unknown_key_beside_the_object_is_refused(client: Client, kind: str) -> None:
    """An event's own keys are looked at too."""
    assert client.is_refused(kind, nonsense=1).param == "nonsense"


@pytest.mark.parametrize("key", ["truncation", "prompt"])
def test_what_only_newer_preview_servers_know_is_translated(client: Client, key: str) -> None:
    """GA has it by the same name."""
    value = {"truncation": "auto", "prompt": {"id": "p"}}[key]
    (told,) = client.says("session.update", session={key: value})
    assert told["session"] == {"type": "realtime", key: value}


@pytest.mark.parametrize(
    ("kind", "fields", "param"),
    [
        ("session.update", {"session": {"temperature": "hot"}}, "session.temperature"),
        ("session.update", {"session": {"temperature": True}}, "session.temperature"),
        ("session.update", {"session": []}, "session"),
        ("session.update", {"session": {"modalities": ["smell"]}}, "session.modalities"),
        ("response.create", {"response": {"commit": 1}}, "response.commit"),
        ("response.create", {"response": {"input": [{"type": "smell"}]}}, "response.input[0].type"),
        ("conversation.item.create", {"item": {"type": "mcp_call"}}, "item.type"),
    ],
)
def test_an_invalid_value_is_refused_where_it_stands(client: Client, kind: str, fields: Event, param: str) -> None:
    """What has to be converted has to be convertible."""
    refused = client.is_refused(kind, **fields)
    assert (refused.code, refused.param) == ("invalid_value", param)


def test_a_transcription_session_is_one_of_gas(client: Client) -> None:
    """By its event, or by the socket that it is asked on."""
    expected = {
        "type": "session.update",
        "session": {"type": "transcription", "audio": {"input": {"transcription": None}}},
    }
    asked = {"input_audio_transcription": None}
    assert client.says("transcription_session.update", session=asked) == [expected]
    assert Client(transcription=True).says("session.update", session=asked) == [expected]
    assert Client(transcription=True).is_refused("session.update", session={"voice": "a"}).param == "session.voice"


def test_an_event_without_its_object_is_the_services_to_refuse(client: Client) -> None:
    """Its own name is GA's; null is nothing."""
    assert client.says("transcription_session.update") == [{"type": "session.update"}]
    assert client.says("conversation.item.create") == [{"type": "conversation.item.create"}]
    assert client.says("response.create", response=None) == [{"type": "response.create"}]


def test_an_item_is_one_of_gas(client: Client) -> None:
    """An assistant's text has another name."""
    item = {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "a"}]}
    (told,) = client.says("conversation.item.create", item=item, previous_item_id="root")
    check(GA, told)
    assert told["item"]["content"] == [{"type": "output_text", "text": "a"}]
    assert told["previous_item_id"] == "root"


def test_a_retrieve_is_remembered(client: Client) -> None:
    """Its answer may be an item that preview does not have."""
    assert client.says("conversation.item.retrieve", item_id="item_1", event_id="event_1")
    assert client.says("conversation.item.retrieve", item_id=[])
    assert client.state.told_item("item_1") == "event_1"


def test_a_responses_temperature_is_remembered(client: Client) -> None:
    """It is that of the next response."""
    (told,) = client.says("response.create", response={"temperature": 1.1, "voice": "sage"})
    check(GA, told)
    assert client.state.begun("resp_1") == 1.1


def test_the_drafts_flags_are_events_of_their_own(client: Client) -> None:
    """Cancel what is under way, commit what was heard, append items, and only then ask; one id for all."""
    client.state.begun("resp_1")
    asked = {
        "commit": True,
        "cancel_previous": True,
        "append_input_items": [{"type": "message", "role": "user", "content": []}],
    }
    told = client.says("response.create", event_id="event_1", response=asked)
    for event in told:
        check(GA, event)
    assert [event["type"] for event in told] == [
        "response.cancel",
        "input_audio_buffer.commit",
        "conversation.item.create",
        "response.create",
    ]
    assert {event["event_id"] for event in told} == {"event_1"}
    assert told[-1]["response"] == {}


def test_nothing_is_cancelled_where_nothing_is_under_way(client: Client) -> None:
    """The service would answer with an error."""
    assert [each["type"] for each in client.says("response.create", response={"cancel_previous": True})] == [
        "response.create"
    ]


def test_an_unknown_event_passes(client: Client) -> None:
    """What may pass is not the translation's to say."""
    assert client.says("session.avatar.connect", sdp="a") == [{"type": "session.avatar.connect", "sdp": "a"}]


def test_where_both_sides_keep_nothing_is_refused() -> None:
    """What GA lacks stays where it stands."""
    client = Client(keep=True)
    asked = {"temperature": 0.7, "turn_detection": {"type": "azure_semantic_vad"}, "nonsense": 1}
    (told,) = client.says("session.update", session=asked)
    assert told["session"]["temperature"] == 0.7
    assert told["session"]["nonsense"] == 1
    assert client.says("response.create", response={"commit": True}) == [
        {"type": "response.create", "response": {"commit": True}}
    ]
    assert client.said == []
