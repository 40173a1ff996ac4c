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
from app.policy.session_news import News
from app.profiles import Profiles
from app.relay import Relay
from app.session import Session, SessionConfig, Sessions
from app.store import Store
from app.telemetry import Telemetry, log_fault
from app.upstream.connector import Connector, Upstream
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.admitted import Admitted, Caller, Prepared, target_for
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
    profiles: Profiles
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
        asked = caller.handshake.asked_model or identity.model
        loaded = self.profiles.choose(identity, caller.handshake.profile, asked)
        user = None if identity.method == "dev" else f"{identity.method}:{identity.name}"
        with loaded.leases:
            await self.store.open_session(user, time.time())
            try:
                target_name, target = target_for(loaded, self.targets, asked)
                await self._connect(Admitted(caller, identity, loaded, asked, target_name, target))
            finally:
                await self.store.close_session(user)

    def _check_door(self, handshake: Handshake) -> None:
        if self.sessions.draining:
            raise Ended(Ending.DRAINING, retry_after=1)
        self.admission.check_origin(handshake)

    async def _connect(self, admitted: Admitted) -> None:
        prepared = Prepared.of(admitted)
        upstream = await self._dial(prepared)
        try:
            self._check_door(admitted.caller.handshake)  # the drain may have begun meanwhile
            await accept(admitted.caller.websocket, admitted.caller.handshake)
            if admitted.identity.ticket is not None:
                await self.store.consume_ticket(admitted.identity.ticket)
        except BaseException:
            upstream.socket.abort()
            raise
        await self._run(prepared, upstream)

    async def _dial(self, prepared: Prepared) -> Upstream:
        """Return an upstream on which the policy is in force."""
        admitted = prepared.admitted
        dial = self.connector.open(
            admitted.target,
            request_id=admitted.caller.name,
            transcription=admitted.transcription,
            update=prepared.first_update(),
        )
        try:
            return await _unless_left(admitted.caller.websocket, dial)
        except Ended as ended:
            raise prepared.at_fault(ended) from None

    async def _run(self, prepared: Prepared, upstream: Upstream) -> None:
        session = self._session(prepared, upstream)
        self.telemetry.session_opened()
        ended = Ended(Ending.RELAY_FAULT, detail="cancelled")
        try:
            ended = await self.sessions.run(session, upstream.created)
        finally:
            self.telemetry.session_ended(ended)
            _log_session(prepared.admitted, upstream.request_id, session, ended)

    def _session(self, prepared: Prepared, upstream: Upstream) -> Session:
        admitted, clock = prepared.admitted, asyncio.get_running_loop().time
        chain = prepared.chain(self.telemetry, self._news(admitted, clock), clock())
        silent = admitted.loaded.profile.gate.refused == "drop"
        relay = Relay(chain, prepared.translation, self.telemetry, prepared.teller, silent=silent)
        client = ClientSocket(admitted.caller.websocket, self.config.close_timeout)
        return Session(admitted.caller.name, (client, upstream.socket), relay, self.config, self.telemetry)

    def _news(self, admitted: Admitted, clock: Callable[[], float]) -> News:
        return make_news(
            admitted,
            admission=self.admission,
            profiles=self.profiles,
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
        profile=admitted.loaded.name,
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
        code=ended.code,
        close_code=ended.close_code,
        detail=ended.detail,
    )
