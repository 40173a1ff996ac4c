import json
import socket
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from websockets.exceptions import InvalidMessage, InvalidProxy, InvalidProxyStatus, InvalidUpgrade
from websockets.http11 import Response

from app.errors import Ending
from app.upstream.providers import Target
from app.upstream.refusals import of_close, of_failure, of_first_event, of_status
from app.wire import Closed

KEYED = Target.model_validate(
    {"provider": "azure", "endpoint": "https://r.openai.azure.com", "deployment": "rt", "api_key": "canary"}
)
BY_ENTRA = KEYED.model_copy(update={"api_key": None})

Answer = Callable[..., Response]


@pytest.mark.parametrize(
    ("target", "status", "ending", "remedy"),
    [
        (KEYED, 200, Ending.UPSTREAM_REFUSED, "no Realtime service"),
        (KEYED, 302, Ending.UPSTREAM_REFUSED, "no redirect is followed"),
        (KEYED, 400, Ending.UPSTREAM_REFUSED, "API_VERSION"),
        (KEYED, 401, Ending.UPSTREAM_REFUSED, "API_KEY"),
        (BY_ENTRA, 401, Ending.UPSTREAM_REFUSED, "SCOPE (https://cognitiveservices.azure.com/.default"),
        (BY_ENTRA, 403, Ending.UPSTREAM_REFUSED, "'Cognitive Services OpenAI User'"),
        (KEYED, 404, Ending.UPSTREAM_REFUSED, "DEPLOYMENT"),
        (KEYED, 431, Ending.UPSTREAM_REFUSED, "ENDPOINT"),
        (KEYED, 429, Ending.UPSTREAM_OVERLOADED, "429"),
        (KEYED, 500, Ending.UPSTREAM_UNAVAILABLE, "500"),
        (KEYED, 503, Ending.UPSTREAM_UNAVAILABLE, "503"),
    ],
)
def test_status(http: Answer, target: Target, status: int, ending: Ending, remedy: str) -> None:
    """Each status has its ending; the log is told the layer, the host, the status and what to mend."""
    ended = of_status(target, http(status, '{"error":{"code":"SomeCode","message":"canary"}}'))
    assert ending is ended.ending
    assert f"r.openai.azure.com answered the handshake with HTTP {status} (SomeCode)" in ended.detail
    assert remedy in ended.detail
    assert ended.message == ending.value.message


@pytest.mark.parametrize(
    "body",
    [
        "",
        "canary",
        "[]",
        "{",
        '{"error":null}',
        '{"error":"canary"}',
        '{"error":{"message":"canary"}}',
        '{"error":{"code":5,"type":["canary"]}}',
        '{"error":{"code":"sk-canary"}}',
        '{"error":{"code":"0123456789canary0123456789"}}',
        json.dumps({"error": {"code": "canary" * 9}}),
        '{"error":' + "[" * 100_000,
    ],
)
def test_a_body_is_never_repeated(http: Answer, body: str) -> None:
    """Of a body only a code that is a plain word is told: anything else could be a key."""
    ended = of_status(KEYED, http(401, body))
    assert ended.detail.startswith(
        "r.openai.azure.com answered the handshake with HTTP 401: it does not take the key"
    )
    assert "canary" not in ended.detail + ended.message + ended.reason


def test_a_body_that_is_not_utf8(http: Answer) -> None:
    """A body in another encoding is a body without a code."""
    response = http(401)
    response.body = b'{"error":{"code":"\xff"}}'
    assert "HTTP 401:" in of_status(KEYED, response).detail


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry_After": "12"}, 12),
        ({"Retry_After": "0.2"}, 1),
        ({"Retry_After": "0"}, None),
        ({"Retry_After": "-5"}, None),
        ({"Retry_After": "999999999"}, 3600),
        ({"Retry_After": "9" * 400}, None),
        ({"Retry_After": "soon"}, None),
        ({"Retry_After": "Fri, 20 Nov 2026 12:01:30 GMT", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, 90),
        ({"Retry_After": "Fri, 20 Nov 2026 11:00:00 GMT", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"}, None),
        ({"Retry_After": "Fri, 20 Nov 2026 12:01:30 GMT", "Date": "Fri, 20 Nov 2026 12:00:00"}, None),
        ({"Retry_After": "Fri, 20 Nov 2026 12:01:30 GMT"}, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(http: Answer, status: int, headers: dict[str, str], expected: int | None) -> None:
    """Retry-After is in whole seconds, at most an hour; a date is held against the answer's own."""
    assert expected == of_status(KEYED, http(status, **headers)).retry_after


def test_the_first_of_two_retry_afters_counts(http: Answer) -> None:
    """A header that came twice is no failure of ours."""
    response = http(429, Retry_After="7")
    response.headers["Retry-After"] = "9"
    assert of_status(KEYED, response).retry_after == 7


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: Connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "gaierror: Name or service not known"),
        (OSError("Multiple exceptions: canary"), "OSError: no connection"),
        (ssl.SSLError(1, "wrong version number"), "SSLError: wrong version number"),
        (InvalidMessage("canary"), "without an HTTP answer"),
        (InvalidUpgrade("Upgrade", "canary"), "InvalidUpgrade"),
        (InvalidProxy("http://user:canary@proxy", "canary"), "HTTPS_PROXY"),
        (ImportError("canary"), "HTTPS_PROXY"),
        (ValueError("canary"), "HTTPS_PROXY"),
    ],
)
def test_failure(error: Exception, told: str) -> None:
    """What kept an HTTP answer from coming may pass; the log names its kind and quotes no password."""
    ended = of_failure(KEYED, error)
    assert ended.ending is Ending.UPSTREAM_UNAVAILABLE
    assert ended.detail.startswith("r.openai.azure.com can't be reached: ")
    assert told in ended.detail
    assert "canary" not in ended.detail


def test_failure_of_a_certificate() -> None:
    """A certificate that is not trusted names the setting by which it could be."""
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "unable to get local issuer certificate"
    detail = of_failure(KEYED, error).detail
    assert "not trusted (unable to get local issuer certificate); SSL_CERT_FILE" in detail


def test_failure_of_a_proxy(http: Answer) -> None:
    """A refusal by the proxy is told apart from one by the service."""
    assert "HTTPS_PROXY names answered with HTTP 407" in of_failure(KEYED, InvalidProxyStatus(http(407))).detail


@pytest.mark.parametrize("kind", ["session.created", "transcription_session.created"])
def test_the_two_events_that_begin_a_session(kind: str) -> None:
    """Either generation's first event begins a session; what else it holds is not looked at."""
    assert of_first_event(json.dumps({"type": kind, "session": {"id": "s"}, "new": [1]}).encode()) is None


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        ({"type": "invalid_request_error", "code": "invalid_api_key"}, Ending.UPSTREAM_REFUSED),
        ({"type": "invalid_request_error", "code": "insufficient_quota"}, Ending.UPSTREAM_REFUSED),
        ({"type": "invalid_request_error", "code": None}, Ending.UPSTREAM_REFUSED),
        ({"type": "rate_limit_error"}, Ending.UPSTREAM_OVERLOADED),
        ({"type": "tokens", "code": "rate_limit_exceeded"}, Ending.UPSTREAM_OVERLOADED),
        ({"type": "server_error", "code": None}, Ending.UPSTREAM_FAILED),
        ("canary", Ending.UPSTREAM_REFUSED),
        (None, Ending.UPSTREAM_REFUSED),
    ],
)
def test_an_error_as_first_event(error: Any, ending: Ending) -> None:
    """OpenAI refuses in band. A rate limit and a failure of the service may pass; the rest is for the operator."""
    if isinstance(error, dict):
        error["message"] = "Incorrect API key provided: canary"
    ended = of_first_event(json.dumps({"type": "error", "error": error}).encode())
    assert ended is not None
    assert ending is ended.ending
    assert "the service's first event was an error" in ended.detail
    assert "canary" not in ended.detail + ended.message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"canary",
        b"[]",
        b"{}",
        b'{"type":5}',
        b'{"type":["session.created"]}',
        b'{"type":"\xff"}',
        b'{"type":"session.created"',
        b'{"type":"session.created","x":' + b"[" * 100_000,
        b'{"type":"session.updated"}',
        b'{"type":"canary"}',
    ],
)
def test_another_first_message(data: bytes) -> None:
    """A service that begins with anything else is none that the relay can speak with."""
    ended = of_first_event(data)
    assert ended is not None
    assert ended.ending is Ending.UPSTREAM_FAILED
    assert "canary" not in ended.detail


@pytest.mark.parametrize(
    ("code", "ending"),
    [
        (3000, Ending.UPSTREAM_REFUSED),
        (4000, Ending.UPSTREAM_REFUSED),
        (4004, Ending.UPSTREAM_REFUSED),
        (1008, Ending.UPSTREAM_REFUSED),
        (4429, Ending.UPSTREAM_OVERLOADED),
        (1001, Ending.UPSTREAM_UNAVAILABLE),
        (1006, Ending.UPSTREAM_UNAVAILABLE),
        (1012, Ending.UPSTREAM_UNAVAILABLE),
        (1013, Ending.UPSTREAM_UNAVAILABLE),
        (1000, Ending.UPSTREAM_FAILED),
        (1011, Ending.UPSTREAM_FAILED),
    ],
)
def test_a_close_before_the_first_event(code: int, ending: Ending) -> None:
    """The close code says whose fault it is; the reason is not repeated."""
    ended = of_close(Closed(code, "canary"))
    assert ending is ended.ending
    assert str(code) in ended.detail
    assert "canary" not in ended.detail + ended.message + ended.reason
