"""Runs the relay as its users do: as a process of its own, whose whole output is kept."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.harness import PATIENCE, ROOT, ServedRelay


@dataclass
class Process:
    """A running relay."""

    process: asyncio.subprocess.Process
    port: int
    output: bytearray = field(default_factory=bytearray)

    @property
    def text(self) -> str:
        """Everything that it has written."""
        return self.output.decode()

    @property
    def relay(self) -> ServedRelay:
        """The relay as the other tests know it; there is no server object of another process."""
        nothing: Any = None
        return ServedRelay(self.port, nothing, nothing)

    async def collect(self) -> None:
        """Keep the output as it comes."""
        assert self.process.stdout is not None
        while chunk := await self.process.stdout.read(65536):
            self.output += chunk

    async def answers(self, path: str, status: int) -> None:
        """Wait until a GET is answered with this status."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(trust_env=False) as http:
            while True:
                try:
                    response = await http.get(f"http://127.0.0.1:{self.port}{path}")
                except httpx.TransportError:
                    assert self.process.returncode is None, self.text
                else:
                    if response.status_code == status:
                        return
                await asyncio.sleep(0.02)

    async def ended(self) -> int:
        """Wait until it has ended, and return its exit status."""
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def terminate(self) -> None:
        """Send SIGTERM, as containers do."""
        self.process.send_signal(signal.SIGTERM)


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return this process' environment with the relay's own part replaced."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("RELAY_", "AZURE_", "OPENAI_"))
    }
    return {**kept, **given}


async def stop(process: asyncio.subprocess.Process) -> None:
    """End it as a container's engine does: by SIGTERM, and by force if that takes too long."""
    if process.returncode is None:
        process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


SERVE = ("-m", "app", "serve", "--port", "{port}")
UVICORN = ("-m", "uvicorn", "app.main:app", "--port", "{port}", "--log-level", "debug")


@asynccontextmanager
async def running(command: Sequence[str], given: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run `python <command>` in the project, with `{port}` filled in, until the test is over."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(each.format(port=port) for each in command),
        cwd=ROOT,
        env=environment(given),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    run = Process(process, port)
    collecting = asyncio.create_task(run.collect())
    try:
        yield run
    finally:
        await stop(process)
        await collecting


__all__ = ["SERVE", "UVICORN", "Process", "environment", "free_port", "running", "stop"]
