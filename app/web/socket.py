"""The WebSocket endpoint: admit, dial, accept, run. No upstream is dialled for a caller who is not admitted.

The order is the rule: draining, Origin, credential, identity, counts, target, dial, and only then accept: an open
WebSocket means that the service is ready. While all this goes on the client's leaving is watched for.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt
from starlette.websockets import WebSocket

from app.auth.credentials import Handshake, Identity, origin_allowed
from app.auth.methods import DEV, Authenticator
from app.errors import Ended, Ending
from app.policy import OPEN, make_chain
from app.relay import Relay
from app.session import Session, SessionConfig, Sessions
from app.store import Store
from app.telemetry import Telemetry, log_fault
from app.upstream.connector import Connector, Upstream
from app.upstream.providers import Target, Targets
from app.web.client_socket import ClientSocket
from app.web.handshake import ORIGIN_REFUSED, accept, read_handshake, refuse

__all__ = ["PATHS", "ClientConfig", "Realtime"]

log = structlog.get_logger()

PATHS = ("/openai/v1/realtime", "/v1/realtime", "/openai/realtime", "/realtime")

T = TypeVar("T")


class ClientConfig(BaseModel):
    """What `serve` lets a client's connection do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_frame: PositiveInt = Field(default=21 * 2**20, description="Bytes of one message of a client's.")
    ping_interval: PositiveFloat = Field(default=15, description="Seconds between pings to a client.")
    ping_timeout: PositiveFloat = Field(
        # Longer than a send may stall: meanwhile nothing is read, pongs included.
        default=45,
        description="Seconds for a client to answer a ping.",
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """One connection on its way in. `name` stands for it in the log, towards the upstream and in refusals."""

    websocket: WebSocket
    handshake: Handshake
    name: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller whose identity is known, and the target that it will get."""

    caller: Caller
    identity: Identity
    target_name: str
    target: Target


@dataclass(frozen=True, slots=True)
class Realtime:
    """The endpoint, and all that it needs."""

    origins: tuple[str, ...]
    authenticate: Authenticator
    store: Store
    targets: Targets
    connector: Connector
    sessions: Sessions
    config: SessionConfig
    telemetry: Telemetry

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection from its first byte to its last."""
        await websocket.receive()
        caller = Caller(websocket, read_handshake(websocket.scope), secrets.token_hex(16))
        try:
            await self._serve(caller)
        except Ended as ended:
            await self._refuse(caller, ended)
        except Exception as error:  # noqa: BLE001 - whatever broke, the caller must hear of it
            log_fault(error, session=caller.name)
            await self._refuse(caller, Ended(Ending.RELAY_FAULT))

    async def _serve(self, caller: Caller) -> None:
        self._check_door(caller.handshake)
        identity = await self.authenticate(caller.handshake)
        user = None if identity is DEV else f"{identity.method}:{identity.name}"
        await self.store.open_session(user, asyncio.get_running_loop().time())
        try:
            target_name, target = self.targets.find(caller.handshake.asked_model)
            await self._connect(Admitted(caller, identity, target_name, target))
        finally:
            await self.store.close_session(user)

    def _check_door(self, handshake: Handshake) -> None:
        if self.sessions.draining:
            raise Ended(Ending.DRAINING, retry_after=1)
        if not origin_allowed(handshake, self.origins):
            detail = f"Origin {handshake.origin!r} is not in RELAY_ORIGINS"
            raise Ended(Ending.FORBIDDEN, "This Origin may not connect.", code=ORIGIN_REFUSED, detail=detail)

    async def _connect(self, admitted: Admitted) -> None:
        caller, target = admitted.caller, admitted.target
        _check_generation(caller.handshake, target)
        dial = self.connector.open(target, request_id=caller.name, transcription=caller.handshake.transcription)
        upstream = await _unless_left(caller.websocket, dial)
        try:
            self._check_door(caller.handshake)  # the drain may have begun meanwhile
            await accept(caller.websocket, caller.handshake)
        except BaseException:
            upstream.socket.abort()
            raise
        await self._run(admitted, upstream)

    async def _run(self, admitted: Admitted, upstream: Upstream) -> None:
        session = self._session(admitted, upstream)
        self.telemetry.session_opened()
        ended = Ended(Ending.RELAY_FAULT, detail="cancelled")
        try:
            ended = await self.sessions.run(session, upstream.created)
        finally:
            self.telemetry.session_ended(ended)
            _log_session(admitted, upstream.request_id, session, ended)

    def _session(self, admitted: Admitted, upstream: Upstream) -> Session:
        caller, target = admitted.caller, admitted.target
        chain = make_chain(
            upstream.generation,
            shown=caller.handshake.asked_model or next(iter(target.models), None),
            deployment=target.deployment if caller.handshake.transcription else None,
            tap=self.telemetry,
        )
        client = ClientSocket(caller.websocket, self.config.close_timeout)
        sockets = (client, upstream.socket)
        return Session(caller.name, sockets, Relay(chain), self.config, self.telemetry)

    async def _refuse(self, caller: Caller, ended: Ended) -> None:
        self.telemetry.caller_refused(ended)
        log.info(
            "refused",
            session=caller.name,
            ending=ended.ending.name.lower(),
            code=ended.code,
            detail=ended.detail,
        )
        await refuse(caller.websocket, caller.handshake, caller.name, ended)


def _check_generation(handshake: Handshake, target: Target) -> None:
    """Refuse a client that says it speaks the preview protocol where the upstream does not."""
    if handshake.speaks_preview and target.generation == "ga":
        raise Ended(
            Ending.FORBIDDEN,
            "The service behind this relay speaks the GA Realtime protocol. Leave out 'OpenAI-Beta: realtime=v1'"
            " and the subprotocol 'openai-beta.realtime-v1', and use the SDK's `realtime`, not `beta.realtime`.",
            code="beta_api_shape_disabled",
        )


async def _unless_left(websocket: WebSocket, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, but drop it at once if the client leaves. Raises `Ended` then."""
    leaving = asyncio.ensure_future(websocket.receive())
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait((leaving, working), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise Ended(Ending.CLIENT_LEFT, detail="while the upstream was dialled")
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()
        await asyncio.gather(leaving, working, return_exceptions=True)


def _log_session(admitted: Admitted, upstream_request: str | None, session: Session, ended: Ended) -> None:
    """Write THE line of a session."""
    log.info(
        "session",
        session=session.name,
        upstream_request=upstream_request,
        identity=admitted.identity.name,
        method=admitted.identity.method,
        target=admitted.target_name,
        profile=OPEN,
        generation=admitted.target.generation,
        seconds=round(session.seconds, 3),
        first_audio_after=session.first_audio_after,
        frames_from_client=session.client.frames,
        bytes_from_client=session.client.bytes,
        frames_from_upstream=session.upstream.frames,
        bytes_from_upstream=session.upstream.bytes,
        ending=ended.ending.name.lower(),
        close_code=ended.close_code,
        detail=ended.detail,
    )
