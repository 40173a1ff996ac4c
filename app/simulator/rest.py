"""The service's paths that are no WebSocket: secrets are minted, offers answered, calls hung up.

Each wants the credential that it is for: a key mints and hangs up, a secret makes a call, and neither does both.
"""

import asyncio
import re
import time
from collections.abc import Callable, Mapping

import msgspec
from websockets.datastructures import Headers
from websockets.http11 import Response

from app.simulator.admission import (
    PREVIEW_VERSIONS,
    Denied,
    Handshake,
    check_credential,
    not_found,
    on_demand,
    unauthorized,
)
from app.simulator.config import SimulatorConfig
from app.simulator.denial import denial, http_answer
from app.simulator.faults import Faults
from app.simulator.live import Observe
from app.simulator.live_call import LiveCall
from app.simulator.minting import Secret, Secrets
from app.simulator.outbox import new_id
from app.simulator.sdp import BadOffer, answer_to
from app.simulator.session import Session

__all__ = ["Rest"]

GA = re.compile(r"(?:/openai)?/v1/realtime/(client_secrets|calls|calls/([A-Za-z0-9_]+)/hangup)")
SESSIONS, REALTIMERTC = "/openai/realtimeapi/sessions", "/v1/realtimertc"
SDP = "application/sdp"
READABLE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Expose-Headers": "Location",
}
"""Browsers send their offers from pages of any Origin: the secret alone admits them."""

Answer = Callable[[Handshake, bytes], Response]


class Rest:
    """Answers requests over HTTP, and holds the calls that come of them, by name."""

    def __init__(self, config: SimulatorConfig, observe: Observe | None) -> None:
        self._config = config
        self._observe = observe
        self.secrets = Secrets(config)
        self.calls: dict[str, LiveCall] = {}

    def answer(self, handshake: Handshake, method: str, body: bytes, faults: Faults) -> Response | None:
        """Answer what is a request for one of these paths; None for all others."""
        answer = self._route(handshake.path)
        if answer is None:
            return None
        if method == "OPTIONS":
            return _readable(Response(204, "No Content", Headers({"Connection": "close"})))
        if faults.refuse:
            return _readable(denial(on_demand(faults)))
        if method != "POST":
            return _readable(denial(Denied(405, "405", "This path is for POST.")))
        try:
            return _readable(answer(handshake, body))
        except Denied as denied:
            return _readable(denial(denied))

    async def close(self) -> None:
        """Hang all calls up."""
        for call in list(self.calls.values()):
            call.end()
            await call.closed()

    def _route(self, path: str) -> Answer | None:
        if found := GA.fullmatch(path):
            return {"client_secrets": self._mint, "calls": self._call}.get(found[1], self._hang_up)
        return {SESSIONS: self._mint_preview, REALTIMERTC: self._exchange_preview}.get(path)

    def _mint(self, handshake: Handshake, body: bytes) -> Response:
        self._check_key(handshake)
        _check_json(handshake)
        return http_answer(200, self.secrets.ga(body, time.time()))

    def _mint_preview(self, handshake: Handshake, body: bytes) -> Response:
        self._check_key(handshake)
        _check_json(handshake)
        if handshake.query.get("api-version") not in PREVIEW_VERSIONS:
            raise not_found()
        return http_answer(200, self.secrets.preview(body, time.time()))

    def _call(self, handshake: Handshake, body: bytes) -> Response:
        secret = self._secret(handshake, "ga")
        answer = _answered(handshake, body)
        call_id = new_id("rtc")
        self.calls[call_id] = LiveCall(
            self._session(secret),
            filtered=handshake.query.get("webrtcfilter") == "on",
            observe=self._observe,
            forget=lambda: self.calls.pop(call_id),
        )
        return _described(answer, {"Location": f"/v1/realtime/calls/{call_id}"})

    def _exchange_preview(self, handshake: Handshake, body: bytes) -> Response:
        secret = self._secret(handshake, "preview")
        if handshake.query.get("model") != secret.opening.model:
            raise Denied(400, "invalid_model", "The model is not the session's.")
        return _described(_answered(handshake, body), {})

    def _hang_up(self, handshake: Handshake, body: bytes) -> Response:  # noqa: ARG002 - there is none
        self._check_key(handshake)
        found = GA.fullmatch(handshake.path)
        call = self.calls.get(found[2] if found else "")
        if call is None or call.ended.is_set():
            raise Denied(404, "call_id_not_found", "No session found for the given call_id.")
        call.end()
        return http_answer(200, {})

    def _check_key(self, handshake: Handshake) -> None:
        if self.secrets.knows(handshake.credential):
            raise unauthorized()
        check_credential(handshake, self._config)

    def _secret(self, handshake: Handshake, generation: str) -> Secret:
        scheme, _, value = handshake.headers.get("authorization", "").partition(" ")
        found = self.secrets.find(value, "ga" if generation == "ga" else "preview", time.time())
        if found is None or scheme.lower() != "bearer":
            raise unauthorized()
        return found

    def _session(self, secret: Secret) -> Session:
        now = asyncio.get_running_loop().time()
        session = Session(secret.opening, self._config, Faults(), new_id, born=time.time(), now=now)
        session.receive(msgspec.json.encode({"type": "session.update", "session": secret.session}), now)
        return session


def _answered(handshake: Handshake, body: bytes) -> str:
    if _media_type(handshake) != SDP:
        raise Denied(415, "unsupported_media_type", f"Send the offer as {SDP}.")
    try:
        return answer_to(body.decode())
    except (BadOffer, UnicodeDecodeError) as error:
        raise Denied(400, "invalid_offer", f"Invalid offer: {error}.") from None


def _check_json(handshake: Handshake) -> None:
    if _media_type(handshake) != "application/json":
        raise Denied(415, "unsupported_media_type", "Send JSON.")


def _media_type(handshake: Handshake) -> str:
    return handshake.headers.get("content-type", "").partition(";")[0].strip().lower()


def _described(answer: str, headers: Mapping[str, str]) -> Response:
    text = answer.encode()
    told = {"Content-Type": SDP, "Content-Length": str(len(text)), "Connection": "close", **headers}
    return Response(201, "Created", Headers(told), text)


def _readable(response: Response) -> Response:
    for name, value in READABLE.items():
        response.headers[name] = value
    return response
