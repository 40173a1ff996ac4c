"""The check against the simulated service: for each thing that can be wrong, the layer that says so."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trustme

from app.simulator import Simulator, SimulatorConfig
from app.upstream.check import Finding, check
from app.upstream.connector import ConnectorConfig
from app.upstream.providers import Target
from tests.harness import until
from tests.upstream.services import IdentityEndpoint

STRICT = SimulatorConfig(keys=("canary-key",), forbidden=("canary-without-role",), deployments=("voice",))
LAYERS = ["DNS", "TCP", "TLS", "credential", "role", "deployment", "first event"]


def azure(endpoint: str, **more: Any) -> Target:
    """Return a target with the right key and deployment, but for what the test changes."""
    fields = {"provider": "azure", "endpoint": endpoint, "deployment": "voice", "api_key": "canary-key", **more}
    return Target.model_validate(fields)


async def findings(target: Target, context: ssl.SSLContext | None = None, **config: Any) -> dict[str, Finding]:
    """Run the check and return what it found, by layer."""
    found = [finding async for finding in check(target, ConnectorConfig(**config), context=context)]
    assert "canary" not in str(found)
    assert len({finding.layer for finding in found}) == len(found)
    return {finding.layer: finding for finding in found}


def verdicts(found: Mapping[str, Finding]) -> list[str]:
    """Return the verdicts in the order of the layers."""
    return [found[layer].verdict for layer in LAYERS]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a strict service in the clear."""
    async with Simulator(STRICT) as simulated:
        yield simulated


async def test_all_holds(simulator: Simulator) -> None:
    """A line for each layer; that nothing is encrypted on loopback is worth a warning, no more."""
    found = await findings(azure(simulator.endpoint))
    assert verdicts(found) == ["ok", "ok", "warning", "ok", "ok", "ok", "ok"]
    assert found["deployment"].words == "voice"
    await until(lambda: not simulator.sessions)


async def test_the_preview_is_deprecated(simulator: Simulator) -> None:
    """It still opens a session, and says so."""
    found = await findings(azure(simulator.endpoint, provider="azure-preview", api_version="2025-04-01-preview"))
    assert found["api-version"].verdict == "warning"
    assert found["first event"].verdict == "ok"


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"api_key": "canary-other"}, ["fails", "not asked", "not asked", "not asked"], "API_KEY"),
    (
        {"api_key": "canary-without-role"},
        ["ok", "fails", "not asked", "not asked"],
        "role 'Cognitive Services OpenAI User'",
    ),
    ({"deployment": "other"}, ["ok", "ok", "fails", "not asked"], "DEPLOYMENT"),
]


@pytest.mark.parametrize(("wrong", "expected", "words"), WRONG)
async def test_the_layer_that_fails_says_what_to_mend(
    simulator: Simulator, wrong: dict[str, Any], expected: list[str], words: str
) -> None:
    """401 is the credential, 403 the role, 404 the deployment."""
    found = await findings(azure(simulator.endpoint, **wrong))
    assert verdicts(found) == ["ok", "ok", "warning", *expected]
    (failed,) = [finding for finding in found.values() if finding.verdict == "fails"]
    assert words in failed.words


async def test_no_address() -> None:
    """A name that DNS does not know; nothing behind it is asked."""
    found = await findings(azure("https://no-such-resource.invalid"))
    assert verdicts(found) == ["fails", *["not asked"] * 6]


async def test_nobody_listens() -> None:
    """A port that refuses."""
    found = await findings(azure("https://127.0.0.1:1"))
    assert verdicts(found) == ["ok", "fails", *["not asked"] * 5]


@pytest.mark.parametrize("trusted", [True, False])
async def test_tls_with_a_private_authority(trusted: bool) -> None:  # noqa: FBT001 - a table's column
    """A certificate of an authority that is not known fails at its own layer, and names SSL_CERT_FILE."""
    authority = trustme.CA()
    serving, context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(serving)
    if trusted:
        authority.configure_trust(context)
    async with started(serving) as simulator:
        found = await findings(azure(simulator.endpoint), context)
    if trusted:
        assert verdicts(found) == ["ok"] * 7
        assert found["TLS"].words.startswith("TLSv1")
    else:
        assert verdicts(found) == ["ok", "ok", "fails", *["not asked"] * 4]
        assert "SSL_CERT_FILE" in found["TLS"].words


@asynccontextmanager
async def started(context: ssl.SSLContext) -> AsyncIterator[Simulator]:
    """Run a strict service over TLS."""
    simulator = Simulator(STRICT)
    await simulator.start(ssl=context)
    try:
        yield simulator
    finally:
        await simulator.close()


async def test_a_service_that_says_nothing() -> None:
    """It takes the connection and never answers: the time is up, and the handshake it is."""
    quiet: list[asyncio.StreamWriter] = []

    async def keep(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        quiet.append(writer)

    async with await asyncio.start_server(keep, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await findings(azure(f"http://127.0.0.1:{port}"), timeout=0.2)
        encrypted = await findings(azure(f"https://127.0.0.1:{port}"), timeout=0.2)
        for writer in quiet:
            writer.transport.abort()
    assert found["handshake"].verdict == "fails"
    assert found["credential"].verdict == "not asked"
    assert encrypted["TLS"].words.endswith("no answer in time")


async def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the first hop is the proxy, and DNS and TCP are asked of it."""
    async with await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for proxy, expected in (
            (f"http://127.0.0.1:{port}", ["ok", "ok", "not asked"]),
            ("https://127.0.0.1:1", ["ok", "fails", "not asked"]),
            ("https://no-such-proxy.invalid", ["fails", "not asked", "not asked"]),
        ):
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            monkeypatch.delenv("NO_PROXY", raising=False)
            monkeypatch.delenv("no_proxy", raising=False)
            found = await findings(azure("https://resource.invalid"), timeout=5)
            assert verdicts(found)[:3] == expected


@pytest.mark.parametrize(("role", "layer"), [(True, "credential"), (False, "role")])
async def test_entra(identity: IdentityEndpoint, role: bool, layer: str) -> None:  # noqa: FBT001 - a table's column
    """Without a key the credential is a token; both the layer of the token and that of the role name its scope."""
    known = {"keys": ("token-1",)} if role else {"keys": ("other",), "forbidden": ("token-1",)}
    async with Simulator(SimulatorConfig.model_validate(known)) as simulator:
        found = await findings(azure(simulator.endpoint, api_key=None), managed_identity_client_id="client")
    assert len(identity.asked) == 1
    assert "https://cognitiveservices.azure.com/.default" in found[layer].words
    assert found["role"].verdict == ("ok" if role else "fails")


async def test_no_token(identity: IdentityEndpoint) -> None:
    """An identity endpoint that fails is the credential's layer, though the service was never asked."""
    identity.status = 500
    async with Simulator() as simulator:
        found = await findings(
            azure(simulator.endpoint, api_key=None), managed_identity_client_id="client", timeout=1
        )
    assert found["credential"].verdict == "fails"
