"""The minting of tickets, in the shapes of the Realtime API: `…/client_secrets` (GA) and `…/sessions` (preview).

Whoever is known by any other method gets a ticket for a browser to connect with. A ticket is bound to the page
that asked for it, or to the Origin that a backend names as `relay.origin`. What else its session is to be is put
in force before the browser is let in. Under a profile with `webrtc = "direct"` it gets a secret of the service's
own instead, and the URL where that is good for a call.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.auth.credentials import Handshake, Identity
from app.auth.tickets import Tickets
from app.errors import Ended, Ending
from app.profiles import LoadedProfile, Profiles
from app.protocol.catalogue import GenerationName
from app.telemetry import Telemetry
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.admitted import target_for
from app.web.asked import AskedSession, Binding, ClientSecretRequest, SessionRequest, body_of, in_ga
from app.web.direct import Direct, Wish
from app.web.handshake import read_handshake
from app.web.posts import add_posts, answered

__all__ = ["CLIENT_SECRET_PATHS", "SESSION_PATHS", "Minting", "add_ticket_routes"]

log = structlog.get_logger()

CLIENT_SECRET_PATHS = (
    "/v1/realtime/client_secrets",
    "/openai/v1/realtime/client_secrets",
    "/openai/realtime/client_secrets",
)
SESSION_PATHS = ("/openai/realtimeapi/sessions", "/v1/realtime/sessions")

OBJECTS = {"realtime": "realtime.session", "transcription": "realtime.transcription_session"}
NO_STORE = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True)
class Minting:
    """The endpoint, and all that it needs."""

    admission: Admission
    tickets: Tickets
    profiles: Profiles
    targets: Targets
    telemetry: Telemetry
    direct: Direct

    async def client_secret(self, request: Request, _: str) -> Response:
        """Answer `{"value", "expires_at", "session"}`."""
        handshake, identity = await self._identified(request)
        asked = await body_of(request, ClientSecretRequest)
        seconds = asked.expires_after.seconds if asked.expires_after else None
        if (loaded := self._chosen(identity, asked.session, asked.relay)).profile.webrtc == "direct":
            wish = _wish(handshake, identity, (asked.session, asked.relay), "ga")
            given = await self.direct.mint(loaded, wish, self._ends_at(identity, seconds))
            return JSONResponse({**given.secret, "session": given.session, **given.where}, headers=NO_STORE)
        value, expires_at = await self._mint(handshake, identity, seconds, asked.session, asked.relay)
        session = {"id": _session_id(), "object": OBJECTS[asked.session.type]}
        session |= asked.session.model_dump(exclude_none=True)
        return JSONResponse({"value": value, "expires_at": int(expires_at), "session": session}, headers=NO_STORE)

    async def session(self, request: Request, _: str) -> Response:
        """Answer the session as it was asked for, with `"client_secret": {"value", "expires_at"}`."""
        handshake, identity = await self._identified(request)
        asked = await body_of(request, SessionRequest)
        flat = asked.model_extra or {}
        session = AskedSession(**{**in_ga(flat), "model": asked.model})
        if (loaded := self._chosen(identity, session, asked.relay)).profile.webrtc == "direct":
            wish = _wish(handshake, identity, (session, asked.relay), "preview")
            given = await self.direct.mint(loaded, wish, self._ends_at(identity, None))
            return JSONResponse({**given.session, "client_secret": given.secret, **given.where}, headers=NO_STORE)
        value, expires_at = await self._mint(handshake, identity, None, session, asked.relay)
        answer = {"id": _session_id(), "object": "realtime.session", "model": asked.model, **flat}
        secret = {"value": value, "expires_at": int(expires_at)}
        return JSONResponse({**answer, "client_secret": secret}, headers=NO_STORE)

    async def _identified(self, request: Request) -> tuple[Handshake, Identity]:
        """Return who asks, before anything of the body is read. Raises `Ended`, also while the relay drains."""
        handshake = read_handshake(request.scope)
        self.direct.realtime.check_door(handshake)
        return handshake, await self.admission.identify(handshake, minting=True)

    def _chosen(self, identity: Identity, session: AskedSession, binding: Binding) -> LoadedProfile:
        return self.profiles.choose(identity, binding.profile, session.model)

    def _ends_at(self, identity: Identity, seconds: int | None) -> float:
        return self.tickets.ends_at(identity, time.time(), seconds)

    async def _mint(
        self,
        handshake: Handshake,
        identity: Identity,
        seconds: int | None,
        session: AskedSession,
        binding: Binding,
    ) -> tuple[str, float]:
        chosen = self._chosen(identity, session, binding)
        target_for(chosen, self.targets, session.model)
        picked = binding.profile is not None or session.model in chosen.names
        profiles = (chosen.name,) if picked else self.profiles.allowed(identity)
        return await self.tickets.mint(
            identity,
            time.time(),
            seconds=seconds,
            profiles=profiles,
            origin=handshake.origin or binding.origin,
            model=session.model,
            session=session.told,
        )


def _wish(
    handshake: Handshake, identity: Identity, asked: tuple[AskedSession, Binding], generation: GenerationName
) -> Wish:
    """Say what is wanted of the service. Raises `Ended` for what a secret of its own cannot be bound to."""
    session, binding = asked
    if binding.origin is not None:
        words = "relay.origin: under this profile the secret is the service's own, which no Origin binds."
        raise Ended(Ending.BAD_REQUEST, words)
    return Wish(handshake, replace(identity, model=session.model, session=session.told), generation)


def _session_id() -> str:
    return f"sess_{secrets.token_hex(10)}"


def add_ticket_routes(app: FastAPI, origins: Sequence[str]) -> None:
    """Add the routes."""
    add_posts(app, CLIENT_SECRET_PATHS, _client_secret, origins)
    add_posts(app, SESSION_PATHS, _session, origins)


async def _client_secret(request: Request) -> Response:
    minting: Minting = request.app.state.minting
    return await answered(request, minting.client_secret, minting.telemetry, "ticket refused")


async def _session(request: Request) -> Response:
    minting: Minting = request.app.state.minting
    return await answered(request, minting.session, minting.telemetry, "ticket refused")
