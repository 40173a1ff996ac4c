"""The probes: alive, taking sessions, and the metrics. They say nothing that an outsider may not know."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.session import Sessions
from app.telemetry import Telemetry

__all__ = ["make_router"]


def make_router(sessions: Sessions, telemetry: Telemetry) -> APIRouter:
    """Make the routes that watch over this process."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Answer while the process lives, draining or not."""
        return {"status": "alive"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """Tell whether new sessions are taken."""
        if sessions.draining:
            return JSONResponse({"status": "draining"}, 503)
        return JSONResponse({"status": "ready"})

    @router.get("/metrics")
    async def metrics() -> Response:
        """Tell the counters, in Prometheus' text format."""
        return Response(generate_latest(telemetry.registry), media_type=CONTENT_TYPE_LATEST)

    return router
