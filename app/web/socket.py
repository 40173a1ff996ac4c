"""The WebSocket endpoint: admit, dial, accept, run. No upstream is dialled for a caller who is not admitted.

The order is the rule: draining, Origin, credential, identity, counts, target, dial, and only then accept: an open
WebSocket means that the service is ready. While all this goes on the client's leaving is watched for.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt
from starlette.websockets import WebSocket

from app.auth.credentials import Handshake, Identity
from app.buffers import bound
from app.errors import Ended, Ending
from app.policy.session_news import News
from app.profiles import LoadedProfile, Profiles
from app.relay import Relay
from app.session import Session, SessionConfig, Sessions
from app.store import Store
from app.telemetry import Telemetry, log_fault
from app.upstream.connector import Connector, Upstream
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.admitted import Admitted, Caller, Prepared, target_for
from app.web.client_socket import TRANSPORT, ClientSocket
from app.web.handshake import accept, read_handshake, refuse
from app.web.leaving import unless_left
from app.web.news import make_news
from app.wire import Socket

__all__ = ["PATHS", "ClientConfig", "Realtime"]

log = structlog.get_logger()

PATHS = ("/openai/v1/realtime", "/v1/realtime", "/openai/realtime", "/realtime")


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
        caller = Caller(read_handshake(websocket.scope), secrets.token_hex(16))
        websocket.scope["headers"] = []  # they are read, and the scope lives as long as the session
        structlog.contextvars.bind_contextvars(session=caller.name)
        try:
            await self._serve(websocket, caller)
        except Ended as ended:
            await self._refuse(websocket, caller, ended)
        except Exception as error:  # noqa: BLE001 - whatever broke, the caller must hear of it
            log_fault(error, session=caller.name)
            await self._refuse(websocket, caller, Ended(Ending.RELAY_FAULT))

    async def _serve(self, websocket: WebSocket, caller: Caller) -> None:
        self.check_door(caller.handshake)
        async with self.identified(caller.handshake) as identity:
            asked = caller.handshake.asked_model or identity.model
            loaded = self.profiles.choose(identity, caller.handshake.profile, asked)
            async with self.place(identity, loaded):
                target_name, target = target_for(loaded, self.targets, asked)
                await self._connect(websocket, Admitted(caller, identity, loaded, asked, target_name, target))

    @asynccontextmanager
    async def identified(self, handshake: Handshake) -> AsyncIterator[Identity]:
        """Tell who is calling, and keep a ticket reserved meanwhile. Raises `Ended`."""
        identity = await self.admission.identify(handshake)
        try:
            yield identity
        finally:
            if identity.ticket is not None:  # what was not consumed is free for another try
                await self.store.release_ticket(identity.ticket)

    @asynccontextmanager
    async def place(self, identity: Identity, loaded: LoadedProfile) -> AsyncIterator[None]:
        """Hold a place among the sessions, and the profile's tools open. Raises `Ended` where there is none."""
        user = None if identity.method == "dev" else f"{identity.method}:{identity.name}"
        with loaded.leases:
            await self.store.open_session(user, time.time())
            try:
                yield
            finally:
                await self.store.close_session(user)

    def check_door(self, handshake: Handshake) -> None:
        """Let nobody in while the relay drains, and no page of another site. Raises `Ended`."""
        if self.sessions.draining:
            raise Ended(Ending.DRAINING, retry_after=1)
        self.admission.check_origin(handshake)

    async def _connect(self, websocket: WebSocket, admitted: Admitted) -> None:
        prepared = Prepared.of(admitted)
        upstream = await self._dial(websocket, prepared)
        try:
            self.check_door(admitted.caller.handshake)  # the drain may have begun meanwhile
            bound(websocket.scope.get(TRANSPORT))
            await accept(websocket, admitted.caller.handshake)
            if admitted.identity.ticket is not None:
                await self.store.consume_ticket(admitted.identity.ticket)
        except BaseException:
            upstream.socket.abort()
            raise
        await self.run(prepared, upstream, ClientSocket(websocket, self.config.close_timeout))

    async def _dial(self, websocket: WebSocket, prepared: Prepared) -> Upstream:
        """Return an upstream on which the policy is in force."""
        admitted = prepared.admitted
        dial = self.connector.open(
            admitted.target,
            request_id=admitted.caller.name,
            transcription=admitted.transcription,
            update=prepared.first_update(),
        )
        try:
            return await unless_left(websocket.receive, dial)
        except Ended as ended:
            raise prepared.at_fault(ended) from None

    async def run(
        self, prepared: Prepared, upstream: Upstream, client: Socket, call_id: str | None = None
    ) -> None:
        """Hold a session to its end, and write its line; `call_id` names the call that it is the sideband of."""
        session = self._session(prepared, upstream, client)
        self.telemetry.session_opened(session.relay.heard)
        ended: Ended | None = None
        try:
            ended = await self.sessions.run(session, upstream.created)
        finally:
            if ended is None:
                ended = Ended(Ending.RELAY_FAULT, detail="cancelled")
            self.telemetry.session_ended(session.relay.heard, ended)
            _log_session(prepared.admitted, (upstream.request_id, call_id), session, ended)

    def _session(self, prepared: Prepared, upstream: Upstream, client: Socket) -> Session:
        admitted, clock = prepared.admitted, asyncio.get_running_loop().time
        chain = prepared.chain(self.telemetry, self._news(admitted, clock), clock())
        silent = admitted.loaded.profile.gate.refused == "drop"
        relay = Relay(chain, prepared.translation, self.telemetry, prepared.teller, silent=silent)
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

    async def _refuse(self, websocket: WebSocket, caller: Caller, ended: Ended) -> None:
        self.telemetry.caller_refused(ended)
        log.info(
            "refused",
            session=caller.name,
            ending=ended.ending.name.lower(),
            code=ended.code,
            detail=ended.detail,
        )
        await refuse(websocket, caller.handshake, caller.name, ended)


def _log_session(
    admitted: Admitted, upstreams_names: tuple[str | None, str | None], session: Session, ended: Ended
) -> None:
    """Write THE line of a session."""
    upstream_request, call = upstreams_names
    heard = session.relay.heard
    log.info(
        "session",
        session=session.name,
        upstream_request=upstream_request,
        call=call,
        identity=admitted.identity.name,
        method=admitted.identity.method,
        target=admitted.target_name,
        profile=admitted.loaded.name,
        generation=session.relay.translation.client,
        upstream_generation=admitted.target.generation,
        swallowed=session.relay.translation.swallowed,
        seconds=round(session.seconds, 3),
        first_audio_after=session.first_audio_after,
        frames_from_client=heard.client.frames,
        bytes_from_client=heard.client.bytes,
        frames_from_upstream=heard.upstream.frames,
        bytes_from_upstream=heard.upstream.bytes,
        ending=ended.ending.name.lower(),
        code=ended.code,
        close_code=ended.close_code,
        detail=ended.detail,
    )
