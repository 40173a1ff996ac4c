"""Runs Caddy with the project's own Caddyfile, in front of whatever listens on a port."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from tests.harness import KEY, PATIENCE, ROOT
from tests.processes import environment, free_port, stop
from tests.programs import program


@dataclass(frozen=True, slots=True)
class Caddy:
    """A running Caddy. `root` is the certificate of its own authority, as a file."""

    port: int
    root: Path

    @property
    def https(self) -> str:
        """The base for HTTP URLs, and an Origin."""
        return f"https://localhost:{self.port}"

    @property
    def trust(self) -> ssl.SSLContext:
        """Who trusts this Caddy's root, and no other."""
        return ssl.create_default_context(cafile=self.root)

    def connect(self, path: str = "/v1/realtime", *, address: str = "127.0.0.1", **options: Any) -> connect:
        """Open a client's connection from this address, with Alice's key unless told otherwise."""
        given: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "local_addr": (address, 0),
            "additional_headers": {"Authorization": f"Bearer {KEY}"},
            "max_size": None,
            "open_timeout": PATIENCE,
            "close_timeout": 1,
            **options,
        }
        return connect(f"wss://localhost:{self.port}{path}", ssl=self.trust, proxy=None, **given)


@asynccontextmanager
async def caddy(upstream: int, directory: Path) -> AsyncIterator[Caddy]:
    """Run Caddy in front of this port until the test is over; what it keeps, it keeps in this directory."""
    port = free_port()
    given = {
        "TLS_SITE": f"localhost:{port}",
        "TLS_BIND": "127.0.0.1",
        "TLS_UPSTREAM": f"127.0.0.1:{upstream}",
        "HOME": str(directory),
        "XDG_CONFIG_HOME": str(directory),
        "XDG_DATA_HOME": str(directory),
    }
    process = await asyncio.create_subprocess_exec(
        program("caddy"), "run", "--config", ROOT / "Caddyfile", "--adapter", "caddyfile",
        env=environment(given), stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    running = Caddy(port, directory / "caddy" / "pki" / "authorities" / "local" / "root.crt")
    try:
        await _listens(running, process)
        yield running
    finally:
        await stop(process)


async def _listens(running: Caddy, process: asyncio.subprocess.Process) -> None:
    """Wait until a handshake succeeds that trusts nothing but Caddy's root."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", running.port, ssl=running.trust, server_hostname="localhost"
                )
            except OSError:  # it has no certificate yet, or no port
                assert process.returncode is None, "Caddy ended"
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return
