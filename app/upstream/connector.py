"""The way to the upstream: a credential, a dial, and the first event.

Whatever goes wrong on it is an `Ended` that says whose fault it is; and whoever gives up on it, by cancelling,
leaves no connection and no task behind.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from ssl import SSLContext, create_default_context
from typing import TYPE_CHECKING
from urllib.request import getproxies

import msgspec
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus, WebSocketException

from app.buffers import bound
from app.protocol.catalogue import GenerationName
from app.upstream import refusals
from app.upstream.providers import Address, Target, address, is_loopback
from app.upstream.socket import Connection, Dial, UpstreamSocket, quiet
from app.wire import Closed, Socket

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from app.upstream.entra import Tokens

__all__ = ["Connector", "ConnectorConfig", "Upstream"]


JOINED = b'{"type":"session.created","event_id":"event_relay_joined"}'
"""The first event of a sideband, but for the session."""


class ConnectorConfig(BaseModel):
    """How upstreams are dialled; times in seconds, sizes in bytes. Env: `RELAY_UPSTREAM__<FIELD>`.

    `timeout` is for token, dial and first event together. `authority` is the Entra host of a sovereign cloud, such
    as login.microsoftonline.us.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout: PositiveFloat = Field(default=8.0, description="Seconds for token, dial and first event together.")
    max_frame: PositiveInt = Field(default=32 * 2**20, description="Bytes of one message of the upstream's.")
    ping_interval: PositiveFloat = Field(default=15, description="Seconds between pings to the upstream.")
    ping_timeout: PositiveFloat = Field(
        # Longer than a send may stall: meanwhile nothing is read, pongs included.
        default=45,
        description="Seconds for the upstream to answer a ping.",
    )
    close_timeout: PositiveFloat = Field(default=5, description="Seconds for a closing handshake.")
    scope: str | None = Field(
        default=None,
        description="Entra scope for AZURE_OPENAI_ENDPOINT; https://ai.azure.com/.default for Voice Live.",
    )
    authority: str | None = Field(
        default=None, description="Entra authority host of a sovereign cloud, such as login.microsoftonline.us."
    )
    managed_identity_client_id: str | None = Field(
        default=None, description="Client id of a user-assigned managed identity."
    )
    insecure: bool = Field(
        default=False, description="Allow an http:// AZURE_OPENAI_ENDPOINT that is not on this machine."
    )


@dataclass(slots=True)
class Upstream:
    """An upstream that has begun a session.

    `created` is the text of its first event; `request_id` is its own name for the connection, for its support.
    """

    socket: Socket
    created: bytes
    generation: GenerationName
    request_id: str | None = None


class Connector:
    """Opens sessions with upstreams. It holds the Entra tokens: one for the whole process.

    `credential` makes what gives Entra tokens, when the first is needed; `ssl` replaces the trust in the system's
    authorities, or in those of `SSL_CERT_FILE`. `timeout` is what a dial has, in seconds.
    """

    def __init__(
        self,
        config: ConnectorConfig,
        *,
        credential: "Callable[[], AsyncTokenCredential] | None" = None,
        ssl: SSLContext | None = None,
    ) -> None:
        self.timeout = config.timeout
        self._config = config
        self._credential = credential
        self._tokens: Tokens | None = None
        # Made once: to load the system's authorities takes tens of milliseconds, and nobody else runs meanwhile.
        self.ssl = ssl or create_default_context()
        # Asked once, too: to look the environment through costs a tenth of a dial.
        self._proxied = bool(getproxies())

    def prepare(self, targets: Iterable[Target]) -> None:
        """Load what it takes to dial these: by the first dial it would hold up all sessions for half a second."""
        if any(target.entra_scope is not None for target in targets):
            self._entra()

    async def open(
        self,
        target: Target,
        *,
        request_id: str,
        transcription: bool = False,
        update: bytes | None = None,
        call_id: str | None = None,
    ) -> Upstream:
        """Dial a target and wait until its session has begun.

        `update` is the text of a session update in the upstream's own words; if given, it is in force then.
        `call_id` names a call of WebRTC: its sideband is dialled, and the update must be given.

        Raises `Ended` alone. When it is cancelled the connection is dropped at once.
        """
        where = address(target, transcription=transcription, call_id=call_id)
        layer: refusals.Layer = "credential"
        awaited = "an Entra token"
        try:
            async with asyncio.timeout(self._config.timeout):
                headers = await self.headers(target, request_id)
                layer, awaited = "network", f"{target.host} to take the connection"
                connection = await self._dial(target, where, headers)
                bound(connection.transport)
                socket = UpstreamSocket(connection)
                layer, awaited = "first event", f"the first event of {target.host}"
                created = await _begun(socket, update, joining=call_id is not None)
        except TimeoutError:
            raise refusals.of_time_out(layer, awaited) from None
        upstream = Upstream(socket, created, where.generation, _request_id(connection))
        _forget_handshake(connection)
        return upstream

    async def close(self) -> None:
        """Close what the Entra credentials hold open; the sockets are their sessions'."""
        if self._tokens is not None:
            await self._tokens.close()

    def _entra(self) -> "Tokens":
        """Return the Entra tokens."""
        if self._tokens is None:
            from app.upstream.entra import Tokens, make_credential  # noqa: PLC0415 - 20 MiB; a key needs none of it

            made = partial(make_credential, self._config.managed_identity_client_id, self._config.authority)
            self._tokens = Tokens(self._credential or made)
        return self._tokens

    async def headers(self, target: Target, request_id: str) -> dict[str, str]:
        """Return the headers that carry the relay's credential, and its name for the request. Raises `Ended`."""
        headers = target.key_headers()
        if target.entra_scope is not None:
            headers["Authorization"] = f"Bearer {await self._entra().get(target.entra_scope)}"
        if target.azure:
            headers["x-ms-client-request-id"] = request_id
        return headers

    async def _dial(self, target: Target, where: Address, headers: dict[str, str]) -> ClientConnection:
        config = self._config
        try:
            return await Dial(
                where.url,
                additional_headers=headers,
                compression=None,
                # A proxy is no way to the machine that it is asked from.
                proxy=True if self._proxied and not is_loopback(target.host) else None,
                open_timeout=None,
                ping_interval=config.ping_interval,
                ping_timeout=config.ping_timeout,
                close_timeout=config.close_timeout,
                max_size=config.max_frame,
                max_queue=4,
                logger=quiet,
                create_connection=Connection,
                ssl=self.ssl if where.url.startswith("wss:") else None,
            )
        except InvalidStatus as error:
            raise refusals.of_status(target, error.response) from None
        except (OSError, WebSocketException, ImportError, ValueError) as error:
            raise refusals.of_failure(target, error) from None


def _request_id(connection: ClientConnection) -> str | None:
    """Azure's gateway and OpenAI name each request; what is no plain name is none."""
    headers = connection.response.headers if connection.response else {}
    told = headers.get("apim-request-id") or headers.get("x-request-id") or ""
    return told if re.fullmatch(r"[\w-]{1,64}", told, re.ASCII) else None


def _forget_handshake(connection: ClientConnection) -> None:
    """Let go of what was said in the handshake, the key among it: the library would keep it all."""
    for headers in [each.headers for each in (connection.request, connection.response) if each is not None]:
        headers.clear()


async def _begun(socket: UpstreamSocket, update: bytes | None, *, joining: bool) -> bytes:
    """Return the first event, as it reads with the update in force. The socket does not outlive a failure.

    Whoever joins a call may be told nothing until it asks: then what is in force is all that there is to tell.
    """
    try:
        created = JOINED if joining else await _first_event(socket)
        return created if update is None else await _in_force(socket, created, update)
    except Closed as closed:
        raise refusals.of_close(closed) from None
    except BaseException:  # refused, cancelled, or out of time
        socket.abort()
        raise


async def _first_event(socket: UpstreamSocket) -> bytes:
    created = await socket.recv()
    ended = refusals.of_first_event(created)
    if ended is not None:
        raise ended
    return created


async def _in_force(socket: UpstreamSocket, created: bytes, update: bytes) -> bytes:
    """Update the session and wait until it is acknowledged: an unknown key discards a whole update."""
    await socket.send(update)
    while True:
        event = refusals.event_of(await socket.recv())
        match event:
            case {"type": "session.updated" | "transcription_session.updated", "session": effective}:
                return msgspec.json.encode({**msgspec.json.decode(created), "session": effective})
            case {"type": "error"}:
                raise refusals.of_session(event)
