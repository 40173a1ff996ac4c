"""The worked example, as the README serves it: a process, the simulated upstream, and the official SDK."""

import asyncio
from typing import Any

from openai import AsyncOpenAI

from tests.harness import PATIENCE, ROOT
from tests.processes import SERVE, running

PROFILES = "examples/assistant/profiles.toml"
QUESTION = "Search: how many days of annual leave do I get?"


async def test_the_assistant_answers_from_its_documents_and_shows_no_seams() -> None:
    """One response to one question, with what the page says; neither prompt nor tool nor call is seen."""
    prompt = (ROOT / "examples/assistant/prompt.md").read_text()
    async with running(SERVE, {"RELAY_PROFILES_FILE": PROFILES}) as process:
        await process.answers("/readyz", 200)
        client = AsyncOpenAI(base_url=f"http://127.0.0.1:{process.port}/v1", api_key="anything")
        seen: list[Any] = []
        async with client, client.realtime.connect(model="gpt-realtime") as connection, asyncio.timeout(PATIENCE):
            content: Any = [{"type": "input_text", "text": QUESTION}]
            await connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
            await connection.response.create(response={"output_modalities": ["text"]})
            while not seen or seen[-1].type != "response.done":
                seen.append(await connection.recv())
    answer = seen[-1].response.output[0].content[0].text
    assert "days of paid leave" in answer
    assert "Leave and absence: Annual leave" in answer
    told = "".join(event.model_dump_json() for event in seen)
    assert "function_call" not in told
    assert not any(line and line in told for line in prompt.splitlines())
    kinds = [event.type for event in seen]
    assert kinds.count("response.created") == 1
    assert "error" not in kinds
    assert QUESTION not in process.text
