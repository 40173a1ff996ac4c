"""Tools of MCP servers, as the servers describe them when a toolbox opens.

What a session was told of a tool stays true for it: a server's list is read once, and a connection that comes back
serves the same tools.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp import Client
from mcp.types import CallToolResult

from app.effects.addressing import read_url
from app.effects.arguments import read_object
from app.effects.calling import ToolConfig, ToolContext, ToolFailure, as_text, bounded, definition
from app.effects.environment import headers_from, with_environment
from app.effects.hosts import Hosts
from app.effects.mcp_config import McpServerConfig
from app.effects.mcp_connection import McpConnection, reason
from app.effects.mcp_transports import over_http, over_stdio

__all__ = ["McpServer", "McpTool"]

MAX_PAGES = 20
"""Pages of a server's list that are read."""


class McpServer:
    """One server. Raises `ValueError` where its host is not listed or a secret is missing."""

    def __init__(self, name: str, config: McpServerConfig, hosts: Hosts, environ: Mapping[str, str]) -> None:
        if config.url is not None:
            hosts.check(read_url(config.url))
        self._name = name
        self._config = config
        self._headers = headers_from(config.headers, environ)
        self._env = with_environment(config.env, environ)
        self.connection = McpConnection(self._connect, config.timeout)

    async def open(self) -> Mapping[str, "McpTool"]:
        """Connect, and return the tools that are to be offered. Raises `ValueError`."""
        try:
            await self.connection.open()
            listed = await self.connection.use(_list)
        except Exception as error:
            why = reason(error)
            raise ValueError(f"The MCP server '{self._name}' can't be reached ({why}).") from error
        wanted = listed if self._config.tools is None else self._config.tools
        if missing := [each for each in wanted if each not in listed]:
            raise ValueError(f"The MCP server '{self._name}' has no tool '{missing[0]}'.")
        return {f"{self._config.prefix}{each}": self._tool(each, *listed[each]) for each in wanted}

    async def close(self) -> None:
        """Disconnect."""
        await self.connection.close()

    def _tool(self, name: str, description: str, schema: Mapping[str, Any]) -> "McpTool":
        shown = definition(f"{self._config.prefix}{name}", description, schema)
        return McpTool(name, shown, self._config, self.connection)

    def _connect(self) -> AbstractAsyncContextManager[Client]:
        config = self._config
        if config.url is not None:
            return over_http(config.url, self._headers, config.timeout)
        return over_stdio(config.command or "", config.args, self._env, config.timeout)


class McpTool:
    """One tool of a server; `name` is the server's own for it."""

    def __init__(
        self, name: str, definition: Mapping[str, Any], config: ToolConfig, connection: McpConnection
    ) -> None:
        self.definition = definition
        self.config = config
        self._name = name
        self._connection = connection

    async def call(self, arguments: str, context: ToolContext) -> str:  # noqa: ARG002 - the server is told nothing
        """Have the server carry it out."""
        given = read_object(arguments)
        result = await self._connection.use(lambda client: client.call_tool(self._name, given))
        text = bounded(_told(result), self.config.max_output)
        if result.is_error:
            raise ToolFailure("the tool reported an error", message=text)
        return text


async def _list(client: Client) -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """Return a server's tools by name: description and schema."""
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    cursor = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        found |= {each.name: (each.description or "", each.input_schema) for each in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def _told(result: CallToolResult) -> str:
    """Return the text blocks; the structured content where there are none."""
    texts = [each.text for each in result.content if each.type == "text"]
    return "\n".join(texts) if any(texts) else as_text(result.structured_content)
