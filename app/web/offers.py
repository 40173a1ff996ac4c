"""A browser's offer of WebRTC as it comes over HTTP: raw, as Azure takes it, or the form of OpenAI's SDKs.

It is bounded, looked at line by line, and written anew: no line ends, and no character, that two could read
differently.
"""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
from pydantic import ValidationError
from starlette.requests import Request

from app.errors import Ended, Ending
from app.upstream.calls import MAX_SDP, SDP, looks_like_sdp
from app.web.asked import BODY_SECONDS, AskedSession, text_of

__all__ = ["Offer", "read_offer"]

FORM = "multipart/form-data"
MAX_PARTS = 8

_BOUNDARY = re.compile(r';[ \t]*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_NAME = re.compile(
    rb'^content-disposition:[ \t]*form-data[^\r\n]*?;[ \t]*name=(?:"([^"\r\n]{1,64})"|([^\s;"]{1,64}))',
    re.IGNORECASE | re.MULTILINE,
)

NO_OFFER = "The body is no session description: it begins with 'v=0', and each line is '<letter>=<value>'."
NO_TYPE = f"Send the offer as {SDP}, or as {FORM} with a part named 'sdp'."


@dataclass(frozen=True, slots=True)
class Offer:
    """A session description, and the session that came along with it, if any."""

    sdp: str = field(repr=False)
    session: AskedSession | None = field(default=None, repr=False)


async def read_offer(request: Request) -> Offer:
    """Read the body of a request. Raises `Ended`."""
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind not in {SDP, FORM}:
        raise Ended(Ending.NOT_THIS_MEDIA, NO_TYPE)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await text_of(request, MAX_SDP)
    except TimeoutError:
        raise Ended(Ending.BAD_REQUEST, "The body did not come in time.") from None
    return Offer(_sdp(body)) if kind == SDP else _of_form(given, body)


def _of_form(kind: str, body: bytes) -> Offer:
    parts = _parts(kind, body)
    if "sdp" not in parts:
        raise Ended(Ending.BAD_REQUEST, "The form has no part named 'sdp'.")
    return Offer(_sdp(parts["sdp"]), _session(parts["session"]) if "session" in parts else None)


def _parts(kind: str, body: bytes) -> dict[str, bytes]:
    """Take a form apart (RFC 7578), as far as it can be read: of equal names the first counts.

    In one pass over each of its parts, whatever stands in them: nobody else is served meanwhile.
    """
    boundary = _BOUNDARY.search(kind)
    if boundary is None:
        return {}
    mark = b"\r\n--" + (boundary[1] or boundary[2]).encode("latin-1", "replace")
    parts: dict[str, bytes] = {}
    for part in (b"\r\n" + body).split(mark, MAX_PARTS + 1)[1 : MAX_PARTS + 1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            parts.setdefault((name[1] or name[2]).decode("latin-1"), content)
    return parts


def _sdp(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Ended(Ending.BAD_REQUEST, NO_OFFER) from None
    if not looks_like_sdp(text):
        raise Ended(Ending.BAD_REQUEST, NO_OFFER)
    return "".join(f"{line}\r\n" for line in text.splitlines())


def _session(body: bytes) -> AskedSession:
    try:
        given: Any = msgspec.json.decode(body)
        return AskedSession.model_validate(given)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        words = "no session" if isinstance(error, ValidationError) else "no valid JSON"
        raise Ended(Ending.BAD_REQUEST, f"The form's part 'session' is {words}.") from None
