"""Keep the libraries that carry out effects from logging what passes through them.

At level info httpx prints each URL, with what a model put into it; at debug its parts print headers, and the MCP
package prints messages, the unreadable ones with their text at level error.
"""

import logging

__all__ = ["quiet_libraries"]

HTTP = ("httpcore", "httpcore2", "httpx", "httpx2")
MCP = ("client", "mcp")
"""The second is the package's; the first is what its session module calls itself."""
SILENT = logging.CRITICAL + 1


def quiet_libraries() -> None:
    """Let the HTTP libraries say warnings, and the MCP package nothing: our own lines say what it would."""
    for name in HTTP:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in MCP:
        logging.getLogger(name).setLevel(SILENT)
