"""Server-side tools: the model calls them, the relay carries them out, and the client need not know."""

from app.policy.tools.filter import Tools
from app.policy.tools.server_tools import Failed, ServerTool, ToolCall, ToolRules

__all__ = ["Failed", "ServerTool", "ToolCall", "ToolRules", "Tools"]
