"""Tests of the admission: what opens a session, and how each service refuses."""

from typing import Any

import pytest

from app.simulator import Faults, SimulatorConfig
from app.simulator.admission import Denied, admitted, handshake_of
from app.simulator.session_object import Opening

PREVIEW_QUERY = "/openai/realtime?api-version=2025-04-01-preview"


def admit(
    target: str, headers: dict[str, str] | None = None, faults: Faults | None = None, **config: Any
) -> Opening:
    return admitted(handshake_of(target, headers or {}), SimulatorConfig(**config), faults or Faults())


def denied(
    target: str, headers: dict[str, str] | None = None, faults: Faults | None = None, **config: Any
) -> Denied:
    with pytest.raises(Denied) as caught:
        admit(target, headers, faults, **config)
    return caught.value


@pytest.mark.parametrize(
    ("target", "opening"),
    [
        ("/openai/v1/realtime?model=my%20model", Opening("ga", "realtime", "my model")),
        ("/openai/v1/realtime?model=m&api-version=v1", Opening("ga", "realtime", "m")),
        ("/openai/v1/realtime?model=m&api-version=preview", Opening("ga", "realtime", "m")),
        ("/v1/realtime?model=m", Opening("ga", "realtime", "m")),
        ("/openai/v1/realtime?intent=transcription", Opening("ga", "transcription", "")),
        ("/openai/v1/realtime?call_id=rtc_1", Opening("ga", "realtime", "", "rtc_1")),
        (f"{PREVIEW_QUERY}&deployment=d", Opening("preview", "realtime", "d")),
        ("/openai/realtime?api-version=2024-12-17&deployment=d", Opening("preview", "realtime", "d")),
        (f"{PREVIEW_QUERY}&intent=transcription", Opening("preview", "transcription", "")),
    ],
)
def test_path_and_query_open_a_session(target: str, opening: Opening) -> None:
    """Path and query tell the generation, the kind and the model of a session."""
    assert admit(target) == opening


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/realtime?model=m", 404, "404"),
        ("/openai/v1/realtime/translations?model=m", 404, "404"),
        ("/openai/v1/realtime", 400, "missing_model"),
        ("/openai/v1/realtime?model=", 400, "missing_model"),
        ("/openai/v1/realtime?model=m&deployment=d", 404, "404"),
        ("/openai/v1/realtime?model=m&api-version=2025-04-01-preview", 401, "401"),
        ("/openai/v1/realtime?intent=transcription&model=m", 400, "invalid_parameter"),
        ("/openai/realtime?deployment=d", 404, "404"),
        ("/openai/realtime?api-version=2023-05-15&deployment=d", 404, "404"),
        (f"{PREVIEW_QUERY}&model=m", 404, "404"),
        (PREVIEW_QUERY, 400, "missing_model"),
        (f"{PREVIEW_QUERY}&intent=transcription&deployment=d", 400, "invalid_parameter"),
    ],
)
def test_azure_refuses_what_is_malformed(target: str, status: int, code: str) -> None:
    """Mixed generations and unknown paths are not found, a dated version on the GA path is unauthorized."""
    refusal = denied(target)
    assert (refusal.status, refusal.code, refusal.close_code) == (status, code, 0)


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"api-key": "canary"}, ""),
        ({"authorization": "Bearer canary"}, ""),
        ({"authorization": "bearer  canary "}, ""),
        ({}, "&api-key=canary"),
        ({"sec-websocket-protocol": "realtime, openai-insecure-api-key.canary"}, ""),
    ],
)
def test_credentials_are_found(headers: dict[str, str], query: str) -> None:
    """Keys and tokens are taken from either header, the query and the subprotocols."""
    assert admit(f"/v1/realtime?model=m{query}", headers, keys=("other", "canary")).model == "m"


@pytest.mark.parametrize(
    "headers", [{}, {"api-key": "canary"}, {"authorization": "Basic known"}, {"authorization": "Bearer"}]
)
def test_a_bad_credential_is_401(headers: dict[str, str]) -> None:
    """None, another one and another scheme are unauthorized, and the refusal does not repeat them."""
    refusal = denied("/v1/realtime?model=m", headers, keys=("known",))
    assert (refusal.status, refusal.code) == (401, "401")
    assert "canary" not in repr(refusal)


def test_a_token_without_the_role_is_403() -> None:
    """A principal that is known and lacks the role is told which action it lacks."""
    refusal = denied("/v1/realtime?model=m", {"authorization": "Bearer t"}, forbidden=("t",))
    assert (refusal.status, refusal.code) == (403, "PermissionDenied")


def test_only_known_deployments_exist() -> None:
    """With a list of deployments any other is not found, in both generations; transcription names none."""
    config: dict[str, Any] = {"deployments": ("d",)}
    for target in ("/openai/v1/realtime?model=x", f"{PREVIEW_QUERY}&deployment=x"):
        assert (denied(target, **config).status, denied(target, **config).code) == (404, "DeploymentNotFound")
    assert admit("/openai/v1/realtime?model=d", **config).model == "d"
    assert admit("/openai/v1/realtime?intent=transcription", **config).kind == "transcription"


def test_one_generation_alone() -> None:
    """A service that serves one generation does not know the other's path."""
    assert denied(f"{PREVIEW_QUERY}&deployment=d", generation="ga").status == 404
    assert denied("/v1/realtime?model=m", generation="preview").status == 404


@pytest.mark.parametrize(
    ("status", "code"), [(401, "401"), (403, "PermissionDenied"), (404, "404"), (429, "429"), (503, "503")]
)
def test_refusals_on_demand(status: int, code: str) -> None:
    """Any status is refused on demand, before anything is looked at, with the wait that was asked for."""
    refusal = denied("/nowhere", faults=Faults(refuse=status, retry_after=7))
    assert (refusal.status, refusal.code, refusal.retry_after, refusal.close_code) == (status, code, 7, 0)


@pytest.mark.parametrize(
    ("target", "headers", "code", "close_code"),
    [
        ("/v1/realtime?model=m", {}, None, 3000),
        ("/v1/realtime?model=m", {"authorization": "Bearer x"}, "invalid_api_key", 3000),
        ("/v1/realtime?model=m", {"authorization": "Bearer t"}, "insufficient_permissions", 3000),
        ("/v1/realtime", {"authorization": "Bearer k"}, "missing_model", 4000),
        ("/v1/realtime?model=x", {"authorization": "Bearer k"}, "invalid_model", 4000),
        (
            "/v1/realtime?model=d",
            {"authorization": "Bearer k", "openai-beta": "realtime=v1"},
            "beta_api_shape_disabled",
            4000,
        ),
        (
            "/v1/realtime?model=d",
            {"sec-websocket-protocol": "realtime, openai-insecure-api-key.k, openai-beta.realtime-v1"},
            "beta_api_shape_disabled",
            4000,
        ),
        ("/v1/realtime?intent=transcription&model=d", {"authorization": "Bearer k"}, "invalid_parameter", 4000),
    ],
)
def test_openai_refuses_in_band(target: str, headers: dict[str, str], code: str | None, close_code: int) -> None:
    """OpenAI's refusals are codes and closes; without any credential there is no code at all."""
    refusal = denied(target, headers, style="openai", keys=("k",), forbidden=("t",), deployments=("d",))
    assert (refusal.code, refusal.close_code) == (code, close_code)


@pytest.mark.parametrize(("status", "close_code"), [(401, 3000), (403, 3000), (404, 4000), (429, 0), (500, 0)])
def test_openai_refuses_on_demand(status: int, close_code: int) -> None:
    """What OpenAI says in band is said in band on demand too; overload and failures are HTTP."""
    assert denied("/v1/realtime?model=m", faults=Faults(refuse=status), style="openai").close_code == close_code
