"""The application: the only place where things are wired.

`uvicorn app.main:app` works; `realtime-relay serve` is the same with the flags that a relay wants.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI, WebSocket

from app.auth.methods import Authenticator
from app.auth.oidc import Oidc
from app.auth.tickets import Tickets
from app.effects.quiet import quiet_libraries
from app.profiles import Known, Profiles, ProfilesError
from app.session import Sessions
from app.settings import Settings, SettingsError, load
from app.simulator import Simulator
from app.store import MemoryStore
from app.telemetry import Telemetry, configure_logging, quiet_uvicorn
from app.upstream.connector import Connector
from app.upstream.providers import Target, Targets
from app.web.admission import Admission
from app.web.client_socket import WithTransport
from app.web.hangup import on_hangup
from app.web.http import make_router
from app.web.shutdown import GracefulShutdown
from app.web.socket import PATHS, Realtime
from app.web.tickets import Minting, add_ticket_routes

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
            stack.push_async_callback(connector.close)
            oidc = Oidc(settings.auth.oidc)
            stack.push_async_callback(oidc.close)
            store = MemoryStore(settings.limits)
            tickets = Tickets(settings.auth.tickets, store)
            authenticate = Authenticator(settings.auth, tickets, oidc, settings.trusted_proxies)
            admission = Admission(authenticate, store, settings.trusted_proxies, settings.origins)
            app.state.minting = Minting(admission, tickets, profiles, chosen, telemetry)
            app.state.realtime = Realtime(
                admission, store, profiles, chosen, connector, sessions, settings.session, telemetry
            )
            shutdown = GracefulShutdown(lambda: _drain(sessions, settings.session.drain))
            shutdown.install()
            stack.callback(shutdown.restore)
            stack.enter_context(on_hangup(profiles.reload))
            _say_who_may(settings)
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(WithTransport)
    app.include_router(make_router(sessions, telemetry))
    add_ticket_routes(app, settings.origins)
    for path in PATHS:
        app.add_api_websocket_route(path, _serve_realtime)
    return app


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


async def _serve_realtime(websocket: WebSocket) -> None:
    await websocket.app.state.realtime.serve(websocket)


async def _simulated(stack: AsyncExitStack) -> Targets:
    """Start the embedded upstream, which lives as long as the application."""
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
