"""How an MCP server is configured."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.effects import McpServerConfig
from tests.effects.service import CANARY


@pytest.mark.parametrize("config", [{"url": "https://x/mcp"}, {"command": "x", "url": None, "args": ["-v"]}])
def test_server_is_an_address_or_a_command(config: dict[str, Any]) -> None:
    """Either is enough, and the other may be spelt out as none."""
    assert McpServerConfig.model_validate(config).tools is None


@pytest.mark.parametrize(
    "config",
    [{}, {"url": "https://x/", "command": "x"}, {"url": "file:///x"}, {"url": "https://u:p@x/"}, {"cmd": "x"}],
)
def test_flawed_configuration_is_refused(config: dict[str, Any]) -> None:
    """A server is one thing, and its address is a plain one."""
    with pytest.raises(ValidationError):
        McpServerConfig.model_validate(config)


def test_configuration_does_not_show_secrets() -> None:
    """Headers, arguments and the environment may hold some."""
    config = McpServerConfig(command="x", args=(CANARY,), env={"A": CANARY}, headers={"b": CANARY})
    assert CANARY not in repr(config)
