"""An MCP server with tools of every kind; as a program it speaks over its standard streams."""

import asyncio
import os
import sys
from typing import Any

from mcp.server.mcpserver import Image, MCPServer

__all__ = ["make"]


def make() -> MCPServer:
    """Return a new server."""
    server = MCPServer("tests")
    for tool in (echo, numbers, picture, failing, waiting, large, leaving, variable):
        server.add_tool(tool)
    return server


async def echo(text: str) -> str:
    """Repeat the text."""
    return text


async def numbers() -> dict[str, Any]:
    return {"one": 1}


async def picture() -> Image:
    """Show a picture, which no model can hear."""
    return Image(data=b"canary-secret", format="png")


async def failing() -> str:
    """Fail."""
    raise RuntimeError("canary-secret")


async def waiting() -> str:
    """Wait for ever."""
    await asyncio.Event().wait()
    return "never"


async def large(size: int) -> str:
    """Say much."""
    return "x" * size


async def leaving() -> str:
    """End the whole process."""
    os._exit(3)


async def variable(name: str) -> str:
    """Tell a variable of the environment's."""
    return os.environ.get(name, "none")


if __name__ == "__main__":
    print("canary-secret on standard error", file=sys.stderr)  # noqa: T201 - to see where it goes
    make().run()
