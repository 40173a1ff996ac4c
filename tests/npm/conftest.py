"""What the tests of the official JavaScript clients share: a relay over TLS, since they refuse anything else."""

import asyncio
import base64
import json
import os
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import trustme
from playwright.async_api import Page, async_playwright

from app.auth.static_keys import hash_key
from app.simulator import Simulator, SimulatorConfig
from tests.conversations.sounds import speech
from tests.harness import KEY, PATIENCE, ROOT, ServedRelay, configured, serving
from tests.npm.site import Site, serving_site
from tests.page.browsing import FLAGS
from tests.processes import free_port
from tests.programs import program

PROGRAMS = ROOT / "tests" / "npm"

MAX_FRAME = 10_000
"""Bytes of a client's message: more than 100 ms of audio, and far less than the largest that is legal."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a program printed, a line each, and how it ended."""

    lines: list[Any]
    errors: str
    status: int | None


class Run(Protocol):
    """Runs a program of this directory to its end."""

    async def __call__(self, name: str, *arguments: str | Path, **environment: str) -> Told: ...


@pytest.fixture
def authority() -> trustme.CA:
    """An authority that nobody trusts who is not told to."""
    return trustme.CA()


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a service that lets in the relay only, and speaks about as fast as a person."""
    config = SimulatorConfig(keys=("canary-upstream-key",), deployments=("secret-deployment",), pace=4)
    async with Simulator(config) as simulated:
        yield simulated


@pytest.fixture
def page_port() -> int:
    """A port for a page of `http://localhost:…`, which the relay lets in."""
    return free_port()


@pytest.fixture
async def relay(
    simulator: Simulator, authority: trustme.CA, page_port: int, tmp_path: Path
) -> AsyncIterator[ServedRelay]:
    """Serve a relay over TLS in front of the simulated service, to which Alice has a key."""
    certificate = tmp_path / "relay.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    settings = configured(
        azure_openai_endpoint=simulator.endpoint,
        azure_openai_deployment_name="secret-deployment",
        azure_openai_api_key="canary-upstream-key",
        auth={"keys": {"alice": hash_key(KEY)}},
        client={"max_frame": MAX_FRAME},
        origins=f"http://localhost:{page_port}",
    )
    async with serving(settings, certificate) as served:
        yield served


@pytest.fixture
def run(relay: ServedRelay, authority: trustme.CA, tmp_path: Path) -> Run:
    """Return a function that runs a program with node, which is told of the relay by its environment."""
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(str(root))

    async def node(name: str, *arguments: str | Path, **environment: str) -> Told:
        given = {
            "RELAY_URL": f"https://127.0.0.1:{relay.port}",
            "RELAY_KEY": KEY,
            "NODE_EXTRA_CA_CERTS": str(root),
            "PATH": os.environ["PATH"],
        }
        # Its own WebSocket is on from version 22 on; the flag is understood there too.
        process = await asyncio.create_subprocess_exec(
            program("node"), "--experimental-websocket", PROGRAMS / name, *arguments,
            env={**given, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return await _told(process)

    return node


async def _told(process: asyncio.subprocess.Process) -> Told:
    try:
        async with asyncio.timeout(PATIENCE):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Told([json.loads(line) for line in output.splitlines()], errors.decode(), process.returncode)


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """A second of speech, as a file of PCM16 at 24 kHz."""
    path = tmp_path / "speech.pcm"
    path.write_bytes(base64.b64decode(speech()) * 10)
    return path


@pytest.fixture
async def site(relay: ServedRelay, authority: trustme.CA, page_port: int) -> AsyncIterator[Site]:
    """Serve a frontend's page."""
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    made = Site(f"http://localhost:{page_port}", f"127.0.0.1:{relay.port}", trust)
    async with serving_site(made, page_port) as served:
        yield served


@pytest.fixture
async def page(site: Site) -> AsyncIterator[Page]:  # noqa: ARG001 - the browser goes before the site does
    """Open a browser that trusts any certificate, and whose microphone beeps."""
    beeping = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program("chromium"), args=[*FLAGS, *beeping])
        yield await browser.new_page(ignore_https_errors=True)
        await browser.close()
