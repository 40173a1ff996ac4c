"""The WebSocket endpoint: admit, dial, accept, run. No upstream is dialled for a caller who is not admitted.

The order is the rule: draining, Origin, credential, identity, counts, target, dial, and only then accept: an open
WebSocket means that the service is ready. While all this goes on the client's leaving is watched for.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt
from starlette.websockets import WebSocket

from app.auth.credentials import Handshake, Identity
from app.errors import Ended, Ending
from app.policy import make_chain
from app.policy.session_news import News
from app.policy.teller import Teller
from app.protocol.translation import Translation
from app.relay import Relay
from app.session import Session, SessionConfig, Sessions
from app.store import Store
from app.telemetry import Telemetry, log_fault
from app.upstream.connector import Connector, Upstream
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.admitted import Admitted, Caller, first_update, spoken
from app.web.client_socket import ClientSocket
from app.web.handshake import accept, read_handshake, refuse
from app.web.news import make_news

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
class Realtime:
    """The endpoint, and all that it needs."""

    admission: Admission
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
        structlog.contextvars.bind_contextvars(session=caller.name)
        try:
            await self._serve(caller)
        except Ended as ended:
            await self._refuse(caller, ended)
        except Exception as error:  # noqa: BLE001 - whatever broke, the caller must hear of it
            log_fault(error, session=caller.name)
            await self._refuse(caller, Ended(Ending.RELAY_FAULT))

    async def _serve(self, caller: Caller) -> None:
        self._check_door(caller.handshake)
        identity = await self.admission.identify(caller.handshake)
        try:
            await self._serve_user(caller, identity)
        finally:
            if identity.ticket is not None:  # what was not consumed is free for another try
                await self.store.release_ticket(identity.ticket)

    async def _serve_user(self, caller: Caller, identity: Identity) -> None:
        profile = self.admission.profile_for(identity, caller.handshake.profile)
        user = None if identity.method == "dev" else f"{identity.method}:{identity.name}"
        await self.store.open_session(user, time.time())
        try:
            asked = caller.handshake.asked_model or identity.model
            target_name, target = self.targets.find(asked)
            await self._connect(Admitted(caller, identity, profile, asked, target_name, target))
        finally:
            await self.store.close_session(user)

    def _check_door(self, handshake: Handshake) -> None:
        if self.sessions.draining:
            raise Ended(Ending.DRAINING, retry_after=1)
        self.admission.check_origin(handshake)

    async def _connect(self, admitted: Admitted) -> None:
        caller, target = admitted.caller, admitted.target
        translation = Translation(spoken(admitted))
        dial = self.connector.open(
            target,
            request_id=caller.name,
            transcription=admitted.transcription,
            update=first_update(admitted, translation),
        )
        upstream = await _unless_left(caller.websocket, dial)
        try:
            self._check_door(caller.handshake)  # the drain may have begun meanwhile
            await accept(caller.websocket, caller.handshake)
            if admitted.identity.ticket is not None:
                await self.store.consume_ticket(admitted.identity.ticket)
        except BaseException:
            upstream.socket.abort()
            raise
        await self._run(admitted, upstream, translation)

    async def _run(self, admitted: Admitted, upstream: Upstream, translation: Translation) -> None:
        session = self._session(admitted, upstream, translation)
        self.telemetry.session_opened()
        ended = Ended(Ending.RELAY_FAULT, detail="cancelled")
        try:
            ended = await self.sessions.run(session, upstream.created)
        finally:
            self.telemetry.session_ended(ended)
            _log_session(admitted, upstream.request_id, session, ended)

    def _session(self, admitted: Admitted, upstream: Upstream, translation: Translation) -> Session:
        caller = admitted.caller
        clock = asyncio.get_running_loop().time
        teller = Teller(caller.name, opted_in=caller.handshake.opted_in)
        chain = make_chain(
            shown=admitted.shown,
            deployment=admitted.deployment,
            tap=self.telemetry,
            news=self._news(admitted, clock),
            teller=teller,
            now=clock(),
        )
        client = ClientSocket(caller.websocket, self.config.close_timeout)
        sockets = (client, upstream.socket)
        relay = Relay(chain, translation, self.telemetry, teller)
        return Session(caller.name, sockets, relay, self.config, self.telemetry)

    def _news(self, admitted: Admitted, clock: Callable[[], float]) -> News:
        return make_news(
            admitted.identity,
            admitted.caller.handshake,
            admission=self.admission,
            sessions=self.sessions,
            config=self.config,
            clock=clock,
        )

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
        profile=admitted.profile,
        generation=session.relay.translation.client,
        upstream_generation=admitted.target.generation,
        swallowed=session.relay.translation.swallowed,
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
