"""Tests of app.protocol.dialect.to_preview: what GA's service says, as an old client expects it."""

from typing import Any

import pytest

from app.protocol.dialect.client_state import ClientState
from app.protocol.dialect.tables import DEFAULTS
from app.protocol.dialect.to_preview import ToPreview

Event = dict[str, Any]

MCP = {"type": "mcp_call", "id": "mcp_1"}
MESSAGE = {
    "type": "message",
    "id": "item_1",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "a"}],
}
TOLD = {**MESSAGE, "object": "realtime.item", "content": [{"type": "text", "text": "a"}]}


class Service:
    """GA's side, as the client is told of it."""

    def __init__(self, api_version: str | None = None, *, transcription: bool = False, keep: bool = False) -> None:
        self.state = ClientState(transcription=transcription, keep=keep)
        self.writer = ToPreview(self.state, api_version)

    def says(self, kind: str, **fields: Any) -> list[Event]:
        return self.writer.write({"type": kind, "event_id": "event_1", **fields})

    def says_one(self, kind: str, **fields: Any) -> Event:
        (one,) = self.says(kind, **fields)
        return one


@pytest.fixture
def service() -> Service:
    return Service()


def test_a_session_is_told_with_every_field(service: Service, ga_session: Event, preview_session: Event) -> None:
    """As preview told it; the temperature is the one that was asked for."""
    service.state.remember(0.7)
    told = service.says_one("session.created", session=ga_session)
    assert told == {
        "type": "session.created",
        "event_id": "event_1",
        "session": {**preview_session, "temperature": 0.7},
    }
    assert service.state.in_force.session == ga_session


def test_a_field_that_is_missing_is_as_it_was_told_last(service: Service, ga_session: Event) -> None:
    """Or as preview's default has it: old clients expect every field."""
    assert service.says_one("session.created", session={})["session"] == DEFAULTS["session"]
    service.says("session.updated", session=ga_session)
    told = service.says_one("session.updated", session={"instructions": "Sing."})["session"]
    assert (
        told["turn_detection"]
        == service.says_one("session.updated", session=ga_session)["session"]["turn_detection"]
    )
    assert told["instructions"] == "Sing."


def test_a_transcription_session_has_its_own_events(
    service: Service, ga_transcription_session: Event, preview_transcription_session: Event
) -> None:
    """By what the service calls the session, or by the socket where it does not say."""
    told = service.says_one("session.updated", session=ga_transcription_session)
    assert told["type"] == "transcription_session.updated"
    assert told["session"] == preview_transcription_session
    assert service.state.transcription
    assert Service(transcription=True).says_one("session.created", session={})["type"] == (
        "transcription_session.created"
    )


def test_an_added_item_is_a_created_one(service: Service) -> None:
    """With the item before, null if none; its done event is swallowed and counted."""
    told = service.says_one("conversation.item.added", item=MESSAGE)
    assert told == {
        "type": "conversation.item.created",
        "event_id": "event_1",
        "previous_item_id": None,
        "item": TOLD,
    }
    assert service.says("conversation.item.done", item=MESSAGE) == []
    assert service.writer.swallowed == {"conversation.item.done": 1}


def test_an_item_told_by_both_names_is_told_once(service: Service) -> None:
    """GA declares the old name too."""
    assert service.says_one("conversation.item.created", item={**MESSAGE, "id": "item_2"})
    assert service.says_one("conversation.item.added", item=MESSAGE)
    assert service.says("conversation.item.created", item=MESSAGE) == []


@pytest.mark.parametrize(
    "kind", ["conversation.item.added", "response.output_item.added", "response.output_item.done"]
)
def test_mcp_is_swallowed(service: Service, kind: str) -> None:
    """A preview client cannot configure it, and would not know the item."""
    assert service.says(kind, item=MCP) == []
    assert service.says_one(kind, item=MESSAGE, previous_item_id="item_0")["item"] == TOLD
    assert Service(keep=True).says_one(kind, item=MCP)["item"]["type"] == "mcp_call"


def test_a_retrieved_item_that_preview_lacks_is_an_error(service: Service) -> None:
    """It answers the retrieve, which would otherwise wait for ever."""
    service.state.asked_item("mcp_1", "event_9")
    told = service.says_one("conversation.item.retrieved", item=MCP)
    assert (told["type"], told["event_id"]) == ("error", "event_1")
    assert (told["error"]["code"], told["error"]["event_id"]) == ("invalid_value", "event_9")
    assert service.says_one("conversation.item.retrieved", item=MESSAGE)["item"] == TOLD
    assert service.says_one("conversation.item.retrieved")["type"] == "conversation.item.retrieved"


def test_a_response_is_told_with_its_temperature(
    service: Service, ga_response: Event, preview_response: Event
) -> None:
    """From its beginning to its end."""
    service.state.asked_response(1.1)
    expected = {**preview_response, "temperature": 1.1}
    assert service.says_one("response.created", response=ga_response)["response"] == expected
    assert service.says_one("response.done", response=ga_response)["response"] == expected
    assert service.says_one("response.done", response=ga_response)["response"] == preview_response


def test_what_is_only_renamed_is_only_renamed(service: Service) -> None:
    """Whatever else it holds."""
    told = service.says_one("response.output_audio.delta", delta="AA==", obfuscation="x")
    assert told == {"type": "response.audio.delta", "event_id": "event_1", "delta": "AA==", "obfuscation": "x"}


def test_an_error_speaks_preview(service: Service) -> None:
    """And takes back what the service may have refused."""
    service.state.asked_response(1.1)
    told = service.says_one("error", error={"param": "session.audio.output.voice"})
    assert told["error"] == {"param": "session.voice"}
    assert service.state.begun("resp_1") is None


def test_every_event_has_an_id(service: Service) -> None:
    """The oldest clients demand one, of an error too."""
    (told,) = service.writer.write({"type": "error", "error": {}})
    assert told["event_id"]


def test_the_item_before_is_told_even_where_there_is_none(service: Service) -> None:
    """The oldest Python client demands the key."""
    told = service.says_one("input_audio_buffer.committed", item_id="item_1")
    assert told["previous_item_id"] is None
    assert service.says_one("input_audio_buffer.committed", previous_item_id="a")["previous_item_id"] == "a"


@pytest.mark.parametrize("version", ["2024-10-01", "2024-10-01-preview"])
def test_the_oldest_clients_get_only_what_they_know(version: str) -> None:
    """One of them closes on any other event; each that is not sent is counted."""
    service = Service(version)
    for kind in (
        "response.mcp_call.failed",
        "session.future",
        "conversation.item.input_audio_transcription.delta",
    ):
        assert service.says(kind) == []
    assert service.says("session.created", session={"type": "transcription"}) == []
    assert service.writer.swallowed.total() == 4
    assert service.says_one("response.output_text.delta")["type"] == "response.text.delta"


def test_later_clients_get_what_nobody_knows_yet(service: Service) -> None:
    """The service may learn new words; what GA alone has is swallowed."""
    assert service.says_one("session.future", a=1)["a"] == 1
    assert service.says("input_audio_buffer.timeout_triggered") == []
    assert service.says("mcp_list_tools.completed") == []
    assert Service(keep=True).says("mcp_list_tools.completed")


@pytest.mark.parametrize(
    "kind", ["session.created", "response.created", "conversation.item.added", "response.output_item.done"]
)
def test_an_event_without_its_object_passes(service: Service, kind: str) -> None:
    """Nothing is made up, and nothing raises."""
    assert set(service.says_one(kind)) <= {"type", "event_id", "previous_item_id"}
