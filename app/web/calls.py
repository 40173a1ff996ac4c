"""The HTTP side of calls (`webrtc = "relayed"`): a browser's offer in, the service's answer out, and the hang-up.

The relay mints a secret for the profile's session and sends the offer with it, so that no secret of the service's
reaches the browser. What becomes of the call then is `HeldCalls`' business.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.auth.credentials import Identity
from app.errors import Ended, Ending
from app.profiles import LoadedProfile
from app.upstream.call_urls import call_urls
from app.upstream.calls import SDP, Answered
from app.web.admitted import Admitted, Caller, Prepared, target_for
from app.web.asked import AskedSession
from app.web.handshake import read_handshake
from app.web.held_calls import HeldCalls, Offered
from app.web.leaving import unless_left
from app.web.offers import read_offer
from app.web.posts import add_posts, answered
from app.web.socket import Realtime

__all__ = ["CALL_PATHS", "WebRtc", "add_call_routes"]

log = structlog.get_logger()

CALL_PATHS = ("/v1/realtime/calls", "/openai/v1/realtime/calls")


@dataclass(frozen=True, slots=True)
class WebRtc:
    """The endpoints, and all that they need."""

    realtime: Realtime
    held: HeldCalls

    async def create(self, request: Request, name: str) -> Response:
        """Answer an offer: 201, with the service's answer, and where the call is controlled."""
        caller = Caller(read_handshake(request.scope), name)
        self.realtime.check_door(caller.handshake)
        async with self.realtime.identified(caller.handshake) as identity:
            offer = await read_offer(request)
            answering = self._answer(caller, _with_session(identity, offer.session), offer.sdp)
            answered = await unless_left(request.receive, answering)
            await asyncio.sleep(0)  # so that a leaving that has come along with the answer is heard
            if answered.call_id is not None and await request.is_disconnected():
                self.held.leave(answered.call_id, identity)  # left in the moment in which the answer was made
            return _created(answered, name)

    async def _answer(self, caller: Caller, identity: Identity, sdp: str) -> Answered:
        realtime = self.realtime
        asked = caller.handshake.asked_model or identity.model
        loaded = realtime.profiles.choose(identity, caller.handshake.profile, asked)
        _check_relayed(loaded)
        async with AsyncExitStack() as place:
            await place.enter_async_context(realtime.place(identity, loaded))
            target_name, target = target_for(loaded, realtime.targets, asked)
            admitted = Admitted(caller, identity, loaded, asked, target_name, target)
            prepared = Prepared.of(admitted, alone=call_urls(target).calls is None, speaks="ga")
            return await self.held.answer(Offered(prepared, sdp), place)

    async def hang_up(self, request: Request, name: str) -> Response:
        """End a call at the wish of its user, who shows any good credential; a ticket is not used up by it."""
        handshake = read_handshake(request.scope)
        self.realtime.admission.check_origin(handshake)
        async with self.realtime.identified(handshake) as identity:
            self.held.leave(request.path_params["call_id"], identity)
        return Response(status_code=200, headers={"x-request-id": name})


def _with_session(identity: Identity, session: AskedSession | None) -> Identity:
    """Return the identity with the session that came along with an offer. Raises `Ended` beside a ticket."""
    if session is None:
        return identity
    if identity.ticket is not None:
        raise Ended(Ending.BAD_REQUEST, "A ticket stands for its own session: send none beside it.")
    return replace(identity, model=session.model, session=session.told)


def _created(answered: Answered, name: str) -> Response:
    headers = {"cache-control": "no-store", "x-request-id": name}
    if answered.call_id is not None:
        headers["location"] = f"{CALL_PATHS[0]}/{answered.call_id}"
    return Response(answered.sdp, 201, headers, SDP)


def _check_relayed(loaded: LoadedProfile) -> None:
    if loaded.profile.webrtc != "relayed":
        words = "This profile takes no offers of WebRTC. Connect by WebSocket."
        detail = f"the profile {loaded.name} has webrtc = {loaded.profile.webrtc}"
        raise Ended(Ending.FORBIDDEN, words, code="webrtc_not_allowed", detail=detail)


def add_call_routes(app: FastAPI, origins: Sequence[str]) -> None:
    """Add the routes."""
    hang_up_paths = [f"{path}/{{call_id}}/hangup" for path in CALL_PATHS]
    add_posts(app, CALL_PATHS, _create, origins, expose=("Location", "X-Request-Id"))
    add_posts(app, hang_up_paths, _hang_up, origins)


async def _create(request: Request) -> Response:
    webrtc: WebRtc = request.app.state.webrtc
    return await answered(request, webrtc.create, webrtc.realtime.telemetry, "call refused")


async def _hang_up(request: Request) -> Response:
    webrtc: WebRtc = request.app.state.webrtc
    return await answered(request, webrtc.hang_up, webrtc.realtime.telemetry, "call refused")
