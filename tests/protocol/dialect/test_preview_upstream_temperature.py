"""Tests of app.protocol.dialect.preview_upstream: the temperature, which a profile sets and GA does not have."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.catalogue import PREVIEW
from app.protocol.dialect.preview_upstream import PreviewUpstream
from app.simulator.validation import check

Event = dict[str, Any]

UPDATE: Event = {"type": "session.update", "session": {"type": "realtime", "temperature": 0.7}}
CREATE: Event = {"type": "response.create", "response": {"temperature": 0.7}}


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize(("event", "key"), [(UPDATE, "session"), (CREATE, "response")])
def test_it_reaches_the_upstream(event: Event, key: str, *, keep: bool) -> None:
    """Whatever the client speaks, and nothing is lost."""
    said: list[str] = []
    (asked,) = PreviewUpstream(warn=said.append, keep=keep).write(event)
    check(PREVIEW, asked)
    assert (asked[key], said) == ({"temperature": 0.7}, [])


@pytest.mark.parametrize("api_version", ["2024-10-01-preview", "2025-04-01-preview"])
def test_every_version_knows_it(api_version: str) -> None:
    """It is older than GA's first year."""
    (asked,) = PreviewUpstream(api_version=api_version).write(UPDATE)
    assert asked["session"] == {"temperature": 0.7}


def test_a_transcription_session_has_none() -> None:
    """It is refused there, as GA's service would; of a session that does not tell its kind it is dropped."""
    session = {"type": "transcription", "temperature": 1}
    with pytest.raises(Refused) as refused:
        PreviewUpstream().write({"type": "session.update", "session": session})
    assert (refused.value.code, refused.value.param) == ("unknown_parameter", "session.temperature")
    untold: Event = {"type": "session.update", "session": {"temperature": 1}}
    assert PreviewUpstream(transcription=True).write(untold)[0]["session"] == {}


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({"type": "session.update", "temperature": 1}, "temperature"),
        ({**UPDATE, "session": {**UPDATE["session"], "no_such": 1}}, "session.no_such"),
        ({**UPDATE, "session": {"type": "realtime", "audio": {"temperature": 1}}}, "session.audio.temperature"),
    ],
)
def test_it_stands_in_its_place_only(event: Event, param: str) -> None:
    """And it lets no other key pass."""
    with pytest.raises(Refused) as refused:
        PreviewUpstream().write(event)
    assert (refused.value.code, refused.value.param) == ("unknown_parameter", param)


def test_a_ga_client_is_not_told_of_it(preview_session: Event) -> None:
    """Its models have no such field."""
    (told,) = PreviewUpstream().read({"type": "session.updated", "event_id": "e", "session": preview_session})
    assert "temperature" not in told["session"]
