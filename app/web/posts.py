"""What is asked for by HTTP: answered or refused in one way, and readable by the pages that may connect."""

import secrets
from collections.abc import Awaitable, Callable, Sequence

import structlog
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.errors import Ended, Ending
from app.telemetry import Telemetry, log_fault
from app.web.handshake import denial

__all__ = ["add_posts", "answered"]

log = structlog.get_logger()


async def answered(
    request: Request, answer: Callable[[Request, str], Awaitable[Response]], telemetry: Telemetry, about: str
) -> Response:
    """Answer, or refuse as the WebSocket does by HTTP: counted, logged, and with the request's name.

    `about` is what the log says of a refusal.
    """
    name = secrets.token_hex(16)
    structlog.contextvars.bind_contextvars(session=name)
    try:
        return await answer(request, name)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody is there to read it
    except Ended as ended:
        refused = ended
    except Exception as error:  # noqa: BLE001 - whatever broke, the caller must hear of it
        log_fault(error, session=name)
        refused = Ended(Ending.RELAY_FAULT)
    telemetry.caller_refused(refused)
    log.info(about, session=name, code=refused.code, detail=refused.detail)
    return denial(name, refused)


def add_posts(
    app: FastAPI,
    paths: Sequence[str],
    endpoint: Callable[[Request], Awaitable[Response]],
    origins: Sequence[str],
    *,
    expose: Sequence[str] = (),
) -> None:
    """Add routes that only take POST, and a page's question whether it may; without its cookies."""

    async def posted(scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["method"] == "POST"  # an OPTIONS that is no page's question comes here, too
        response = await endpoint(Request(scope, receive)) if asked else Response(status_code=405)
        await response(scope, receive, send)

    readable = CORSMiddleware(
        posted,
        allow_origins=list(origins),
        allow_methods=["POST"],
        allow_headers=["*"],
        expose_headers=list(expose),
        allow_credentials=False,
    )
    app.router.routes.extend(Route(path, readable, methods=["POST", "OPTIONS"]) for path in paths)
