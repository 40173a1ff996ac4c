"""Tests of app.policy.model_name: neither the client nor the upstream learns the other's name of the model."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.actions import ToClient, ToUpstream
from app.policy.chain import Chain, Filter
from app.policy.model_name import ModelName
from app.protocol.frame import Frame, from_client, from_upstream

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

REPORTS = pytest.mark.parametrize("kind", ["session.created", "session.updated"])


def heard(model: object, **more: object) -> dict[str, Any]:
    """Return a GA session with this transcription model, among other settings."""
    inner = {"model": model, "language": "de", **more}
    return {
        "audio": {"input": {"transcription": inner, "format": {"type": "audio/pcm"}}, "output": {"voice": "v"}}
    }


UPWARDS = [
    # the target's deployment (transcription only), the client's session, and what goes up
    (None, {"model": "gpt-realtime", "voice": "v"}, {"voice": "v"}),
    (None, {"model": None}, {}),
    (None, {"voice": "v"}, {"voice": "v"}),
    (None, {}, {}),
    (None, {"model": "m", **heard("whisper-1")}, heard("whisper-1")),
    ("mine", {"model": "m", **heard("theirs")}, heard("mine")),
    ("mine", {"model": "m", "include": []}, {"include": []}),
    ("mine", heard(None), heard(None)),
    ("mine", {"audio": {"input": {"transcription": None}}}, {"audio": {"input": {"transcription": None}}}),
    ("mine", {"audio": {"input": None}}, {"audio": {"input": None}}),
    ("mine", {"audio": "loud"}, {"audio": "loud"}),
]

DOWNWARDS = [
    # the name asked for, the deployment (transcription only), the upstream's session, and what the client sees
    ("asked", None, {"model": "mine", "voice": "v"}, {"model": "asked", "voice": "v"}),
    ("asked", None, {"voice": "v"}, {"voice": "v"}),
    ("asked", None, {"model": "asked"}, {"model": "asked"}),
    ("asked", None, heard("whisper-1"), heard("whisper-1")),
    ("asked", "mine", heard("mine"), heard("asked")),
    (None, None, {"model": "mine"}, {"model": "mine"}),
    (None, "mine", heard("mine"), heard("mine")),
]


@pytest.mark.parametrize(("deployment", "session", "expected"), UPWARDS)
def test_what_goes_up(
    play: "Play", deployment: str | None, session: dict[str, Any], expected: dict[str, Any]
) -> None:
    """No `session.model`; for a transcription session the model is the target's, where the client named one."""
    script = play([ModelName("asked", deployment)])
    event = {"type": "session.update", "event_id": "e1"}
    script >> ("client", {**event, "session": session}) << ("to upstream", {**event, "session": expected})


@REPORTS
@pytest.mark.parametrize(("asked", "deployment", "session", "expected"), DOWNWARDS)
def test_what_goes_down(
    play: "Play",
    *,
    kind: str,
    asked: str | None,
    deployment: str | None,
    session: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    """The client sees the name that it asked for, wherever the service names a model."""
    script = play([ModelName(asked, deployment)])
    event = {"type": kind, "event_id": "e1"}
    script >> ("upstream", {**event, "session": session}) << ("to client", {**event, "session": expected})


@pytest.mark.parametrize("session", [None, "model", ["model"], 1])
def test_a_session_that_is_no_object_passes(play: "Play", session: object) -> None:
    """The upstream says what is wrong with it."""
    event = {"type": "session.update", "session": session}
    play([ModelName("asked", "mine")]) >> ("client", event) << ("to upstream", event)


def test_other_events_are_not_looked_at() -> None:
    """Their very frames go on, whatever they hold; nothing is decoded for them."""
    chain = Chain([ModelName("asked", "mine")])
    up = from_client(b'{"type":"response.create","session":{"model":"m"}}')
    down = from_upstream(b'{"type":"response.done","session":{"model":"mine"},"x":1e999}')
    assert chain.from_client(up, 0.0) == [ToUpstream(up)]
    assert chain.from_upstream(down, 0.0) == [ToClient(down)]


@pytest.mark.parametrize("session", [b'{"voice":"v"}', b'{ "model" : "asked" }', b"null"])
def test_a_report_with_nothing_to_hide_keeps_its_bytes(session: bytes) -> None:
    """Where the name is the client's already, or none, what came goes on as it came."""
    down = from_upstream(b'{"session" : ' + session + b', "type":"session.created"}')
    assert Chain([ModelName("asked", None)]).from_upstream(down, 0.0) == [ToClient(down)]


def test_the_frame_that_came_is_not_changed() -> None:
    """A renamed frame is another frame: a tap may still hold the first."""
    session = {"model": "mine", **heard("mine")}
    frame = Frame.of({"type": "session.created", "session": session})
    Chain([ModelName("asked", "mine")]).from_upstream(frame, 0.0)
    assert frame.event["session"] == {"model": "mine", **heard("mine")}
