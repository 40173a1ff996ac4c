"""The minting of tickets, in the shapes of the Realtime API: `…/client_secrets` (GA) and `…/sessions` (preview).

Whoever is known by any other method gets a ticket for a browser to connect with. A ticket is bound to the page
that asked for it, or to the Origin that a backend names as `relay.origin`.
"""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.auth.credentials import Handshake, origin_allowed
from app.auth.tickets import Tickets
from app.errors import Ended, Ending, error_body
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.handshake import read_handshake

__all__ = ["CLIENT_SECRET_PATHS", "SESSION_PATHS", "Minting", "add_ticket_routes"]

CLIENT_SECRET_PATHS = (
    "/v1/realtime/client_secrets",
    "/openai/v1/realtime/client_secrets",
    "/openai/realtime/client_secrets",
)
SESSION_PATHS = ("/openai/realtimeapi/sessions",)

Kind = Literal["client_secret", "session"]

MAX_BODY = 64 * 1024


class ExpiresAfter(BaseModel):
    """How long the ticket is to live."""

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(ge=10, le=7200)


class AskedSession(BaseModel):
    """The session that the ticket is to open: any other field is put in force before the client is let in."""

    model_config = ConfigDict(extra="allow")

    type: Literal["realtime", "transcription"] = "realtime"
    model: str | None = None


class Binding(BaseModel):
    """What a backend binds a ticket to, on behalf of a browser."""

    model_config = ConfigDict(extra="forbid")

    origin: str | None = None
    profile: str | None = None


class ClientSecretRequest(BaseModel):
    """The body of a GA request; `relay` is ours."""

    model_config = ConfigDict(extra="forbid")

    expires_after: ExpiresAfter | None = None
    session: AskedSession = AskedSession()
    relay: Binding = Binding()


class SessionRequest(BaseModel):
    """The body of a preview request."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = None
    relay: Binding = Binding()


@dataclass(frozen=True, slots=True)
class Minting:
    """The endpoint, and all that it needs."""

    admission: Admission
    tickets: Tickets
    targets: Targets
    origins: Sequence[str]

    async def client_secret(self, request: Request) -> Response:
        """Answer `{"value", "expires_at", "session"}`."""
        asked = await _body(request, ClientSecretRequest)
        handshake = read_handshake(request.scope)
        seconds = asked.expires_after.seconds if asked.expires_after else None
        value, expires_at = await self._mint(handshake, seconds, asked.session, asked.relay)
        kind = "realtime.session" if asked.session.type == "realtime" else "realtime.transcription_session"
        session = {"id": _session_id(), "object": kind, **asked.session.model_dump(exclude_none=True)}
        return JSONResponse({"value": value, "expires_at": int(expires_at), "session": session}, headers=NO_STORE)

    async def session(self, request: Request) -> Response:
        """Answer `{"id", "object", "model", "client_secret": {"value", "expires_at"}}`."""
        asked = await _body(request, SessionRequest)
        session = AskedSession(model=asked.model)
        value, expires_at = await self._mint(read_handshake(request.scope), None, session, asked.relay)
        secret = {"value": value, "expires_at": int(expires_at)}
        answer = {"id": _session_id(), "object": "realtime.session", "model": asked.model, "client_secret": secret}
        return JSONResponse(answer, headers=NO_STORE)

    async def _mint(
        self, handshake: Handshake, seconds: int | None, session: AskedSession, binding: Binding
    ) -> tuple[str, float]:
        if not origin_allowed(handshake, self.origins):
            raise Ended(Ending.FORBIDDEN, "This Origin may not connect.", code="origin_not_allowed")
        identity = await self.admission.identify(handshake, minting=True)
        self.admission.profile_for(identity, binding.profile)
        self.targets.find(session.model)
        return await self.tickets.mint(
            identity,
            time.time(),
            seconds=seconds,
            profile=binding.profile,
            origin=handshake.origin or binding.origin,
            model=session.model,
            session=msgspec.json.encode(session.model_dump(exclude={"model"})) if session.model_extra else None,
        )


NO_STORE = {"cache-control": "no-store"}


async def _body(request: Request, shape: type[Any]) -> Any:
    """Read a JSON body of this shape; none at all is an empty one. Raises `Ended`."""
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > MAX_BODY:
            raise Ended(Ending.FRAME_TOO_BIG, f"The body is larger than {MAX_BODY} bytes.")
    try:
        return shape.model_validate_json(bytes(text) or b"{}")
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Ended(Ending.BAD_REQUEST, f"{where}: {first['msg']}.") from None


def _session_id() -> str:
    return f"sess_{secrets.token_hex(10)}"


def add_ticket_routes(app: FastAPI, origins: Sequence[str]) -> None:
    """Add the routes, readable by the pages that may connect, and without their cookies."""
    kinds: dict[Kind, Sequence[str]] = {"client_secret": CLIENT_SECRET_PATHS, "session": SESSION_PATHS}
    for kind, paths in kinds.items():
        for path in paths:
            endpoint = CORSMiddleware(
                _Endpoint(kind),
                allow_origins=list(origins),
                allow_methods=["POST"],
                allow_headers=["*"],
                allow_credentials=False,
            )
            app.router.routes.append(Route(path, endpoint, methods=["POST", "OPTIONS"]))


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """One of the two, as ASGI; every refusal is an error body."""

    kind: Kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        minting: Minting = scope["app"].state.minting
        request = Request(scope, receive)
        try:
            response = await getattr(minting, self.kind)(request)
        except Ended as ended:
            headers = {} if ended.retry_after is None else {"retry-after": str(ended.retry_after)}
            response = JSONResponse(error_body(ended), ended.ending.value.status, headers)
        await response(scope, receive, send)
