"""The page at `/`: talk to the relay in a browser, with nothing to install.

It is served from files, under a policy that lets the browser run nothing else and speak to nobody else. What it
has to know it asks for at `/page.json`, which says no more to a caller than what the caller may choose from.
"""

import re
from dataclasses import dataclass
from os import PathLike, stat_result
from pathlib import Path, PurePath

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.auth.credentials import Handshake, Identity, find
from app.errors import Ended, Ending
from app.profiles import Profiles
from app.protocol.catalogue import GA
from app.telemetry import Telemetry
from app.upstream.providers import Targets
from app.web.admission import Admission
from app.web.handshake import read_handshake
from app.web.posts import answered

__all__ = ["STATIC", "Page", "add_page_routes", "content_security_policy"]

STATIC = Path(__file__).parent / "static"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""What is served, and as what. The system is not asked: a browser runs no module that is called plain text."""

HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
"""A host as a policy may name it; IPv6 addresses it may not."""

HEADERS = {
    "cache-control": "no-cache",
    "permissions-policy": "microphone=(self), autoplay=(self), clipboard-write=(self),"
    " camera=(), display-capture=(), geolocation=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def _voices() -> tuple[str, ...]:
    """Return the voices that the protocol names."""
    facts = next(each for each in GA.types["RealtimeAudioConfigOutput"] if each["name"] == "voice")
    return tuple(name for kind in facts["any_of"] for name in kind.get("enum", ()))


VOICES = _voices()


def content_security_policy(host: str) -> str:
    """Return the policy of a page on this host.

    The WebSockets of the page's own host are named beside `'self'`, which some browsers take for HTTP alone.
    """
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "worker-src 'self'",
            f"connect-src 'self'{sockets}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


class PageFiles(StaticFiles):
    """The files of the page, each with the headers that hold the browser to it."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer one file, or that it has not changed. What is no part of a page, as a README, is not there."""
        kind = TYPES.get(PurePath(full_path).suffix)
        if kind is None:
            raise HTTPException(404)
        response = super().file_response(full_path, stat_result, scope, status_code)
        host = read_handshake({"query_string": b"", **scope}).host
        policy = content_security_policy(host)
        response.headers.update({**HEADERS, "content-type": kind, "content-security-policy": policy})
        return response


@dataclass(frozen=True, slots=True)
class Page:
    """What the page has to know, told to whoever may know it."""

    admission: Admission
    profiles: Profiles
    targets: Targets
    telemetry: Telemetry

    async def answer(self, request: Request, _: str) -> Response:
        """Answer `{"simulated", "admitted", "profiles", "profile", "voices"}`. Raises `Ended`.

        A caller without a credential is told no profile, and that it is not admitted: the page then asks its user
        for a key. Browsers tell the Origin with a POST only, so the page asks by POST.
        """
        handshake = read_handshake(request.scope)
        self.admission.check_origin(handshake)
        return JSONResponse(self._told(await self._identity(handshake)), headers=NO_STORE)

    async def _identity(self, handshake: Handshake) -> Identity | None:
        """Return who asks; to come without a credential is no failed attempt. Raises `Ended`."""
        if find(handshake, query_allowed=False) is not None:
            return await self.admission.identify(handshake, minting=True)
        try:
            return await self.admission.authenticate(handshake, minting=True)
        except Ended as ended:
            if ended.ending is Ending.UNAUTHENTICATED:
                return None
            raise

    def _told(self, identity: Identity | None) -> dict[str, object]:
        _, preferred = self.targets.find(None)
        profiles, usual = self._choice(identity) if identity else ((), None)
        return {
            "simulated": preferred.provider == "simulator",
            "admitted": identity is not None,
            "profiles": profiles,
            "profile": usual,
            "voices": VOICES,
        }

    def _choice(self, identity: Identity) -> tuple[tuple[str, ...], str | None]:
        """Return the profiles that a user may talk under, and the one that is meant if the user names none.

        Under one with `webrtc = "direct"` the page would get a secret of the service's in place of a ticket.
        """
        usual = self.profiles.choose(identity, None, None).name
        names = self.profiles.allowed(identity)
        talked = tuple(name for name in names if self.profiles[name].profile.webrtc != "direct")
        return talked, usual if usual in talked else next(iter(talked), None)


def add_page_routes(app: FastAPI) -> None:
    """Serve the page, its files, and what it asks for."""
    files = PageFiles(directory=STATIC)

    async def document(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)

    app.router.routes.extend(
        (
            Route("/", document),
            Route("/page.json", _page, methods=["GET", "POST"]),
            Mount("/static", files),
        )
    )


async def _page(request: Request) -> Response:
    page: Page = request.app.state.page
    return await answered(request, page.answer, page.telemetry, "page refused")
