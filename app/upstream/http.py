"""HTTP to the upstream: one request, one answer of bounded size in bounded time, and no redirect followed.

The trust and the proxy are those of a dial. The key is for the host that the operator named, and no other.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx
from websockets.datastructures import Headers
from websockets.http11 import Response

from app.errors import Ending
from app.upstream import refusals
from app.upstream.providers import Target, is_loopback

__all__ = ["Http", "Posted"]

MAX_ANSWER = 4 * 2**20
"""Bytes. A minted session repeats the prompt, and a prompt may have one MiB."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What is to be sent; what it carries is not shown. `asked` says in the log what was asked for."""

    url: str
    asked: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(default=b"", repr=False)


class Http:
    """The relay's HTTP connections to upstreams; `timeout` is for one request, in seconds."""

    def __init__(self, ssl: SSLContext, timeout: float) -> None:
        self._ssl = ssl
        self._timeout = timeout
        self._clients: dict[bool, httpx.AsyncClient] = {}

    async def post(self, target: Target, posted: Posted) -> Response:
        """Send, and return the answer, whatever its status. Raises `Ended` where there is none."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._posted(posted)
        except (TimeoutError, httpx.TimeoutException):
            raise refusals.of_time_out("network", f"{target.host} to answer {posted.asked}") from None
        except httpx.ProxyError:
            what = f"{target.host} can't be reached: the proxy that HTTPS_PROXY names refuses"
            raise refusals.Undialled("network", Ending.UPSTREAM_UNAVAILABLE, what) from None
        except (httpx.TransportError, OSError) as error:  # of TLS that breaks off, the library has no name
            raise refusals.of_failure(target, _cause(error)) from None
        except (ImportError, ValueError, httpx.InvalidURL):
            raise refusals.of_failure(target, ValueError()) from None

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()

    async def _posted(self, posted: Posted) -> Response:
        client = self._client(posted.url)
        headers = {"Accept-Encoding": "identity", "User-Agent": "realtime-relay", **posted.headers}
        async with client.stream("POST", posted.url, headers=headers, content=posted.content) as answer:
            body = await _read(answer)
            return Response(answer.status_code, "", Headers(answer.headers.multi_items()), body)

    def _client(self, url: str) -> httpx.AsyncClient:
        """Return the connections for a URL: a proxy is no way to the machine that it is asked from."""
        own = is_loopback(urlsplit(url).hostname or "")
        if own not in self._clients:
            self._clients[own] = httpx.AsyncClient(
                verify=self._ssl,
                trust_env=not own,
                timeout=self._timeout,
                follow_redirects=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            )
        return self._clients[own]


async def _read(answer: httpx.Response) -> bytes:
    """Read a body as it came; a compressed one, which was not asked for, fails where it is decoded."""
    body = bytearray()
    async for part in answer.aiter_raw():
        body += part
        if len(body) > MAX_ANSWER:
            raise refusals.Undialled("network", Ending.UPSTREAM_FAILED, "an answer of the service was too large")
    return bytes(body)


def _cause(error: Exception) -> Exception:
    """Return the first cause that the table of failures has a word for; the library's own names hide them."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
