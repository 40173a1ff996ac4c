"""What the package offers to the floors above."""

import subprocess
import sys

import app.effects

WITHOUT_MCP = """
import asyncio, sys
sys.modules["mcp"] = None
from app.effects import McpServerConfig, Toolbox
asyncio.run(Toolbox({}).open())
try:
    asyncio.run(Toolbox({}, {"x": McpServerConfig(command="x")}).open())
except ValueError as error:
    print(error)
"""


def test_names_are_there() -> None:
    """Everything that is named can be had."""
    assert all(hasattr(app.effects, name) for name in app.effects.__all__)


def test_mcp_package_is_needed_by_its_servers_alone() -> None:
    """Without it a toolbox opens, and one with a server says what to install."""
    command = [sys.executable, "-c", WITHOUT_MCP]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)  # noqa: S603
    assert ran.stdout == "MCP servers need the package 'mcp': install realtime-relay[mcp].\n"
