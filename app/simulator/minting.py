"""Client secrets: minted for a session, good for a call until they expire, and for nothing else.

A session is tried before it is promised: what `session.update` would refuse is refused here.
"""

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.protocol.catalogue import GenerationName
from app.simulator.admission import Denied, deployed
from app.simulator.config import SimulatorConfig
from app.simulator.faults import Faults
from app.simulator.outbox import new_id
from app.simulator.session import Session
from app.simulator.session_object import Opening

__all__ = ["Secret", "Secrets"]

USUAL, LEAST, MOST = 600, 10, 7200
PREVIEWS = 60
"""Seconds that a secret is good for: of GA if none are asked for, and at least and at most; of the preview."""
PREFIX = "ek_"


@dataclass(frozen=True, slots=True)
class Secret:
    """What a secret stands for; `session` is what was asked for."""

    opening: Opening
    session: Mapping[str, Any]
    expires_at: int


class Secrets:
    """The secrets of one service. `now` is unix time."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._minted: dict[str, Secret] = {}

    def ga(self, body: bytes, now: float) -> dict[str, Any]:
        """Answer `{"value", "expires_at", "session"}`. Raises `Denied`."""
        given = _read(body, {"expires_after", "session"})
        session = _object(given.get("session", {"type": "realtime"}), "session")
        kind = session.get("type")
        if kind not in {"realtime", "transcription"}:
            raise _invalid("session.type")
        model = deployed(session.get("model"), self._config) if kind == "realtime" else ""
        opening = Opening("ga", "realtime" if kind == "realtime" else "transcription", model)
        value, secret, shown = self._mint(opening, session, int(now) + _seconds(given.get("expires_after")))
        return {"value": value, "expires_at": secret.expires_at, "session": shown}

    def preview(self, body: bytes, now: float) -> dict[str, Any]:
        """Answer the session, with `"client_secret": {"value", "expires_at"}`. Raises `Denied`."""
        session = _read(body, None)
        opening = Opening("preview", "realtime", deployed(session.get("model"), self._config))
        value, secret, shown = self._mint(opening, session, int(now) + PREVIEWS)
        return {**shown, "client_secret": {"value": value, "expires_at": secret.expires_at}}

    def find(self, value: str | None, generation: GenerationName, now: float) -> Secret | None:
        """Return what a secret stands for; None for one that is unknown, another generation's, or expired."""
        secret = self._minted.get(value or "")
        good = secret is not None and secret.opening.generation == generation and now < secret.expires_at
        return secret if good else None

    def knows(self, value: str | None) -> bool:
        """Tell whether it is a secret, however old: what it is not good for, it never is."""
        return value in self._minted

    def _mint(
        self, opening: Opening, session: dict[str, Any], expires_at: int
    ) -> tuple[str, Secret, dict[str, Any]]:
        asked = {key: each for key, each in session.items() if key != "model"}
        trial = Session(opening, self._config, Faults(), new_id, born=time.time(), now=0)
        said: Any = trial.receive(msgspec.json.encode({"type": "session.update", "session": asked}), 0)[-1]
        if said["type"] == "error":
            error = said["error"]
            raise Denied(400, error["code"], error["message"], param=error["param"])
        value, secret = PREFIX + secrets.token_hex(16), Secret(opening, asked, expires_at)
        self._minted[value] = secret
        return value, secret, said["session"]


def _read(body: bytes, known: set[str] | None) -> dict[str, Any]:
    try:
        given = _object(msgspec.json.decode(body or b"{}"), "")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Denied(400, "invalid_json", "The body could not be parsed as JSON.") from None
    for name in given.keys() - (given.keys() if known is None else known):
        raise Denied(400, "unknown_parameter", f"Unknown parameter: '{name}'.", param=name)
    return given


def _seconds(expiry: Any) -> int:
    if expiry is None:
        return USUAL
    given = _object(expiry, "expires_after")
    seconds = given.get("seconds", USUAL)
    if given.keys() - {"anchor", "seconds"} or given.get("anchor", "created_at") != "created_at":
        raise _invalid("expires_after")
    if type(seconds) is not int or not LEAST <= seconds <= MOST:
        raise _invalid("expires_after.seconds")
    return seconds


def _object(value: Any, param: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(param or "the body")
    return value


def _invalid(param: str) -> Denied:
    return Denied(400, "invalid_value", f"Invalid value: '{param}'.", param=param)
