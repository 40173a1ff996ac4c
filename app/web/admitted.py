"""A caller who is let in, and what follows from the handshake, the identity and the target for its session."""

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.websockets import WebSocket

from app.auth.credentials import Handshake, Identity
from app.errors import Ended, Ending, Refused
from app.policy.model_name import ModelName
from app.protocol.frame import Frame
from app.protocol.translation import Spoken, Translation
from app.upstream.providers import Target

__all__ = ["Admitted", "Caller", "first_update", "spoken"]


@dataclass(frozen=True, slots=True)
class Caller:
    """One connection on its way in. `name` stands for it in the log, towards the upstream and in refusals."""

    websocket: WebSocket
    handshake: Handshake
    name: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller whose identity is known, the profile and model that it asked for, and the target that it gets."""

    caller: Caller
    identity: Identity
    profile: str
    model: str | None
    target_name: str
    target: Target

    @property
    def begins_with(self) -> dict[str, Any]:
        """The session that the caller's ticket was made for, in GA shape."""
        session = self.identity.session
        return {} if session is None else msgspec.json.decode(session)

    @property
    def transcription(self) -> bool:
        """Whether it is to be a transcription session."""
        return self.caller.handshake.transcription or self.begins_with.get("type") == "transcription"

    @property
    def shown(self) -> str | None:
        """The model's name that the client sees, if not the service's own."""
        return self.model or next(iter(self.target.models), None)

    @property
    def deployment(self) -> str | None:
        """The deployment that goes into the session: of a transcription session only."""
        return self.target.deployment if self.transcription else None


def first_update(admitted: Admitted, translation: Translation) -> bytes | None:
    """Put what a ticket was made for into the upstream's words; None where it was made for nothing special."""
    session = admitted.begins_with
    if not session.keys() - {"type"}:
        return None
    frame = Frame.of({"type": "session.update", "session": session})
    names = ModelName(admitted.shown, admitted.deployment)
    try:
        (update,) = translation.to_upstream(names.forwarded(frame))
    except Refused as refused:
        words = f"The service cannot do what this ticket was made for: {refused.param or refused.code}."
        raise Ended(Ending.BAD_REQUEST, words, code="session_refused") from None
    return update.text


def spoken(admitted: Admitted) -> Spoken:
    """Say what the two sides speak, as far as the handshake tells."""
    handshake, target = admitted.caller.handshake, admitted.target
    return Spoken(
        client=handshake.generation,
        upstream=target.generation,
        decided=handshake.speaks_preview,
        client_version=handshake.query.get("api-version"),
        upstream_version=target.api_version,
        transcription=admitted.transcription,
    )
