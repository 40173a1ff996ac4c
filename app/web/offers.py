"""A browser's offer of WebRTC as it comes over HTTP: raw, as Azure takes it, or the form of OpenAI's SDKs.

It is bounded, looked at line by line, and written anew: no line ends, and no character, that two could read
differently.
"""

import asyncio
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
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
    """Take a form apart, as far as it can be read: of equal names the first counts."""
    head = b"Content-Type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n"
    form = BytesParser().parsebytes(head + body)
    given = form.get_payload() if form.is_multipart() else []
    parts: dict[str, bytes] = {}
    for part in given[:MAX_PARTS] if isinstance(given, list) else ():
        name = part.get_param("name", header="content-disposition") if isinstance(part, Message) else None
        content = part.get_payload(decode=True) if isinstance(part, Message) else None
        if isinstance(name, str) and isinstance(content, bytes):
            parts.setdefault(name, content)
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
