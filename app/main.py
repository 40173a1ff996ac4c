"""The application: the only place where things are wired.

`uvicorn app.main:app` works; `realtime-relay serve` is the same with the flags that a relay wants.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.auth.methods import Authenticator
from app.auth.tickets import Tickets
from app.effects.quiet import quiet_libraries
from app.profiles import Known, Profiles, ProfilesError
from app.session import Sessions
from app.settings import Settings, SettingsError, load
from app.store import MemoryStore
from app.telemetry import Telemetry, configure_logging, quiet_uvicorn
from app.upstream.calls import Calls
from app.upstream.connector import Connector
from app.upstream.providers import Target, Targets
from app.web.admission import Admission
from app.web.calls import WebRtc, add_call_routes
from app.web.client_socket import with_transport
from app.web.direct import Direct
from app.web.hangup import on_hangup
from app.web.held_calls import HeldCalls
from app.web.http import make_router
from app.web.page import Page, add_page_routes
from app.web.shutdown import GracefulShutdown
from app.web.socket import PATHS, Realtime
from app.web.tickets import Minting, add_ticket_routes

if TYPE_CHECKING:
    from app.auth.oidc import Oidc

__all__ = ["create_app", "load_profiles"]

log = structlog.get_logger()


def create_app(settings: Settings) -> FastAPI:
    """Make the application. Raises `SettingsError` where the settings contradict each other."""
    quiet_uvicorn()
    quiet_libraries()
    targets = settings.chosen_targets()
    profiles = load_profiles(settings, targets)
    sessions, telemetry = Sessions(), Telemetry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            chosen = targets or await _simulated(stack)
            await _open(profiles)
            stack.push_async_callback(profiles.close)
            connector = Connector(settings.upstream)
            connector.prepare(chosen.targets.values())
            stack.push_async_callback(connector.close)
            oidc = _oidc(settings, stack)
            store = MemoryStore(settings.limits)
            tickets = Tickets(settings.auth.tickets, store)
            authenticate = Authenticator(settings.auth, tickets, oidc, settings.trusted_proxies)
            admission = Admission(authenticate, store, settings.trusted_proxies, settings.origins)
            app.state.page = Page(admission, profiles, chosen, telemetry)
            app.state.realtime = realtime = Realtime(
                admission, store, profiles, chosen, connector, sessions, settings.session, telemetry
            )
            _wire_calls(app, stack, realtime, tickets)
            shutdown = GracefulShutdown(lambda: _drain(sessions, settings.session.drain))
            shutdown.install()
            stack.callback(shutdown.restore)
            stack.enter_context(on_hangup(profiles.reload))
            _say_who_may(settings)
            yield

    app = _Application(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(make_router(sessions, telemetry))
    _add_routes(app, settings)
    return app


def _add_routes(app: FastAPI, settings: Settings) -> None:
    add_ticket_routes(app, settings.origins)
    add_call_routes(app, settings.origins)
    if settings.serves_page:
        add_page_routes(app)
    app.router.routes.extend(WebSocketRoute(path, _Entrance()) for path in PATHS)


def _wire_calls(app: FastAPI, stack: AsyncExitStack, realtime: Realtime, tickets: Tickets) -> None:
    """Put together what mints, and what holds calls of WebRTC; these are hung up before anything is closed."""
    calls = Calls(realtime.connector)
    stack.push_async_callback(calls.close)
    held = HeldCalls(realtime, calls)
    stack.push_async_callback(held.close)
    app.state.webrtc = WebRtc(realtime, held)
    app.state.minting = Minting(
        realtime.admission,
        tickets,
        realtime.profiles,
        realtime.targets,
        realtime.telemetry,
        Direct(realtime, calls),
    )


def load_profiles(settings: Settings, targets: Targets | None) -> Profiles:
    """Read the profiles. Raises `SettingsError` for what is wrong in their file, or with a key that names one."""
    known = Known(("simulator",) if targets is None else tuple(targets.targets), tuple(settings.auth.keys))
    try:
        profiles = Profiles.load(settings.profiles_file, known)
    except ProfilesError as error:
        raise SettingsError(str(error)) from None
    for name, key in settings.auth.keys.items():
        if unknown := sorted(set(key.profiles or ()) - set(profiles.names)):
            words = f"names profiles that do not exist: {', '.join(unknown)}"
            raise SettingsError(f"RELAY_AUTH__KEYS__{name.upper()} {words}.")
    return profiles


async def _open(profiles: Profiles) -> None:
    """Open their tools; the log tells in sentences why that cannot be."""
    try:
        await profiles.open()
    except ProfilesError as error:
        log.error("the profiles cannot be put in force", errors=error.sentences)  # noqa: TRY400 - no trace of a value
        raise


class _Application(FastAPI):
    """FastAPI, but WebSockets go straight to its routes.

    A session would keep all middlewares on its way (exit stacks, handlers of exceptions) as long as it lasts:
    a tenth of its memory, for nothing that is used here.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one connection."""
        if scope["type"] == "websocket":
            scope["app"] = self
            await self.router(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _Entrance:
    """What stands behind the WebSocket paths: plain ASGI, without the dependencies of FastAPI's own endpoints."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await scope["app"].state.realtime.serve(with_transport(scope, receive, send))


def _oidc(settings: Settings, stack: AsyncExitStack) -> "Oidc | None":
    """Know the providers whose tokens are good. Who trusts none needs no cryptography."""
    if not settings.auth.oidc:
        return None
    from app.auth.oidc import Oidc  # noqa: PLC0415 - 6 MiB of memory

    oidc = Oidc(settings.auth.oidc)
    stack.push_async_callback(oidc.close)
    return oidc


async def _simulated(stack: AsyncExitStack) -> Targets:
    """Start the embedded upstream, which lives as long as the application."""
    from app.simulator import Simulator  # noqa: PLC0415 - no part of a relay that has an upstream

    simulator = await stack.enter_async_context(Simulator())
    log.warning(
        "No upstream is configured: sessions run on the embedded simulated one, which answers by itself."
        " Set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_DEPLOYMENT_NAME to reach Azure OpenAI."
    )
    target = Target(provider="simulator", endpoint=simulator.endpoint, deployment="simulated")
    return Targets({"simulator": target}, ("simulator",))


async def _drain(sessions: Sessions, seconds: float) -> None:
    log.info(
        "draining: newcomers are refused, running sessions may finish", running=len(sessions), seconds=seconds
    )
    await sessions.drain(seconds)


def _say_who_may(settings: Settings) -> None:
    log.info("tickets and counts are kept in this process: run one replica, or give each its own users")
    if not settings.auth.configured:
        log.warning(
            "No user authentication is configured: only this machine is served. See RELAY_AUTH__KEYS__<NAME>."
        )
    if settings.openai_api_version not in ("", "v1"):
        log.warning("OPENAI_API_VERSION selects the deprecated preview protocol; set it to v1 for GA.")


def __getattr__(name: str) -> FastAPI:
    """Make `app` when uvicorn asks for it, and not when somebody merely imports this module."""
    if name != "app":
        raise AttributeError(name)
    settings = load()
    configure_logging(settings.log)
    return create_app(settings)
