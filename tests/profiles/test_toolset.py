"""Tests of app.profiles.toolset: the tools and judges of a file, and those that cannot be had."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.effects import HttpToolConfig, JudgeConfig, JudgesConfig, McpServerConfig
from app.effects.hosts import Hosts
from app.profiles.in_force import Profiles
from app.profiles.source import Source
from app.profiles.toolset import read_judges, read_servers, read_tools

Write = Callable[[str], Path]
Read = Callable[[str], Source]
Told = Callable[[Source], list[str]]
Errors = Callable[..., list[str]]

HOSTS = Hosts(["api.example.com"])

MODULE = '''
from pydantic import BaseModel

class Query(BaseModel):
    words: str

async def search(query: Query) -> str:
    """Search."""
    return query.words

async def undescribed(query: Query) -> str:
    return query.words

async def lenient(text: str) -> bool:
    return True

def late(query: Query) -> str:
    """Be no coroutine."""
    return query.words
'''


def test_tools_of_both_kinds(read: Read, told: Told) -> None:
    """By what their tables hold."""
    source = read(
        "[a]\npython = 'beside_tools:search'\ntimeout = 3\n"
        "[b-1]\nurl = 'https://api.example.com/{x}'\ndescription = 'D'\nheaders = { X = '${PATH}' }\n"
        "parameters = { type = 'object', properties = { x = { type = 'string' } }, required = ['x'] }\n"
    )
    tools = read_tools(source, (), {"b-1": source.tables["b-1"]}, HOSTS)
    assert told(source) == []
    assert tools == {"b-1": HttpToolConfig.model_validate(source.tables["b-1"])}
    assert read_tools(source, (), {}, HOSTS) == {}


async def test_a_tool_beside_the_file(write: Write, tmp_path: Path) -> None:
    """Is ready when the profiles are open."""
    (tmp_path / "beside_tools.py").write_text(MODULE, encoding="utf-8")
    text = (
        "[profiles.a.tools.search]\npython = 'beside_tools:search'\n"
        "[profiles.a.tools.b]\npython = 'beside_tools:undescribed'\ndescription = 'B'"
    )
    profiles = Profiles.load(write(text))
    await profiles.open()
    try:
        assert list(profiles["a"].toolbox.tools) == ["search", "b"]
        assert profiles["a"].profile.turns.guard
    finally:
        await profiles.close()


SEARCH = "[profiles.a.tools.search]\n"
LISTED = f"[profiles.a]\nhosts = ['x.com']\n{SEARCH}url = 'https://x.com/canary'\ndescription = 'D'\n"
NO_TOOL: list[tuple[str, list[str]]] = [
    ("[profiles.a]\ntools = { search = 'canary' }", ["2: profiles.a.tools.search: is no table"]),
    (SEARCH, ["1: profiles.a.tools.search: has neither 'python' nor 'url'"]),
    (f"{SEARCH}descripton = 'canary'", ["1: profiles.a.tools.search: has neither 'python' nor 'url'"]),
    (
        "[profiles.a.tools.'x y']\npython = 'beside_tools:search'",
        ["1: profiles.a.tools.\"x y\": is no tool's name: letters, digits, '_' and '-', at most 64"],
    ),
    (
        f"{SEARCH}timeout = -1\npython = 'canary'",
        ["2: profiles.a.tools.search.timeout: Input should be greater than 0"],
    ),
    (
        f"{SEARCH}python = 'canary'",
        ["2: profiles.a.tools.search.python: names no function; write 'module:function'"],
    ),
    (
        f"{SEARCH}python = 'no_such_module:search'",
        ["2: profiles.a.tools.search.python: there is no module 'no_such_module'"],
    ),
    (f"{SEARCH}python = 'beside_tools:canary'", ["2: profiles.a.tools.search.python: is no async function"]),
    (f"{SEARCH}python = 'beside_tools:late'", ["2: profiles.a.tools.search.python: is no async function"]),
    (
        f"{SEARCH}python = 'beside_tools:lenient'",
        ["2: profiles.a.tools.search.python: the first argument must be annotated with a pydantic model"],
    ),
    (
        f"{SEARCH}python = 'beside_tools:undescribed'",
        ["2: profiles.a.tools.search.python: needs a docstring, or a description beside it"],
    ),
    (
        f"{SEARCH}python = 'beside_tools:search'\nurl = 'canary'",
        ["3: profiles.a.tools.search.url: is no key that there is"],
    ),
    (f"{SEARCH}url = 'https://canary.example'", ["1: profiles.a.tools.search.description: is missing"]),
    (
        f"{SEARCH}url = 'https://canary.example'\ndescription = 'D'",
        ["2: profiles.a.tools.search.url: its host is not in 'hosts'"],
    ),
    (
        f"{SEARCH}url = 'canary'\ndescription = 'D'",
        ["2: profiles.a.tools.search.url: The URL must begin with https:// or http:// and a host"],
    ),
    (
        f"{LISTED}headers = {{ A = 'canary${{RELAY_NONE}}' }}",
        ["6: profiles.a.tools.search.headers: The environment variable RELAY_NONE is not set"],
    ),
    (
        f"{LISTED}headers.Host = 'canary'",
        ["6: profiles.a.tools.search.headers: 'Host' is no header that can be set"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), NO_TOOL)
def test_a_tool_that_cannot_be_had(errors: Errors, tmp_path: Path, text: str, expected: list[str]) -> None:
    """Is told at its line, before anything is connected."""
    (tmp_path / "beside_tools.py").write_text(MODULE, encoding="utf-8")
    assert errors(text) == expected


def test_servers(read: Read, told: Told) -> None:
    """By address, or as a command."""
    source = read("[a]\nurl = 'https://api.example.com/mcp'\n[b]\ncommand = 'server'\nenv = { X = '${PATH}' }")
    servers = read_servers(source, (), source.tables, HOSTS)
    assert told(source) == []
    assert servers == {
        "a": McpServerConfig(url="https://api.example.com/mcp"),
        "b": McpServerConfig(command="server", env={"X": "${PATH}"}),
    }


NO_SERVER: list[tuple[str, str]] = [
    ("a = 'canary'", "1: a: is no table"),
    ("[a]", "1: a: An MCP server has either `url` or `command`"),
    ("[a]\nurl = 'https://canary.example'", "2: a.url: its host is not in 'hosts'"),
    (
        "[a]\ncommand = 'canary'\nenv = { X = '${RELAY_NONE}' }",
        "3: a.env: The environment variable RELAY_NONE is not set",
    ),
    (
        "[a]\nurl = 'https://api.example.com'\nheaders = { X = '${RELAY_NONE}' }",
        "3: a.headers: The environment variable RELAY_NONE is not set",
    ),
]


@pytest.mark.parametrize(("text", "expected"), NO_SERVER)
def test_a_server_that_cannot_be_had(read: Read, told: Told, text: str, expected: str) -> None:
    """Is told at its line."""
    source = read(text)
    read_servers(source, (), source.tables, HOSTS)
    assert told(source) == [expected]


def test_judges(read: Read, told: Told) -> None:
    """Of each kind of text."""
    source = read("user_speech = [ { url = 'https://api.example.com/judge' } ]\ntimeout = 2")
    judges = read_judges(source, (), source.tables, HOSTS)
    assert told(source) == []
    assert judges == JudgesConfig(user_speech=(JudgeConfig(url="https://api.example.com/judge"),), timeout=2)


NO_JUDGE: list[tuple[str, list[str]]] = [
    ("user_text = 'canary'", ["1: user_text: Input should be a valid tuple"]),
    (
        "user_text = [\n{ url = 'https://canary.example' },\n{ python = 'canary' } ]",
        [
            "2: user_text[0].url: its host is not in 'hosts'",
            "3: user_text[1].python: names no function; write 'module:function'",
        ],
    ),
    (
        (
            "[[model_output]]\nurl = 'https://api.example.com'\n"
            "[[model_output]]\nurl = 'https://api.example.com'\nheaders.X = '${RELAY_NONE}'"
        ),
        ["5: model_output[1].headers: The environment variable RELAY_NONE is not set"],
    ),
    (
        "[[user_speech]]\n[[user_speech]]\nurl = 'https://api.example.com'",
        ["1: user_speech[0]: A judge has either `python` or `url`"],
    ),
]


@pytest.mark.parametrize(("text", "expected"), NO_JUDGE)
def test_a_judge_that_cannot_be_had(read: Read, told: Told, text: str, expected: list[str]) -> None:
    """Is told at its own line, wherever it stands in the list."""
    source = read(text)
    read_judges(source, (), source.tables, HOSTS)
    assert told(source) == expected
