"""Tests of app.web.direct: the service's own secrets, in place of tickets."""

from typing import Any

import pytest

from tests.conversations.calling import PROMPT, secret
from tests.harness import KEY, ServedRelay
from tests.upstream.rest_service import SECRET, RestService, says
from tests.web.conftest import ServeCalls

DIRECT: dict[str, Any] = {"relay": {"profile": "direct"}}


async def test_the_session_is_narrowed_as_a_tickets_is(calling: ServedRelay, service: RestService) -> None:
    """What the profile lays down stands in it, with the deployment; the client's names and wishes do not."""
    session = {"type": "realtime", "model": "direct-model", "instructions": "Mine.", "temperature": 1}
    audio = {"output": {"voice": "marin"}}
    answer = await secret(calling, {"session": {**session, "audio": audio}})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["value"] == SECRET
    (seen,) = service.seen
    asked = seen.json["session"]
    assert (asked["instructions"], asked["model"]) == (PROMPT, "secret-deployment")
    assert (asked["audio"]["output"]["voice"], "tools" in asked) == ("verse", False)
    assert "direct-model" not in str(seen.json)
    assert seen.headers["x-ms-client-request-id"]


@pytest.mark.parametrize(("asked", "expected"), [(None, 60), (10, 10), (300, 300), (7200, 600)])
async def test_it_lives_as_long_as_a_ticket_would(
    calling: ServedRelay, service: RestService, asked: int | None, expected: int
) -> None:
    """As long as is asked for, within what the operator allows."""
    expiry = {} if asked is None else {"expires_after": {"anchor": "created_at", "seconds": asked}}
    assert (await secret(calling, {**DIRECT, **expiry})).status_code == 200
    assert abs(service.seen[0].json["expires_after"]["seconds"] - expected) <= 1


async def test_a_transcription_has_its_model_within(calling: ServedRelay, service: RestService) -> None:
    """The deployment stands where the service looks for it."""
    heard = {"input": {"transcription": {"model": "public"}}}
    await secret(calling, {**DIRECT, "session": {"type": "transcription", "audio": heard}})
    session = service.seen[0].json["session"]
    assert session["audio"]["input"]["transcription"]["model"] == "secret-deployment"
    assert (session["type"], "model" in session) == ("transcription", False)


async def test_a_secret_cannot_be_bound_to_an_origin(calling: ServedRelay, service: RestService) -> None:
    """What would look like a guard and be none is refused; a profile with tickets takes it."""
    for path in ("/v1/realtime/client_secrets", "/v1/realtime/sessions"):
        body = {"relay": {"profile": "direct", "origin": "https://app.example"}}
        response = await secret(calling, body, path)
        assert (response.status_code, "relay.origin" in response.text) == (400, True)
    assert (await secret(calling, {"relay": {"origin": "https://app.example"}})).status_code == 200
    assert service.seen == []


@pytest.mark.parametrize("path", ["/v1/realtime/client_secrets", "/v1/realtime/sessions"])
@pytest.mark.parametrize("body", [DIRECT, {}])
async def test_a_draining_relay_mints_nothing(
    calling: ServedRelay, service: RestService, path: str, body: dict[str, Any]
) -> None:
    """Neither secrets nor tickets: the next relay knows none of its own, and would have had to be asked."""
    calling.parts.sessions.draining = True
    response = await secret(calling, body, path)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "server_draining")
    assert (response.headers["retry-after"], service.seen) == ("1", [])
    calling.parts.sessions.draining = False
    assert (await secret(calling, body, path)).status_code == 200


FAILURES: list[tuple[Any, int, str]] = [
    (says(401), 502, "upstream_refused"),
    (says(400, {"error": {"param": "session.x"}}), 502, "upstream_refused"),
    (says(429, b"", Retry_After="7"), 429, "upstream_overloaded"),
    (says(500), 503, "upstream_unavailable"),
    (says(200, b"canary"), 502, "upstream_failed"),
    (None, 504, "upstream_timeout"),
]


@pytest.mark.parametrize(("answer", "status", "code"), FAILURES)
async def test_what_fails_is_told_in_our_words(  # noqa: PLR0917 - a table's columns
    serve_calls: ServeCalls,
    service: RestService,
    capsys: pytest.CaptureFixture[str],
    answer: Any,
    status: int,
    code: str,
) -> None:
    """No place is kept, and nothing that the service said is told."""
    relay = await serve_calls()
    service.answers["client_secrets"] = answer or service.stall
    response = await secret(relay, DIRECT)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert relay.parts.store._open.total() == 0  # noqa: SLF001 - nothing outside tells
    logged = capsys.readouterr().out
    assert "canary" not in logged + response.text


async def test_a_session_that_the_service_refuses_is_the_callers_if_it_asked(
    calling: ServedRelay, service: RestService
) -> None:
    """With the field's name."""
    service.answers["client_secrets"] = says(400, {"error": {"param": "session.truncation", "message": "canary"}})
    session = {"type": "realtime", "truncation": "canary"}
    response = await secret(calling, {**DIRECT, "session": session})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "session_refused")
    assert "session.truncation" in response.text
    assert "canary" not in response.text


async def test_no_secret_is_logged(calling: ServedRelay, capsys: pytest.CaptureFixture[str]) -> None:
    """Who got one is."""
    assert (await secret(calling, DIRECT)).status_code == 200
    logged = capsys.readouterr().out
    assert "client secret minted" in logged
    assert "identity=alice" in logged
    for canary in (SECRET, KEY, PROMPT, "canary"):
        assert canary not in logged
