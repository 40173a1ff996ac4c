"""How an MCP server is configured; beside the code for it, since that needs a package that is optional."""

from collections.abc import Mapping

from pydantic import Field, model_validator

from app.effects.addressing import Url
from app.effects.calling import ToolConfig

__all__ = ["McpServerConfig"]


class McpServerConfig(ToolConfig):
    """An MCP server, by its URL or as a command; the bounds are for each of its tools."""

    url: Url | None = Field(default=None, description="Its address, for streamable HTTP.")
    headers: Mapping[str, str] = Field(
        default={}, repr=False, description="Sent to the `url`; `${NAME}` is taken from the environment."
    )
    command: str | None = Field(default=None, description="A program that speaks MCP over its standard streams.")
    args: tuple[str, ...] = Field(default=(), repr=False, description="The program's arguments.")
    env: Mapping[str, str] = Field(
        default={}, repr=False, description="The program's environment; `${NAME}` is taken from the relay's."
    )
    tools: tuple[str, ...] | None = Field(default=None, description="The server's tools to offer; all without it.")
    prefix: str = Field(default="", description="Put before each tool's name.")

    @model_validator(mode="after")
    def _is_one(self) -> "McpServerConfig":
        if (self.url is None) == (self.command is None):
            raise ValueError("An MCP server has either `url` or `command`.")
        return self
