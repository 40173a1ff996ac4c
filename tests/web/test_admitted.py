"""What follows from handshake, identity and target: the kind of session, names, languages, the first update."""

import json
from typing import Any, cast

import pytest

from app.auth.credentials import Handshake, Identity
from app.errors import Ended, Ending
from app.protocol.translation import Spoken, Translation
from app.upstream.providers import Target
from app.web.admitted import Admitted, Caller, first_update, spoken

NOWHERE = cast("Any", None)


def admitted(
    session: dict[str, Any] | None = None,
    *,
    model: str | None = None,
    provider: str = "azure",
    models: tuple[str, ...] = (),
    **handshake: Any,
) -> Admitted:
    """Return a caller with a ticket that was made for this session."""
    given = {"provider": provider, "endpoint": "https://r.example", "deployment": "mine", "api_key": "k"}
    target = Target.model_validate({**given, "models": models})
    identity = Identity("alice", "key", session=None if session is None else json.dumps(session).encode())
    caller = Caller(NOWHERE, Handshake("/v1/realtime", **handshake), "name")
    return Admitted(caller, identity, "open", model, "azure", target)


@pytest.mark.parametrize(
    ("session", "query", "expected"),
    [
        (None, {}, False),
        (None, {"intent": "transcription"}, True),
        ({"type": "realtime"}, {}, False),
        ({"type": "transcription"}, {}, True),
    ],
)
def test_the_url_or_the_ticket_asks_for_a_transcription(session: Any, query: Any, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """Only then does the deployment stand in the session."""
    caller = admitted(session, query=query)
    assert caller.transcription is expected
    assert caller.deployment == ("mine" if expected else None)
    assert spoken(caller).transcription is expected


def test_the_name_that_is_shown() -> None:
    """The one asked for, else the first that the target answers to, else the service's own."""
    assert admitted(model="asked", models=("first",)).shown == "asked"
    assert admitted(models=("first", "second")).shown == "first"
    assert admitted().shown is None


def test_what_the_two_sides_speak() -> None:
    """The client by its handshake, the upstream by its target; a marker decides, a path guesses."""
    marked = spoken(admitted(headers={"openai-beta": "realtime=v1"}))
    assert (marked.client, marked.upstream, marked.decided) == ("preview", "ga", True)
    plain = spoken(admitted(provider="azure-preview", query={"api-version": "2024-12-17"}))
    assert (plain.client, plain.upstream, plain.decided) == ("ga", "preview", False)
    assert plain.client_version == "2024-12-17"


@pytest.mark.parametrize("session", [None, {}, {"type": "realtime"}, {"type": "transcription"}])
def test_a_ticket_for_nothing_special_updates_nothing(session: Any) -> None:
    """The service's own defaults hold."""
    assert first_update(admitted(session), Translation(Spoken())) is None


def test_a_ticket_that_the_service_cannot_serve() -> None:
    """The refusal names the field."""
    caller = admitted({"type": "realtime", "tools": [{"type": "mcp", "server_label": "canary"}]})
    with pytest.raises(Ended) as ended:
        first_update(caller, Translation(Spoken(upstream="preview")))
    assert (ended.value.ending, ended.value.code) == (Ending.BAD_REQUEST, "session_refused")
    assert "session.tools[0]" in ended.value.message
    assert "canary" not in ended.value.message
