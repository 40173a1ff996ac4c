"""The toolbox of one profile: it carries out tool calls and judgements, beside the pumps of all its sessions.

What a session gets from it are effects. A tool's effect always has a text for the model, whatever became of the
call; a judge's always a verdict, and that is no unless all said yes. A cancellation is neither: it goes through.
"""

import asyncio
import os
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from app.effects.calling import Tool, ToolContext, ToolFailure, failure, within
from app.effects.hosts import Hosts
from app.effects.http_tools import HttpTool, HttpToolConfig
from app.effects.judges import Judges, JudgesConfig
from app.effects.mcp_config import McpServerConfig
from app.effects.outgoing import Outgoing
from app.effects.python_tools import PythonTool, PythonToolConfig
from app.effects.quiet import quiet_libraries
from app.policy.judging import Judgement, Verdict
from app.policy.tools import Failed, ServerTool, ToolCall
from app.telemetry import log_fault

if TYPE_CHECKING:
    from app.effects.mcp_servers import McpServer

__all__ = ["Carried", "Toolbox"]

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What the service takes for a function's name."""
AT_ONCE = 64
"""Calls of one toolbox under way at a time, and as many judgements; further ones wait, within their own time."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Work of the toolbox's, as an effect."""

    id: str
    work: Callable[[], Awaitable[object]]

    async def run(self) -> object:
        """Do it."""
        return await self.work()


class Toolbox:
    """Tools and judges, as configured; `hosts` are all that HTTP may go to, `environ` is where secrets are."""

    def __init__(  # noqa: PLR0913 - a section of the profile each
        self,
        tools: Mapping[str, PythonToolConfig | HttpToolConfig],
        mcp: Mapping[str, McpServerConfig] | None = None,
        judges: JudgesConfig | None = None,
        hosts: Sequence[str] = (),
        *,
        environ: Mapping[str, str] = os.environ,
        at_once: int = AT_ONCE,
    ) -> None:
        self._configured = tools
        self._mcp_configured = mcp or {}
        self._judges_configured = judges or JudgesConfig()
        self._hosts = hosts
        self._environ = environ
        self._room_for_calls = asyncio.Semaphore(at_once)
        self._room_for_judgements = asyncio.Semaphore(at_once)
        self._tools: dict[str, Tool] = {}
        self._judges: Judges | None = None
        self._outgoing: Outgoing | None = None
        self._servers: list[McpServer] = []

    async def open(self) -> None:
        """Load all tools and judges and connect to all servers. Raises `ValueError`; then nothing is left open."""
        quiet_libraries()
        try:
            self._load(Outgoing(Hosts(self._hosts)))
            for server in self._servers:
                for name, tool in (await server.open()).items():
                    self._add(name, tool)
        except BaseException:
            await self.close()
            raise

    @property
    def tools(self) -> Mapping[str, ServerTool]:
        """The tools by name; none before it is open."""
        return {
            name: ServerTool(name, tool.definition, tool.config.results, tool.config.hidden)
            for name, tool in self._tools.items()
        }

    def call(self, call: ToolCall, context: ToolContext) -> Carried:
        """Make the effect of a tool call; its result is a text for the model, or `Failed`."""
        return Carried(f"tool_{call.id}", lambda: self._call(call, context))

    def judge(self, judgement: Judgement, context: ToolContext) -> Carried:
        """Make the effect of a judgement; its result is a `Verdict`."""
        return Carried(judgement.id, lambda: self._judge(judgement, context))

    async def close(self) -> None:
        """Close all connections. What is under way comes to nothing."""
        for server in self._servers:
            await server.close()
        if self._outgoing is not None:
            await self._outgoing.close()

    def _load(self, outgoing: Outgoing) -> None:
        self._outgoing, environ = outgoing, self._environ
        for name, config in self._configured.items():
            if isinstance(config, HttpToolConfig):
                self._add(name, HttpTool(name, config, outgoing, environ))
            else:
                self._add(name, PythonTool(name, config))
        self._judges = Judges(self._judges_configured, outgoing, environ)
        self._servers = _servers(self._mcp_configured, outgoing.hosts, environ)

    def _add(self, name: str, tool: Tool) -> None:
        if not NAME.fullmatch(name):
            raise ValueError(f"'{name}' is no tool's name: letters, digits, '_' and '-', at most 64.")
        if name in self._tools:
            raise ValueError(f"There are two tools named '{name}'; give an MCP server a prefix.")
        self._tools[name] = tool

    async def _call(self, call: ToolCall, context: ToolContext) -> str | Failed:
        tool = self._tools.get(call.name)
        if tool is None:
            return Failed(failure("there is no tool of this name"))

        async def carry_out() -> str:
            async with self._room_for_calls:
                return await tool.call(call.arguments, context)

        try:
            return await within(tool.config.timeout, carry_out)
        except ToolFailure as failed:
            structlog.get_logger().info("tool call failed", session=context.session, why=failed.words)
            return Failed(failed.text)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises, the model is told that it failed
            log_fault(error, "tool failed", session=context.session)
            return Failed(failure("the tool failed"))

    async def _judge(self, judgement: Judgement, context: ToolContext) -> Verdict:
        judges = self._judges
        if judges is None:
            return Verdict(allowed=False)

        async def carry_out() -> Verdict:
            async with self._room_for_judgements:
                return await judges.verdict(judgement, context)

        try:
            return await within(self._judges_configured.timeout, carry_out)
        except ToolFailure:
            return Verdict(allowed=False)


def _servers(
    configured: Mapping[str, McpServerConfig], hosts: Hosts, environ: Mapping[str, str]
) -> "list[McpServer]":
    """Make the servers; who has none needs no package for them."""
    if not configured:
        return []
    try:
        from app.effects.mcp_servers import McpServer  # noqa: PLC0415 - its package is optional
    except ImportError:
        raise ValueError("MCP servers need the package 'mcp': install realtime-relay[mcp].") from None
    return [McpServer(name, config, hosts, environ) for name, config in configured.items()]
