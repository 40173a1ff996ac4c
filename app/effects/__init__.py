"""Effects: what the relay does for a session beside passing frames on (tool calls, judgements)."""

from app.effects.calling import ToolContext
from app.effects.http_tools import HttpToolConfig
from app.effects.judges import JudgeConfig, JudgesConfig
from app.effects.mcp_config import McpServerConfig
from app.effects.python_tools import PythonToolConfig
from app.effects.seat import Seat
from app.effects.toolbox import Toolbox

__all__ = [
    "HttpToolConfig",
    "JudgeConfig",
    "JudgesConfig",
    "McpServerConfig",
    "PythonToolConfig",
    "Seat",
    "ToolContext",
    "Toolbox",
]
