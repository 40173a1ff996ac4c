"""Tests of app.simulator.minting: what a secret is made of, and what it is good for."""

from typing import Any

import msgspec
import pytest

from app.simulator import SimulatorConfig
from app.simulator.admission import Denied
from app.simulator.minting import Secrets

NOW = 1_800_000_000.5


def ga(body: Any, **config: Any) -> dict[str, Any]:
    """Mint in GA's shape."""
    return Secrets(SimulatorConfig(**config)).ga(msgspec.json.encode(body), NOW)


def asked(session: Any = None, **more: Any) -> dict[str, Any]:
    """Return a request's body."""
    return {"session": {"type": "realtime", "model": "m", **(session or {})}, **more}


def test_the_session_is_told_whole() -> None:
    """With what was asked for in it, the model's name, and the usual end."""
    told = ga(asked({"instructions": "Be brief."}))
    assert told["value"].startswith("ek_")
    assert told["expires_at"] == 1_800_000_600
    assert (told["session"]["instructions"], told["session"]["model"]) == ("Be brief.", "m")
    assert told["session"]["object"] == "realtime.session"


@pytest.mark.parametrize("expiry", [{"seconds": 10}, {"anchor": "created_at", "seconds": 10}])
def test_the_seconds_may_be_asked_for(expiry: Any) -> None:
    """From ten on."""
    assert ga(asked(expires_after=expiry))["expires_at"] == 1_800_000_010
    assert ga(asked(expires_after={"anchor": "created_at"}))["expires_at"] == 1_800_000_600


def test_a_transcription_names_no_model_beside() -> None:
    """It stands in the session."""
    assert ga({"session": {"type": "transcription"}})["session"]["object"] == "realtime.transcription_session"


def test_the_preview_tells_the_secret_within_the_session() -> None:
    """Flat, and for a minute."""
    secrets = Secrets(SimulatorConfig())
    told = secrets.preview(b'{"model": "m", "voice": "verse"}', NOW)
    assert (told["voice"], told["model"]) == ("verse", "m")
    assert told["client_secret"]["expires_at"] == 1_800_000_060
    value = told["client_secret"]["value"]
    assert secrets.find(value, "preview", NOW) is not None
    assert secrets.find(value, "ga", NOW) is None


REFUSED: list[tuple[bytes, str, str | None]] = [
    (b"{", "invalid_json", None),
    (b"\xff", "invalid_json", None),
    (b"[]", "invalid_value", "the body"),
    (b'{"model": "m"}', "unknown_parameter", "model"),
    (b"", "missing_model", None),
    (b'{"session": []}', "invalid_value", "session"),
    (b'{"session": {"model": "m"}}', "invalid_value", "session.type"),
    (b'{"session": {"type": "realtime"}}', "missing_model", None),
    (b'{"session": {"type": "realtime", "model": "x"}}', "DeploymentNotFound", None),
    (b'{"session": {"type": "realtime", "model": "m", "voice": "alloy"}}', "unknown_parameter", "session.voice"),
    (b'{"session": {"type": "realtime", "model": "m"}, "expires_after": 10}', "invalid_value", "expires_after"),
    *(
        (
            b'{"session": {"type": "realtime", "model": "m"}, "expires_after": {"seconds": ' + seconds + b"}}",
            "invalid_value",
            "expires_after.seconds",
        )
        for seconds in (b"9", b"7201", b'"60"', b"true")
    ),
    (
        b'{"session": {"type": "realtime", "model": "m"}, "expires_after": {"anchor": "x"}}',
        "invalid_value",
        "expires_after",
    ),
]


@pytest.mark.parametrize(("body", "code", "param"), REFUSED)
def test_what_is_malformed_is_refused(body: bytes, code: str, param: str | None) -> None:
    """With the service's code and the place of the mistake."""
    with pytest.raises(Denied) as denied:
        Secrets(SimulatorConfig(deployments=("m",))).ga(body, NOW)
    assert (denied.value.code, denied.value.param) == (code, param)


def test_a_secret_ends() -> None:
    """It is known for ever, and good until then."""
    secrets = Secrets(SimulatorConfig())
    value = secrets.ga(msgspec.json.encode(asked(expires_after={"seconds": 10})), NOW)["value"]
    assert secrets.find(value, "ga", NOW + 9) is not None
    assert secrets.find(value, "ga", NOW + 10) is None
    assert secrets.knows(value)
    assert not secrets.knows("ek_other")
    assert secrets.find(None, "ga", NOW) is None
