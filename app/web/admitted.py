"""A caller who is let in, and what follows from the handshake, the identity and the target for its session."""

from dataclasses import dataclass, replace
from typing import Any, Self

import msgspec

from app.auth.credentials import Handshake, Identity
from app.effects import Seat, ToolContext
from app.errors import Ended, Ending, Refused
from app.policy import Scene, make_chain, make_fields
from app.policy.actions import ToClient
from app.policy.chain import Chain
from app.policy.guardrails import text_of
from app.policy.model_name import ModelName
from app.policy.session_fields import SessionFields
from app.policy.session_news import News
from app.policy.teller import Teller
from app.profiles import LoadedProfile
from app.protocol.catalogue import GenerationName
from app.protocol.frame import Frame
from app.protocol.translation import Spoken, Translation
from app.relay import Relay
from app.telemetry import Telemetry
from app.upstream.providers import Target, Targets
from app.wire import Tap

__all__ = ["Admitted", "Caller", "Prepared", "spoken", "target_for"]

SESSION_REFUSED = "session_refused"
"""The error code where the service does not take the session that was to be in force."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One request on its way in. `name` stands for it in the log, towards the upstream and in refusals."""

    handshake: Handshake
    name: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller whose identity is known, the profile that its session runs under, and the target that it gets."""

    caller: Caller
    identity: Identity
    loaded: LoadedProfile
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a session runs with, made before its upstream is dialled."""

    admitted: Admitted
    teller: Teller
    fields: SessionFields
    translation: Translation

    @classmethod
    def of(cls, admitted: Admitted, *, alone: bool = False, speaks: GenerationName | None = None) -> Self:
        """Prepare a session.

        `alone`: the relay will not be there, so nobody would call a tool, or judge. `speaks`: what the client
        does, where that is more than a guess.
        """
        caller, loaded = admitted.caller, admitted.loaded
        teller = Teller(caller.name, opted_in=caller.handshake.opted_in)
        fields = make_fields(
            replace(loaded.profile, guardrails=None) if alone else loaded.profile,
            {} if alone else loaded.toolbox.tools,
            preview_upstream=admitted.target.generation == "preview",
            transcription=admitted.transcription,
        )
        told = spoken(admitted)
        if speaks is not None:
            told = replace(told, client=speaks, decided=True)
        return cls(admitted, teller, fields, Translation(told))

    def first_update(self) -> bytes | None:
        """Put what the profile imposes, and the ticket was made for, into the upstream's words; None for nothing.

        Raises `Ended` for what the upstream's protocol has no word for.
        """
        self._check_judged()
        session = self.fields.beginning(self.admitted.begins_with)
        if session is None:
            return None
        frame = Frame.of({"type": "session.update", "session": session})
        names = ModelName(self.admitted.shown, self.admitted.deployment)
        try:
            (update,) = self.translation.to_upstream(names.forwarded(frame))
        except Refused as refused:
            words = f"The service cannot do what was asked for: {refused.param or refused.code}."
            raise self.at_fault(Ended(Ending.BAD_REQUEST, words, code=SESSION_REFUSED)) from None
        return update.text

    def wanted(self, update: bytes | None) -> dict[str, Any]:
        """Return what the update holds as the session that a secret is to stand for, with its deployment."""
        target = self.admitted.target
        session = {} if update is None else msgspec.json.decode(update)["session"]
        if target.generation == "ga":
            session = {"type": self._kind, **session}
        return session if self.admitted.transcription else {**session, "model": target.deployment}

    def joining(self, update: bytes | None) -> bytes:
        """Return the update with which a call is joined: the same once more, or one that changes nothing."""
        return update or msgspec.json.encode({"type": "session.update", "session": {"type": self._kind}})

    @property
    def _kind(self) -> str:
        return "transcription" if self.admitted.transcription else "realtime"

    def shown(self, session: dict[str, Any], tap: Tap) -> dict[str, Any]:
        """Return a session that the upstream tells of, as the caller may see it, and in its words."""
        names = ModelName(self.admitted.shown, self.admitted.deployment)
        relay = Relay(Chain([self.fields, names]), self.translation, tap, self.teller)
        created = {"type": "session.created", "event_id": self.teller.new_event_id(), "session": session}
        (told,) = [
            each for each in relay.from_upstream(msgspec.json.encode(created), 0.0) if isinstance(each, ToClient)
        ]
        shown: dict[str, Any] = told.frame.event["session"]
        return shown

    def _check_judged(self) -> None:
        """Refuse a ticket whose session holds a text that is to be judged: before a session nobody judges."""
        guardrails = self.admitted.loaded.profile.guardrails
        if guardrails is not None and guardrails.user_text and text_of({"session": self.admitted.begins_with}):
            words = (
                "This profile judges what a client writes: leave texts out of a ticket's session, and send them."
            )
            raise Ended(Ending.BAD_REQUEST, words, code=SESSION_REFUSED)

    def at_fault(self, ended: Ended) -> Ended:
        """Say whose fault it is that a session cannot be had: the caller's only if it has asked for anything."""
        if ended.code != SESSION_REFUSED or self.admitted.begins_with.keys() - {"type"}:
            return ended
        detail = f"what the profile {self.admitted.loaded.name} imposes is refused: {ended.message}"
        return Ended(Ending.UPSTREAM_REFUSED, detail=detail)

    def chain(self, telemetry: Telemetry, news: News, now: float) -> Chain:
        """Make the filters; `now` is when the session begins, on its clock."""
        admitted, toolbox = self.admitted, self.admitted.loaded.toolbox
        context = ToolContext(admitted.caller.name, admitted.identity.name, admitted.loaded.name)
        seat = Seat(toolbox, context, telemetry.effect_ended)
        scene = Scene(
            shown=admitted.shown,
            deployment=admitted.deployment,
            tap=telemetry,
            news=news,
            teller=self.teller,
            now=now,
            tools=toolbox.tools,
            call=seat.call,
            judge=seat.judge,
        )
        return make_chain(admitted.loaded.profile, self.fields, scene)


def target_for(loaded: LoadedProfile, targets: Targets, asked: str | None) -> tuple[str, Target]:
    """Return the target of a session, and its name: the profile's, else the one that answers to the model.

    A name by which a client picks a profile need not be any target's. Raises `Ended` for one that is neither's.
    """
    if loaded.target is not None:
        return loaded.target, targets.targets[loaded.target]
    known = any(asked in target.models for target in targets.targets.values())
    return targets.find(None if asked in loaded.names and not known else asked)


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
