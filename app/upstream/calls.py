"""The upstream's part in WebRTC: secrets for browsers, the exchange of offer and answer, and the end of a call.

All of it is asked for over HTTP, with the credential that a dial has. What a service answers is checked before
anything is made of it, and repeated to nobody where it refuses.
"""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from websockets.http11 import Response

from app.errors import Ended, Ending
from app.upstream import refusals
from app.upstream.call_urls import call_urls
from app.upstream.connector import Connector
from app.upstream.http import Http, Posted
from app.upstream.providers import Target

__all__ = ["Answered", "Calls", "Minted", "Wanted", "looks_like_sdp"]

MAX_SDP = 64 * 1024
SDP = "application/sdp"

_SECRET = re.compile(r"[!-~]{1,4096}")
_CALL = re.compile(r"/calls/([A-Za-z0-9_-]{1,128})$")
"""How a `Location` ends that names a call."""
_LINE = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*")
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

NOT_TAKEN = "The service does not take this offer."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session that a secret is to stand for, in the upstream's words, and the seconds that it is good for.

    The preview settles the seconds itself.
    """

    session: dict[str, Any] = field(repr=False)
    seconds: int


@dataclass(frozen=True, slots=True)
class Minted:
    """A secret of the upstream's. `expires_at` is unix time; `session` is as the upstream tells it."""

    value: str = field(repr=False)
    expires_at: int
    session: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to an offer, and the call's name, by which it is joined and ended; the preview gives none."""

    sdp: str
    call_id: str | None


class _Secret(msgspec.Struct):
    value: str
    expires_at: int


class _Session(_Secret, kw_only=True):
    session: dict[str, Any] = {}


class Calls:
    """Mints, exchanges, and hangs up, at any target. Raises `Ended` alone."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._http = Http(connector.ssl, connector.timeout)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()

    async def mint(self, target: Target, wanted: Wanted, *, request_id: str) -> Minted:
        """Return a secret that opens a session like this."""
        url = call_urls(target).mint
        body: dict[str, Any] = wanted.session
        if target.generation == "ga":
            expiry = {"anchor": "created_at", "seconds": wanted.seconds}
            body = {"expires_after": expiry, "session": wanted.session}
        headers = await self._headers(target, request_id)
        headers["Content-Type"] = "application/json"
        asked = "the request for a client secret"
        response = await self._http.post(target, Posted(url, asked, headers, msgspec.json.encode(body)))
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise refusals.of_refused_session(bytes(response.body))
        _check_status(target, response, asked)
        return _minted(target, bytes(response.body))

    async def exchange(self, target: Target, minted: Minted, offer: str, *, request_id: str) -> Answered:
        """Send an offer, on behalf of whom the secret was minted for.

        A call that was made all the same is hung up where its answer is of no use.
        """
        headers = {"Authorization": f"Bearer {minted.value}", "Content-Type": SDP, "Accept": SDP}
        if target.azure:
            headers["x-ms-client-request-id"] = request_id
        asked = "an offer"
        posted = Posted(call_urls(target).relayed, asked, headers, offer.encode())
        response = await self._http.post(target, posted)
        if response.status_code == HTTPStatus.BAD_REQUEST:
            raise Ended(Ending.BAD_REQUEST, NOT_TAKEN, code="offer_refused", detail=f"{target.host} answered 400")
        _check_status(target, response, asked)
        if call_urls(target).calls is None:
            return Answered(_sdp_of(response), None)
        named = _CALL.search("".join(response.headers.get_all("Location")[:1]))
        if named is None:
            raise _garbage("an answer that names no call")
        try:
            return Answered(_sdp_of(response), named[1])
        except Ended:
            with suppress(Ended):
                await self.hang_up(target, named[1], request_id=request_id)
            raise

    async def hang_up(self, target: Target, call_id: str, *, request_id: str) -> None:
        """End a call; one that has ended already is no failure."""
        headers = await self._headers(target, request_id)
        asked = "the end of a call"
        response = await self._http.post(target, Posted(call_urls(target).hang_up(call_id), asked, headers))
        if response.status_code != HTTPStatus.NOT_FOUND:
            _check_status(target, response, asked)

    async def _headers(self, target: Target, request_id: str) -> dict[str, str]:
        """Return what a dial's headers would be, in a dial's time: a token may take longer than anybody waits."""
        try:
            async with asyncio.timeout(self._connector.timeout):
                return await self._connector.headers(target, request_id)
        except TimeoutError:
            raise refusals.of_time_out("credential", "an Entra token") from None


def looks_like_sdp(text: str) -> bool:
    """Tell whether a text is a session description by its form: `v=0` first, and lines of one letter each."""
    lines = text.splitlines()
    return lines[:1] == ["v=0"] and all(_LINE.fullmatch(line) for line in lines)


def _check_status(target: Target, response: Response, asked: str) -> None:
    if not HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES:
        raise refusals.of_status(target, response, asked)


def _minted(target: Target, body: bytes) -> Minted:
    """Read an answer in the shape of GA, or of the preview: there the session holds the secret."""
    try:
        if target.generation == "preview":
            preview = msgspec.json.decode(body, type=dict[str, Any])
            secret = msgspec.convert(preview.pop("client_secret", None), _Secret)
            minted = Minted(secret.value, secret.expires_at, preview)
        else:
            given = msgspec.json.decode(body, type=_Session)
            minted = Minted(given.value, given.expires_at, given.session)
    except _NOT_JSON:
        raise _garbage("no client secret") from None
    if not _SECRET.fullmatch(minted.value):
        raise _garbage("a client secret that no header can carry")
    return minted


def _sdp_of(response: Response) -> str:
    try:
        sdp = bytes(response.body).decode()
    except UnicodeDecodeError:
        raise _garbage("an answer that is no text") from None
    if len(sdp) > MAX_SDP or not looks_like_sdp(sdp):
        raise _garbage("an answer that is no session description")
    return sdp


def _garbage(what: str) -> Ended:
    return refusals.Undialled("first event", Ending.UPSTREAM_FAILED, f"the service answered with {what}")
