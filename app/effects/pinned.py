"""An HTTP transport that connects to an address only after it has looked at it.

The name is resolved once, the address is judged, and that same address is connected to: nobody can show one
address and serve another. TLS and `Host` are still the name's. No proxy is used, for a proxy would resolve again.
Each origin has connections of its own, so that none made for one name is used for another at the same address.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence

import httpx

from app.effects.hosts import may_connect, port_of

__all__ = ["OWN", "Pinned", "Resolve", "resolve"]

OWN = "relay_own"
"""The extension by which a request says that the operator named its host."""
MOST = 4
"""Addresses of one name that are tried."""

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


async def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name, in the order in which to try them. Raises `OSError`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Pinned(httpx.AsyncBaseTransport):
    """Connects to addresses that may be connected to; raises `httpx.ConnectError` where a name has none."""

    def __init__(self, resolve: Resolve = resolve, context: ssl.SSLContext | None = None) -> None:
        self._resolve = resolve
        self._context = context
        self._origins: dict[tuple[str, str, int], httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first address that answers."""
        error = httpx.ConnectError("no address that may be connected to", request=request)
        for address in await self._addresses(request):
            try:
                return await self._send(request, address)
            except (httpx.ConnectError, httpx.ConnectTimeout) as failed:
                error = httpx.ConnectError(type(failed).__name__, request=request)
        raise error

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in self._origins.values():
            await transport.aclose()

    async def _addresses(self, request: httpx.Request) -> Sequence[str]:
        own, host = bool(request.extensions.get(OWN)), request.url.host
        try:
            found = await self._resolve(host, port_of(request.url) or 0)
        except (OSError, UnicodeError):  # the second for a label that no name may have
            return ()
        return [each for each in found if may_connect(each, host, own=own)][:MOST]

    async def _send(self, request: httpx.Request, address: str) -> httpx.Response:
        named = request.url
        extensions = {key: value for key, value in request.extensions.items() if key != OWN}
        return await self._transport(named).handle_async_request(
            httpx.Request(
                request.method,
                named.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**extensions, "sni_hostname": named.raw_host.decode("ascii")},
            )
        )

    def _transport(self, url: httpx.URL) -> httpx.AsyncHTTPTransport:
        origin = (url.scheme, url.host, port_of(url) or 0)
        if origin not in self._origins:
            self._context = self._context or httpx.create_ssl_context()
            self._origins[origin] = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False)
        return self._origins[origin]
