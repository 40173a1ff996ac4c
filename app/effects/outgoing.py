"""HTTP to what the operator listed: bounded in size and redirects, with nobody's cookies.

A redirect is followed to listed hosts alone, and never from a secure to an open connection. Headers, which hold
secrets, go to the origin that they were configured for and to no other. Nothing compressed is asked for or taken:
its true size would be known only after it was unpacked. Time is bounded by whoever calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from app.effects.calling import ToolFailure
from app.effects.hosts import Hosts, port_of
from app.effects.pinned import OWN, Pinned

__all__ = ["Answer", "Asked", "Outgoing"]

MAX_REDIRECTS = 3
CONNECT = 3.0
"""Seconds for one address, before the next is tried."""
CHARSETS = frozenset({"iso-8859-1", "us-ascii", "windows-1252"})
"""Those besides UTF-8. Of Python's codecs, some are no charset and some are no text."""
HEADERS = {
    "Accept": "application/json, text/*;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",
    "User-Agent": "realtime-relay",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; what it carries is not shown."""

    method: str
    url: httpx.URL = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(default=None, repr=False)

    def is_at(self, url: httpx.URL) -> bool:
        """Say whether this URL is at the host and port that the request was made for."""
        return (url.host, port_of(url)) == (self.url.host, port_of(self.url))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `whole` unless there was more than was to be read."""

    status: int
    body: bytes = field(repr=False)
    charset: str | None
    whole: bool

    @property
    def text(self) -> str:
        """The body as text; what is none shows as replacement characters."""
        charset = (self.charset or "").lower()
        return self.body.decode(charset if charset in CHARSETS else "utf-8", "replace")


class Outgoing:
    """The connections of one toolbox."""

    def __init__(self, hosts: Hosts, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.hosts = hosts
        self._client = httpx.AsyncClient(
            transport=transport or Pinned(),
            trust_env=False,
            headers=HEADERS,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=httpx.Timeout(None, connect=CONNECT),
        )

    async def fetch(self, asked: Asked, limit: int) -> Answer:
        """Ask, and read at most `limit` bytes of the answer. Raises `ToolFailure` where there is none."""
        try:
            return await self._fetch(asked, limit)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ToolFailure("the tool can't be reached") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _fetch(self, asked: Asked, limit: int) -> Answer:
        request = self._request(asked, asked.method, asked.url, asked.content)
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._client.send(request, stream=True)
            try:
                if response.next_request is None:
                    return await _read(response, limit)
                request = self._following(asked, response.next_request, request)
            finally:
                await response.aclose()
        raise ToolFailure("the tool redirected too often")

    def _following(self, asked: Asked, following: httpx.Request, sent: httpx.Request) -> httpx.Request:
        url = following.url
        opened = sent.url.scheme == "https" and url.scheme != "https"
        if opened or url.userinfo or not self.hosts.lists(url):
            raise ToolFailure("the tool redirected to where the relay does not go")
        same = following.method == sent.method
        return self._request(asked, following.method, url, sent.content if same else None)

    def _request(self, asked: Asked, method: str, url: httpx.URL, content: bytes | None) -> httpx.Request:
        own = asked.is_at(url)
        headers = dict(asked.headers) if own and url.scheme == asked.url.scheme else {}
        if content:
            headers["Content-Type"] = "application/json"
        return self._client.build_request(
            method, url, headers=headers, content=content or None, extensions={OWN: own}
        )


async def _read(response: httpx.Response, limit: int) -> Answer:
    if response.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise ToolFailure("the tool answered in a compressed form, which was not asked for")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > limit:
            break
    whole = len(body) <= limit
    return Answer(response.status_code, bytes(body[:limit]), response.charset_encoding, whole)
