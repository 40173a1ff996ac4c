"""Tools of MCP servers, called through the official package."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from mcp.server import Server
from mcp.types import ListToolsResult, PaginatedRequestParams, Tool

from app.effects import McpServerConfig, PythonToolConfig, Toolbox
from app.policy.tools import ToolCall
from tests.effects.mcp_server import make
from tests.effects.service import CANARY, CONTEXT, PATIENCE, call
from tests.effects.serving_mcp import program, serving, until_it_answers

Opened = Callable[..., Awaitable[Toolbox]]

UNREACHABLE = '{"error":"the tool can\'t be reached"}'


@pytest.fixture(params=["http", "stdio"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., McpServerConfig]]:
    """Return a function that configures the server, reached either way."""
    if request.param == "stdio":
        yield program
        return
    async with serving(make().streamable_http_app()) as port:
        yield lambda **more: McpServerConfig(url=f"http://127.0.0.1:{port}/mcp", **{"timeout": PATIENCE, **more})


def hosts(config: McpServerConfig) -> tuple[str, ...]:
    return (config.url.split("/")[2],) if config.url else ()


async def test_tools_are_those_of_the_server(opened: Opened, server: Callable[..., McpServerConfig]) -> None:
    """Described as the server does; called under their own names, with their prefix here."""
    config = server(prefix="mcp_", tools=("echo", "numbers"), results="both", hidden=False)
    toolbox = await opened(mcp={"m": config}, hosts=hosts(config))
    assert toolbox.tools.keys() == {"mcp_echo", "mcp_numbers"}
    tool = toolbox.tools["mcp_echo"]
    assert (tool.name, tool.results, tool.hidden) == ("mcp_echo", "both", False)
    assert tool.definition["description"] == "Repeat the text."
    assert tool.definition["parameters"]["required"] == ["text"]
    assert await call(toolbox, "mcp_echo", {"text": "hello"}) == "hello"
    assert json.loads(await call(toolbox, "mcp_numbers")) == {"one": 1}


async def test_all_tools_are_offered_without_a_list(
    opened: Opened, server: Callable[..., McpServerConfig]
) -> None:
    """What a tool does wrong is told to the model, in its server's words where those are for it."""
    config = server(max_output=1000)
    toolbox = await opened(mcp={"m": config}, hosts=hosts(config))
    assert len(toolbox.tools) == 8
    failed = json.loads(await call(toolbox, "failing"))
    assert failed == {"error": "the tool reported an error", "message": "Error executing tool failing"}
    assert json.loads(await call(toolbox, "large", {"size": 1001}))["error"] == "the tool's output was too large"
    assert json.loads(await call(toolbox, "echo", {}))["error"] == "the tool reported an error"
    assert json.loads(await call(toolbox, "echo", "no JSON"))["error"] == "invalid arguments"
    assert await call(toolbox, "picture") == '{"result":null}'


async def test_call_that_takes_too_long_leaves_the_connection(opened: Opened) -> None:
    """The next call is served."""
    async with serving(make().streamable_http_app()) as port:
        config = McpServerConfig(url=f"http://127.0.0.1:{port}/mcp", timeout=2)
        toolbox = await opened(mcp={"m": config}, hosts=hosts(config))
        assert await call(toolbox, "waiting") == '{"error":"the tool took too long"}'
        assert await call(toolbox, "echo", {"text": "still here"}) == "still here"


async def test_cancelled_call_is_cancelled(opened: Opened, server: Callable[..., McpServerConfig]) -> None:
    """It goes through as a cancellation, and the next call is served."""
    config = server()
    toolbox = await opened(mcp={"m": config}, hosts=hosts(config))
    task = asyncio.create_task(toolbox.call(ToolCall("c1", "waiting", ""), CONTEXT).run())
    assert await call(toolbox, "echo", {"text": "meanwhile"}) == "meanwhile"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await call(toolbox, "echo", {"text": "after"}) == "after"


async def answers(toolbox: Toolbox) -> bool:
    """Return whether somebody is there; who is not, is said to be out of reach."""
    said = await call(toolbox, "echo", {"text": "back"})
    assert said in {"back", UNREACHABLE}
    return said == "back"


async def test_program_that_ended_is_started_again(opened: Opened) -> None:
    """Who called it then is told so, and a later call is served."""
    toolbox = await opened(mcp={"m": program()})
    assert await call(toolbox, "leaving") == UNREACHABLE
    await until_it_answers(lambda: answers(toolbox))


async def test_server_that_restarted_is_reached_again(opened: Opened) -> None:
    """While it is down every call is answered at once."""
    async with serving(make().streamable_http_app()) as port:
        config = McpServerConfig(url=f"http://127.0.0.1:{port}/mcp", timeout=PATIENCE)
        toolbox = await opened(mcp={"m": config}, hosts=hosts(config))
        assert await call(toolbox, "echo", {"text": "here"}) == "here"
    for _ in range(3):
        assert await call(toolbox, "echo", {"text": "x"}) == UNREACHABLE
    async with serving(make().streamable_http_app(), port):
        await until_it_answers(lambda: answers(toolbox))


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"url": "http://127.0.0.1:1/mcp"}, r"The MCP server 'm' can't be reached \(ConnectError\)"),
        ({"command": "no-such-program-here"}, r"The MCP server 'm' can't be reached \(FileNotFoundError\)"),
        ({"url": "http://elsewhere.example/mcp"}, "'elsewhere.example' is not in the list of hosts"),
        ({"url": "http://127.0.0.1:1/mcp", "headers": {"api-key": "${MISSING}"}}, "MISSING is not set"),
        ({"command": "x", "env": {"A": "${MISSING}"}}, "MISSING is not set"),
    ],
)
async def test_server_that_cannot_be_had_is_an_error_when_it_opens(
    opened: Opened, config: dict[str, Any], sentence: str
) -> None:
    """In words for the operator, and no session begins without its tools."""
    with pytest.raises(ValueError, match=sentence):
        await opened(mcp={"m": McpServerConfig(**config, timeout=5)}, hosts=["127.0.0.1:1"], environ={})


async def turning_pages(_: object, params: PaginatedRequestParams | None) -> ListToolsResult:
    """List one tool a page, without end."""
    number = int((params and params.cursor) or 0)
    tool = Tool(name=f"tool_{number}", input_schema={"type": "object"})
    return ListToolsResult(tools=[tool], next_cursor=str(number + 1))


async def test_list_is_read_page_by_page(opened: Opened) -> None:
    """To a bound: a list without end is left at twenty pages."""
    async with serving(Server("pages", on_list_tools=turning_pages).streamable_http_app()) as port:
        config = McpServerConfig(url=f"http://127.0.0.1:{port}/mcp", timeout=PATIENCE)
        toolbox = await opened(mcp={"m": config}, hosts=hosts(config))
        assert list(toolbox.tools) == [f"tool_{number}" for number in range(20)]
        assert toolbox.tools["tool_0"].definition["description"] == ""


async def test_tool_that_the_server_lacks_is_an_error_when_it_opens(opened: Opened) -> None:
    """A list that names more than there is is out of date."""
    with pytest.raises(ValueError, match="The MCP server 'm' has no tool 'missing'"):
        await opened(mcp={"m": program(tools=("echo", "missing"))})


async def test_names_that_clash_are_an_error_when_it_opens(opened: Opened) -> None:
    """Nobody guesses which of two tools a model means."""
    tools = {"echo": PythonToolConfig(python="tests.effects.given:echo")}
    with pytest.raises(ValueError, match="There are two tools named 'echo'; give an MCP server a prefix"):
        await opened(tools, mcp={"m": program(tools=("echo",))})


async def test_program_gets_what_it_is_given(
    opened: Opened, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its variables and no others of the relay's; what it says on its standard error is not printed."""
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", CANARY)
    config = program(env={"GIVEN": "Value ${SOURCE}"})
    toolbox = await opened(mcp={"m": config}, environ={"SOURCE": "one"})
    assert await call(toolbox, "variable", {"name": "GIVEN"}) == "Value one"
    assert await call(toolbox, "variable", {"name": "AZURE_OPENAI_API_KEY"}) == "none"
    assert CANARY not in "".join(capfd.readouterr())
