"""The official package `@openai/agents-realtime` runs an agent through the relay."""

from pathlib import Path

from tests.npm.conftest import Run
from tests.programs import needs

pytestmark = needs("node", "npm")


async def test_an_agent_with_a_tool_is_interrupted_and_answers(run: Run, spoken: Path) -> None:
    """With a ticket: its tool runs, its answer is spoken and interrupted, and it keeps the history of it all."""
    told = await run("agent.mjs", spoken)
    called, interrupted, cut, answer, history = told.lines
    assert called == {"called": "get_weather", "result": "sunny, 21 degrees"}, told.errors
    assert interrupted == {"interrupted": True}
    full = "This is a simulated answer. The tool returned: sunny, 21 degrees"
    assert full.startswith(cut["said"])
    assert cut["said"] != full
    assert answer["said"].startswith("This is a simulated answer. I heard")
    assert history == {"history": ["user", "function_call", "assistant", "user", "assistant"]}
