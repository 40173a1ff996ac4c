"""The tools and judges of a profile: read, and tried as far as that goes without a connection.

What a toolbox would stumble over when it opens is thereby told at its line. Python modules are imported for that,
once in a process: a changed one is taken up at the next start, and not by a reload.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.effects import HttpToolConfig, JudgeConfig, JudgesConfig, McpServerConfig, PythonToolConfig
from app.effects.addressing import UrlTemplate, read_url
from app.effects.environment import headers_from, with_environment
from app.effects.hosts import Hosts
from app.effects.judges import PythonJudge
from app.effects.python_tools import PythonTool
from app.effects.toolbox import NAME
from app.policy.judging import KINDS
from app.profiles.lines import Path
from app.profiles.source import Source
from app.profiles.validation import is_table, validated, without

__all__ = ["read_judges", "read_servers", "read_tools"]

ToolConfigs = dict[str, PythonToolConfig | HttpToolConfig]
Tables = Mapping[str, Any]


def read_tools(source: Source, path: Path, given: Tables, hosts: Hosts) -> ToolConfigs:
    """Return the tools that can be had."""
    tools: ToolConfigs = {}
    for name, at, table in _tables(source, path, given):
        if not NAME.fullmatch(name):
            source.complain(at, "is no tool's name: letters, digits, '_' and '-', at most 64")
        config = _tool(source, at, table, hosts)
        if config is not None:
            tools[name] = config
    return tools


def read_servers(source: Source, path: Path, given: Tables, hosts: Hosts) -> dict[str, McpServerConfig]:
    """Return the MCP servers that may be connected to."""
    servers: dict[str, McpServerConfig] = {}
    for name, at, table in _tables(source, path, given):
        config = validated(source, at, McpServerConfig, table)
        if config is not None:
            servers[name] = config
            _check_host(source, at, config.url, hosts)
            _try(source, (*at, "headers"), config.headers, lambda headers: headers_from(headers, os.environ))
            _try(source, (*at, "env"), config.env, lambda env: with_environment(env, os.environ))
    return servers


def read_judges(source: Source, path: Path, given: Tables, hosts: Hosts) -> JudgesConfig | None:
    """Return the judges, if they can be had."""
    judges = validated(source, path, JudgesConfig, given)
    for kind in KINDS if judges else ():
        for place, judge in enumerate(judges.of(kind) if judges else ()):
            _check_judge(source, (*path, kind, place), judge, hosts)
    return judges


def _tables(source: Source, path: Path, given: Tables) -> Iterator[tuple[str, Path, Tables]]:
    for name, table in given.items():
        if is_table(source, (*path, name), table):
            yield name, (*path, name), table


def _tool(source: Source, path: Path, table: Tables, hosts: Hosts) -> PythonToolConfig | HttpToolConfig | None:
    if "python" in table:
        config = validated(source, path, PythonToolConfig, table)
        if config is not None:
            _try(source, (*path, "python"), config.python, lambda _: PythonTool(str(path[-1]), config))
        return config
    if "url" not in table:
        source.complain(path, "has neither 'python' nor 'url'")
        return None
    asking = validated(source, path, HttpToolConfig, table)
    if asking is not None:
        _check_host(source, path, UrlTemplate.of(asking.url).base, hosts)
        _try(source, (*path, "headers"), asking.headers, lambda headers: headers_from(headers, os.environ))
    return asking


def _check_judge(source: Source, path: Path, judge: JudgeConfig, hosts: Hosts) -> None:
    if judge.python is not None:
        _try(source, (*path, "python"), judge.python, PythonJudge)
    _check_host(source, path, judge.url, hosts)
    _try(source, (*path, "headers"), judge.headers, lambda headers: headers_from(headers, os.environ))


def _check_host(source: Source, path: Path, url: str | None, hosts: Hosts) -> None:
    if url is None:
        return
    try:
        hosts.check(read_url(url))
    except ValueError:  # whose words name the host
        source.complain((*path, "url"), "its host is not in 'hosts'")


def _try(source: Source, path: Path, value: Any, attempt: Callable[[Any], object]) -> None:
    try:
        attempt(value)
    except ValueError as error:
        source.complain(path, without(value, str(error)))
