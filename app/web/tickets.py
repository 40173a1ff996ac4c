"""The minting of tickets, in the shapes of the Realtime API: `…/client_secrets` (GA) and `…/sessions` (preview).

Whoever is known by any other method gets a ticket for a browser to connect with. A ticket is bound to the page
that asked for it, or to the Origin that a backend names as `relay.origin`. What else its session is to be is put
in force before the browser is let in.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
import structlog
from fastapi import FastAPI
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.auth.credentials import Handshake, Identity, normal_origin
from app.auth.tickets import Tickets
from app.errors import Ended, Ending, Refused
from app.profiles import Profiles
from app.protocol.dialect import PreviewClient
from app.telemetry import Telemetry, log_fault
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.admitted import target_for
from app.web.handshake import denial, read_handshake

__all__ = ["CLIENT_SECRET_PATHS", "SESSION_PATHS", "Minting", "add_ticket_routes"]

log = structlog.get_logger()

CLIENT_SECRET_PATHS = (
    "/v1/realtime/client_secrets",
    "/openai/v1/realtime/client_secrets",
    "/openai/realtime/client_secrets",
)
SESSION_PATHS = ("/openai/realtimeapi/sessions", "/v1/realtime/sessions")

MAX_BODY = 64 * 1024
BODY_SECONDS = 10.0
OBJECTS = {"realtime": "realtime.session", "transcription": "realtime.transcription_session"}
NO_STORE = {"cache-control": "no-store"}


class ExpiresAfter(BaseModel):
    """How long the ticket is to live."""

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(ge=10, le=7200)


class Binding(BaseModel):
    """What a backend binds a ticket to, on behalf of a browser."""

    model_config = ConfigDict(extra="forbid")

    origin: Annotated[str, AfterValidator(normal_origin)] | None = None
    profile: str | None = None


class AskedSession(BaseModel):
    """The session that the ticket is to open, in GA shape; the service judges what this does not name."""

    model_config = ConfigDict(extra="allow")

    type: Literal["realtime", "transcription"] = "realtime"
    model: str | None = None


class ClientSecretRequest(BaseModel):
    """The body of a GA request; `relay` is ours."""

    model_config = ConfigDict(extra="forbid")

    expires_after: ExpiresAfter | None = None
    session: AskedSession = AskedSession()
    relay: Binding = Binding()


class SessionRequest(BaseModel):
    """The body of a preview request: a session in its flat shape; `relay` is ours."""

    model_config = ConfigDict(extra="allow")

    model: str | None = None
    relay: Binding = Binding()


@dataclass(frozen=True, slots=True)
class Minting:
    """The endpoint, and all that it needs."""

    admission: Admission
    tickets: Tickets
    profiles: Profiles
    targets: Targets
    telemetry: Telemetry

    async def client_secret(self, request: Request) -> Response:
        """Answer `{"value", "expires_at", "session"}`."""
        handshake, identity = await self._identified(request)
        asked = await _body(request, ClientSecretRequest)
        seconds = asked.expires_after.seconds if asked.expires_after else None
        value, expires_at = await self._mint(handshake, identity, seconds, asked.session, asked.relay)
        session = {"id": _session_id(), "object": OBJECTS[asked.session.type]}
        session |= asked.session.model_dump(exclude_none=True)
        return JSONResponse({"value": value, "expires_at": int(expires_at), "session": session}, headers=NO_STORE)

    async def session(self, request: Request) -> Response:
        """Answer the session as it was asked for, with `"client_secret": {"value", "expires_at"}`."""
        handshake, identity = await self._identified(request)
        asked = await _body(request, SessionRequest)
        flat = asked.model_extra or {}
        session = AskedSession(**{**_in_ga(flat), "model": asked.model})
        value, expires_at = await self._mint(handshake, identity, None, session, asked.relay)
        answer = {"id": _session_id(), "object": "realtime.session", "model": asked.model, **flat}
        secret = {"value": value, "expires_at": int(expires_at)}
        return JSONResponse({**answer, "client_secret": secret}, headers=NO_STORE)

    async def _identified(self, request: Request) -> tuple[Handshake, Identity]:
        """Return who asks, before anything of the body is read. Raises `Ended`."""
        handshake = read_handshake(request.scope)
        self.admission.check_origin(handshake)
        return handshake, await self.admission.identify(handshake, minting=True)

    async def _mint(
        self,
        handshake: Handshake,
        identity: Identity,
        seconds: int | None,
        session: AskedSession,
        binding: Binding,
    ) -> tuple[str, float]:
        chosen = self.profiles.choose(identity, binding.profile, session.model)
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
            session=msgspec.json.encode(session.model_dump(exclude={"model"})),
        )

    async def answered(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        """Answer, or refuse as the WebSocket does by HTTP: counted, logged, and with the request's id."""
        name = secrets.token_hex(16)
        try:
            return await answer(request)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except Ended as ended:
            refused = ended
        except Exception as error:  # noqa: BLE001 - whatever broke, the caller must hear of it
            log_fault(error, session=name)
            refused = Ended(Ending.RELAY_FAULT)
        self.telemetry.caller_refused(refused)
        log.info("ticket refused", session=name, code=refused.code, detail=refused.detail)
        return denial(name, refused)


def _in_ga(flat: dict[str, Any]) -> dict[str, Any]:
    """Translate a preview session. Raises `Ended` in the words of who wrote it."""
    if not flat:
        return {}
    try:
        (update,) = PreviewClient().read({"type": "session.update", "session": flat})
    except Refused as refused:
        raise Ended(Ending.BAD_REQUEST, refused.message) from None
    session: dict[str, Any] = update["session"]
    return session


async def _body(request: Request, shape: type[Any]) -> Any:
    """Read a JSON body of this shape; none at all is an empty one. Raises `Ended`."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            text = await _text(request)
        return shape.model_validate(msgspec.json.decode(text or b"{}"))
    except TimeoutError:
        raise Ended(Ending.BAD_REQUEST, "The body did not come in time.") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            raise Ended(Ending.BAD_REQUEST, "The body is not valid JSON.") from None
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Ended(Ending.BAD_REQUEST, f"{where}: {first['msg']}.") from None


async def _text(request: Request) -> bytes:
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > MAX_BODY:
            raise Ended(Ending.FRAME_TOO_BIG, f"The body is larger than {MAX_BODY} bytes.")
    return bytes(text)


def _session_id() -> str:
    return f"sess_{secrets.token_hex(10)}"


def add_ticket_routes(app: FastAPI, origins: Sequence[str]) -> None:
    """Add the routes, readable by the pages that may connect, and without their cookies."""
    for paths, endpoint in ((CLIENT_SECRET_PATHS, _client_secret), (SESSION_PATHS, _session)):
        readable = CORSMiddleware(
            endpoint,
            allow_origins=list(origins),
            allow_methods=["POST"],
            allow_headers=["*"],
            allow_credentials=False,
        )
        app.router.routes.extend(Route(path, readable, methods=["POST", "OPTIONS"]) for path in paths)


async def _client_secret(scope: Scope, receive: Receive, send: Send) -> None:
    minting: Minting = scope["app"].state.minting
    response = await minting.answered(Request(scope, receive), minting.client_secret)
    await response(scope, receive, send)


async def _session(scope: Scope, receive: Receive, send: Send) -> None:
    minting: Minting = scope["app"].state.minting
    response = await minting.answered(Request(scope, receive), minting.session)
    await response(scope, receive, send)
