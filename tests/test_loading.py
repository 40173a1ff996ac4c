"""What a relay loads: libraries are a third of its memory, and come in only where the configuration needs them."""

import subprocess
import sys

from app.upstream.connector import Connector, ConnectorConfig
from app.upstream.providers import Target
from tests.harness import ROOT

SPARED = ("aiohttp", "azure", "cryptography", "jwt", "mcp", "msal", "requests", "app.simulator")
"""Tokens of Entra and of identity providers, MCP, and the simulated service."""

LOADED = "import sys, app.__main__, app.main; print(*sys.modules)"
PREPARED = """
import sys
from app.upstream.connector import Connector, ConnectorConfig
from app.upstream.providers import Target
target = Target(provider="azure", endpoint="https://x.openai.azure.com", deployment="d")
Connector(ConnectorConfig()).prepare([target])
print(*sys.modules)
"""


def modules_after(program: str) -> set[str]:
    """Run a program in a fresh interpreter, and return what it had loaded in the end."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own programs
    return set(done.stdout.split())


def test_what_not_every_relay_needs_is_not_loaded() -> None:
    """Each of these would be megabytes for everybody."""
    assert not modules_after(LOADED) & set(SPARED)


def test_entra_is_loaded_before_anybody_waits_for_it() -> None:
    """A target without a key needs it, and a dial would hold up all sessions while it loads."""
    assert "azure" in modules_after(PREPARED)


async def test_what_was_never_needed_need_not_be_closed() -> None:
    """A target with a key prepares nothing."""
    connector = Connector(ConnectorConfig())
    target = Target(provider="azure", endpoint="https://x.openai.azure.com", deployment="d", api_key="canary")
    connector.prepare([target])
    await connector.close()
