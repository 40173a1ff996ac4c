"""What is asked for over HTTP: the bodies of requests for a ticket or a secret, in the Realtime API's shapes.

A body is bounded in size and in time, and what is wrong with it is told without what stands there.
"""

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from app.auth.credentials import normal_origin
from app.errors import Ended, Ending, Refused
from app.protocol.dialect import PreviewClient

__all__ = [
    "BODY_SECONDS",
    "MAX_BODY",
    "AskedSession",
    "Binding",
    "ClientSecretRequest",
    "SessionRequest",
    "body_of",
    "in_ga",
    "text_of",
]

MAX_BODY = 64 * 1024
BODY_SECONDS = 10.0


class ExpiresAfter(BaseModel):
    """How long the ticket is to live."""

    anchor: Literal["created_at"] = "created_at"
    seconds: int = Field(ge=10, le=7200)


class Binding(BaseModel):
    """What a backend binds a ticket to, on behalf of a browser."""

    model_config = ConfigDict(extra="forbid")

    origin: Annotated[str, AfterValidator(normal_origin)] | None = None
    profile: str | None = None


class AskedSession(BaseModel):
    """The session that the ticket is to open, in GA shape; the service judges what this does not name."""

    model_config = ConfigDict(extra="allow")

    type: Literal["realtime", "transcription"] = "realtime"
    model: str | None = None

    @property
    def told(self) -> bytes:
        """The session as JSON, without the model's name: that is none of the service's."""
        return msgspec.json.encode(self.model_dump(exclude={"model"}))


class ClientSecretRequest(BaseModel):
    """The body of a GA request; `relay` is ours."""

    model_config = ConfigDict(extra="forbid")

    expires_after: ExpiresAfter | None = None
    session: AskedSession = AskedSession()
    relay: Binding = Binding()


class SessionRequest(BaseModel):
    """The body of a preview request: a session in its flat shape; `relay` is ours."""

    model_config = ConfigDict(extra="allow")

    model: str | None = None
    relay: Binding = Binding()


def in_ga(flat: dict[str, Any]) -> dict[str, Any]:
    """Translate a preview session. Raises `Ended` in the words of who wrote it."""
    if not flat:
        return {}
    try:
        (update,) = PreviewClient().read({"type": "session.update", "session": flat})
    except Refused as refused:
        raise Ended(Ending.BAD_REQUEST, refused.message) from None
    session: dict[str, Any] = update["session"]
    return session


async def body_of(request: Request, shape: type[Any]) -> Any:
    """Read a JSON body of this shape; none at all is an empty one. Raises `Ended`."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            text = await text_of(request, MAX_BODY)
        return shape.model_validate(msgspec.json.decode(text or b"{}"))
    except TimeoutError:
        raise Ended(Ending.BAD_REQUEST, "The body did not come in time.") from None
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            raise Ended(Ending.BAD_REQUEST, "The body is not valid JSON.") from None
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        raise Ended(Ending.BAD_REQUEST, f"{where}: {first['msg']}.") from None


async def text_of(request: Request, most: int) -> bytes:
    """Read a body of at most so many bytes. Raises `Ended`."""
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > most:
            raise Ended(Ending.FRAME_TOO_BIG, f"The body is larger than {most} bytes.")
    return bytes(text)
