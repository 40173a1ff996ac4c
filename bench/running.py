"""The relays as processes: each on the core of the relays, in a folder of its own, and gone when the run is over.

Only what was started here is ended here, by its own process id.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from bench.machine import at_core, cpu_seconds, resident, waited_seconds
from bench.talk import HOST, PATIENCE, Way
from bench.variants import DIRECT, HERE, Variant, filled

__all__ = ["Running", "on_generators_core", "running"]

MINTED = b'{"session":{"type":"realtime"}}'
"""What a ticket is asked for."""

OURS = ("RELAY_", "AZURE_", "OPENAI_")
"""How the names begin that a relay must not inherit from whoever runs the benchmark."""


@dataclass(frozen=True, slots=True)
class Running:
    """A relay that takes connections; `pid` is None where there is none between the ends."""

    variant: Variant
    way: Way
    pid: int | None

    def ways(self, count: int) -> list[Way]:
        """Return how so many clients come: each with a ticket of its own, where the relay has such."""
        if self.variant.mint is None:
            return [self.way] * count
        connection = HTTPConnection(HOST, self.way.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            tickets = [_minted(connection, self.variant.mint, self.way.headers) for _ in range(count)]
        return [replace(self.way, headers={"Authorization": f"Bearer {ticket}"}) for ticket in tickets]

    def cpu(self) -> float:
        """Return the CPU seconds that it has taken so far."""
        return 0.0 if self.pid is None else cpu_seconds(self.pid)

    def waited(self) -> float:
        """Return the seconds for which others had its core."""
        return 0.0 if self.pid is None else waited_seconds(self.pid)

    def memory(self) -> int:
        """Return the bytes that it holds."""
        return 0 if self.pid is None else resident(self.pid)


def _minted(connection: HTTPConnection, path: str, headers: Mapping[str, str]) -> str:
    connection.request("POST", path, MINTED, {**headers, "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != HTTPStatus.OK:
        raise ConnectionError(f"no ticket was given, but {answer.status}")
    return str(json.loads(text)["value"])


@contextmanager
def running(variant: Variant, upstream: int) -> Iterator[Running]:
    """Run a relay to the upstream on this port."""
    if variant is DIRECT:
        yield Running(variant, Way(upstream), None)
        return
    port = _free_port()
    way = Way(port, variant.path, variant.headers)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, (Path(folder) / "output").open("wb") as output:
        process = _start(variant, port, upstream, folder, output.fileno())
        try:
            _await(process, port, variant, Path(folder))
            yield Running(variant, way, process.pid)
        finally:
            _end(process)


def _start(variant: Variant, port: int, upstream: int, folder: str, output: int) -> "subprocess.Popen[bytes]":
    def fill(text: str) -> str:
        return filled(text, port=port, upstream=upstream, folder=folder)

    for name, text in variant.files.items():
        (Path(folder) / name).write_text(fill(text))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    env = {**kept, "PYTHONPATH": str(HERE.parent), **{name: fill(value) for name, value in variant.env.items()}}
    with _on_core(0):
        return subprocess.Popen(  # noqa: S603 - the commands are those of the table
            [fill(each) for each in variant.command],
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


@contextmanager
def _on_core(number: int) -> Iterator[None]:
    """Let this process be where its child is to be: a child inherits it, with all threads that it will have."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, at_core(number))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _await(process: "subprocess.Popen[bytes]", port: int, variant: Variant, folder: Path) -> None:
    """Wait until it takes connections."""
    end = time.monotonic() + PATIENCE * 4  # LiteLLM takes its time
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    words = (folder / "output").read_text(errors="replace")[-2000:]
    raise RuntimeError(f"{variant.name} does not take connections; it wrote:\n{words}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def on_generators_core() -> None:
    """Stay away from the relays."""
    os.sched_setaffinity(0, at_core(1))
    sys.setswitchinterval(1)
