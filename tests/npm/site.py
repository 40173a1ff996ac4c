"""A frontend's own server: its page, the packages, and tickets that it gets with a key that no page sees."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from aiohttp import web

from tests.harness import KEY, ROOT
from tests.programs import MODULES

EXAMPLE = "relay.example.com"
"""What programs call the relay; it is replaced by where it is."""


@dataclass
class Site:
    """A site whose pages the relay lets in. `program` is what it serves as `program.mjs`."""

    origin: str
    relay: str
    trust: ssl.SSLContext
    program: str = ""

    async def ticket(self, _: web.Request) -> web.Response:
        """Get a ticket that is good for this site's pages alone."""
        async with httpx.AsyncClient(verify=self.trust, trust_env=False) as http:
            answer = await http.post(
                f"https://{self.relay}/v1/realtime/client_secrets",
                headers={"Authorization": f"Bearer {KEY}"},
                json={"session": {"type": "realtime", "model": "gpt-realtime"}, "relay": {"origin": self.origin}},
            )
        return web.Response(text=answer.json()["value"])

    async def script(self, request: web.Request) -> web.Response:
        """Serve a program, pointed at the relay."""
        name = Path(request.path).name
        text = self.program if name == "program.mjs" else (ROOT / "tests/npm/browser" / name).read_text()
        return web.Response(text=text.replace(EXAMPLE, self.relay), content_type="text/javascript")


@asynccontextmanager
async def serving_site(site: Site, port: int) -> AsyncIterator[Site]:
    """Serve the site until the test is over."""
    app = web.Application()
    app.router.add_post("/ticket", site.ticket)
    app.router.add_get("/{name:[a-z]+[.]mjs}", site.script)
    app.router.add_static("/npm", MODULES)
    app.router.add_static("/client", ROOT / "app/web/static/client")
    app.router.add_static("/", ROOT / "tests/npm/browser")
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield site
    finally:
        await runner.cleanup()
