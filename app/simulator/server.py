"""The simulated service on a socket: it admits, holds sessions, and takes a control call for its faults.

What is said in a session is the business of `Session`, how it is carried that of `LiveSession` and `LiveCall`;
what is no WebSocket is answered by `Rest`.
"""

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Sequence
from typing import Self
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from app.simulator.admission import Denied, Handshake, admitted, handshake_of, not_found, unauthorized
from app.simulator.bodies import WithBody
from app.simulator.config import SimulatorConfig
from app.simulator.denial import denial, deny_in_band, http_answer
from app.simulator.faults import HANDSHAKE, Faults, faults_from
from app.simulator.live import LiveSession, Observe
from app.simulator.outbox import new_id
from app.simulator.rest import Rest
from app.simulator.session import Session
from app.simulator.session_object import Opening

__all__ = ["Simulator"]

MAX_SIZE = 32 * 1024 * 1024
REMEMBERED = 64
"""So many handshakes are kept."""
CONTROL_PATH = "/simulator/faults"
CHANNEL_PATH = "/simulator/channel"
"""Where a WebSocket stands for the data channel of a call's browser (`?call_id=`): no service has such a path."""
OPEN_TIMEOUT = 60
"""Seconds; longer than any client waits, so that a stalled handshake is the client's to give up."""
REALTIME = Subprotocol("realtime")


class Simulator:
    """The service. `observe` is shown the id of a session and each message that its client sends."""

    def __init__(self, config: SimulatorConfig | None = None, *, observe: Observe | None = None) -> None:
        self.config = config or SimulatorConfig()
        self.faults = Faults()
        self.handshakes: deque[Handshake] = deque(maxlen=REMEMBERED)
        self._observe = observe
        # Weakly: of a connection that is lost between handshake and session nobody hears again.
        self._admitted: WeakKeyDictionary[ServerConnection, tuple[Opening | Denied, Faults]] = WeakKeyDictionary()
        self._sessions: dict[str, LiveSession] = {}
        self.rest = Rest(self.config, observe)
        self._server: Server | None = None
        self._closing: asyncio.Future[None]
        self._scheme = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0, ssl: ssl.SSLContext | None = None) -> None:
        """Listen; port 0 takes any that is free."""
        self._scheme = "ws" if ssl is None else "wss"
        self._closing = asyncio.get_running_loop().create_future()
        self._server = await serve(
            self._hold,
            host,
            port,
            ssl=ssl,
            create_connection=WithBody,
            process_request=self._process_request,
            select_subprotocol=_select_subprotocol,
            compression=None,
            max_size=MAX_SIZE,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=self.config.close_timeout,
        )

    async def close(self) -> None:
        """Listen no more and close all sessions; drop those of clients that do not let themselves be closed."""
        if self._server is not None:
            self._closing.set_result(None)
            await self.rest.close()
            self._server.close()
            closed = asyncio.create_task(self._server.wait_closed())
            await asyncio.wait([closed], timeout=self.config.close_timeout)
            for live in self.sessions:
                live.drop()
            await closed
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """The base of what a client dials: `ws://HOST:PORT`, or `wss://…` with TLS."""
        if self._server is None:
            raise RuntimeError("the simulator is not started")
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return base_url(self._scheme, host, port)

    @property
    def endpoint(self) -> str:
        """What stands in `AZURE_OPENAI_ENDPOINT`: `http://HOST:PORT`, or `https://…` with TLS."""
        return self.url.replace("ws", "http", 1)

    @property
    def sessions(self) -> Sequence[LiveSession]:
        """The live sessions, oldest first."""
        return list(self._sessions.values())

    async def empty(self) -> None:
        """Wait until no session is left."""
        for live in self.sessions:
            await live.ended.wait()

    async def inject(
        self,
        *,
        send: str | bytes | None = None,
        close: tuple[int, str] | None = None,
        drop: bool = False,
        session: str | None = None,
    ) -> None:
        """Act on live sessions, or on the one whose id is given: send a message, close, or drop, in this order."""
        for live in self.sessions:
            if session not in {None, live.id}:
                continue
            with contextlib.suppress(ConnectionClosed):
                if send is not None:
                    await live.connection.send(send)
                if close is not None:
                    await live.close(*close)
            if drop:
                live.drop()

    async def _process_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Decide on a request: an HTTP answer, or None for a WebSocket."""
        headers = {name.lower(): value for name, value in request.headers.raw_items()}
        handshake = handshake_of(request.path, headers)
        if handshake.path == CONTROL_PATH:
            return self._control(handshake, request.method)
        self.handshakes.append(handshake)
        try:
            faults = faults_from(handshake.query, self.faults)
            body = connection.body if isinstance(connection, WithBody) else b""
            answer = self.rest.answer(handshake, request.method, body, faults)
            if answer is not None:
                return answer
            opening: Opening | Denied = self._opening(handshake, faults)
        except ValueError as error:
            return http_answer(400, {"error": {"code": "400", "message": str(error)}})
        except Denied as denied:
            if not denied.close_code:
                return denial(denied)
            faults, opening = self.faults, denied
        if faults.stall == HANDSHAKE:
            await asyncio.wait([self._closing], timeout=faults.stall_seconds or None)
        self._admitted[connection] = (opening, faults)
        return None

    def _opening(self, handshake: Handshake, faults: Faults) -> Opening:
        """Return what a handshake opens: a session, or a way into a call that there is. Raises `Denied`."""
        if handshake.path == CHANNEL_PATH:
            opening = Opening("ga", "realtime", "", handshake.query.get("call_id", ""))
        else:
            if self.rest.secrets.knows(handshake.credential):
                raise unauthorized()
            opening = admitted(handshake, self.config, faults)
        if opening.call_id is not None and opening.call_id not in self.rest.calls:
            raise not_found()
        return opening

    def _control(self, handshake: Handshake, method: str) -> Response:
        """Do `POST /simulator/faults?stall=…`: what the query names, goes wrong from now on, and nothing else."""
        if method != "POST":
            return http_answer(405, {"error": {"code": "405", "message": "Faults are set by POST."}})
        try:
            self.faults = faults_from(handshake.query, Faults(), prefix="")
        except ValueError as error:
            return http_answer(400, {"error": {"code": "400", "message": str(error)}})
        return http_answer(200, {"faults": self.faults})

    async def _hold(self, connection: ServerConnection) -> None:
        opening, faults = self._admitted.pop(connection)
        if isinstance(opening, Denied):
            await deny_in_band(connection, opening)
            return
        if opening.call_id is not None:
            await self._take_part(connection, opening.call_id, faults)
            return
        now = asyncio.get_running_loop().time()
        session = Session(opening, self.config, faults, new_id, born=time.time(), now=now)
        live = self._sessions[session.id] = LiveSession(connection, session, faults, self._observe)
        try:
            await live.run()
        finally:
            del self._sessions[session.id]
            live.ended.set()

    async def _take_part(self, connection: ServerConnection, call_id: str, faults: Faults) -> None:
        call = self.rest.calls.get(call_id)
        if call is not None:  # it may have ended since the handshake
            request = connection.request
            browser = request is not None and request.path.startswith(CHANNEL_PATH)
            await call.join(connection, faults, browser=browser)


def base_url(scheme: str, host: str, port: int) -> str:
    """Write a URL without a path; an address of IPv6 stands in brackets."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _select_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return REALTIME if REALTIME in offered else None
