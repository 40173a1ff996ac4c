"""The sections of one profile's table, each made into its rules over what the base has.

A section is named as its key in the file; what is wrong with one keeps no other from being read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from app.effects import HttpToolConfig, JudgesConfig, McpServerConfig, PythonToolConfig
from app.effects.hosts import Hosts
from app.policy.guardrails import GuardrailRules
from app.policy.judging import KINDS
from app.profiles.bases import merged
from app.profiles.beside import read_audio
from app.profiles.head import BaseName
from app.profiles.lines import Path
from app.profiles.source import Source
from app.profiles.toolset import read_judges, read_servers, read_tools
from app.profiles.validation import is_table, known_keys, validated

__all__ = ["SECTIONS", "Guarding", "Sections"]

M = TypeVar("M", bound=BaseModel)

SECTIONS = (
    "session",
    "response",
    "items",
    "gate",
    "limits",
    "turns",
    "tools",
    "mcp",
    "tool_calls",
    "guardrails",
)

RECORDED = "replacement_audio"


@dataclass(frozen=True, slots=True)
class Guarding:
    """What `guardrails` came to: who judges, by which rules, and the recording of what is said instead."""

    judges: JudgesConfig | None = None
    rules: GuardrailRules | None = None
    recorded: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Sections:
    """The table of one profile, at `path`."""

    source: Source
    path: Path
    table: Mapping[str, Any]
    base: BaseName
    hosts: Hosts

    def rules(self, section: str, model: type[M], given: Mapping[str, Any] | None = None) -> M | None:
        """Return the rules of a section; `given` in place of what stands there. None where they do not fit."""
        table = self.given(section) if given is None else given
        return validated(self.source, (*self.path, section), model, merged(self.base, section, table))

    def given(self, section: str) -> Mapping[str, Any]:
        """Return a section's table as it stands; an empty one where there is none."""
        table = self.table.get(section, {})
        return table if isinstance(table, Mapping) else {}

    def check_tables(self) -> None:
        """Complain of sections that are no tables."""
        for section in self.table:
            is_table(self.source, (*self.path, section), self.table[section])

    def tools(self) -> dict[str, PythonToolConfig | HttpToolConfig]:
        """Return the tools that can be had."""
        return read_tools(self.source, (*self.path, "tools"), self.given("tools"), self.hosts)

    def servers(self) -> dict[str, McpServerConfig]:
        """Return the MCP servers that may be connected to."""
        return read_servers(self.source, (*self.path, "mcp"), self.given("mcp"), self.hosts)

    def turns(self) -> Mapping[str, Any]:
        """Return the table of `turns`, with the guard on where others need it."""
        given = self.given("turns")
        needed = [section for section in ("tools", "mcp", "guardrails") if self.given(section)]
        if needed and given.get("guard") is False:
            self.source.complain((*self.path, "turns", "guard"), f"cannot be off with {' and '.join(needed)}")
        return {"guard": True, **given} if needed else given

    def guarding(self) -> Guarding:
        """Return the guardrails; nothing of them where there are none, or they do not fit."""
        path, table = (*self.path, "guardrails"), self.table.get("guardrails")
        if not isinstance(table, Mapping):
            return Guarding()
        known = {*GuardrailRules.model_fields, *JudgesConfig.model_fields, RECORDED}
        given = known_keys(self.source, path, table, known)
        judges = read_judges(self.source, path, _part(given, JudgesConfig), self.hosts)
        judged: dict[str, Any] = {kind: bool(given.get(kind)) for kind in KINDS}
        rules = validated(self.source, path, GuardrailRules, {**_part(given, GuardrailRules), **judged})
        if judges is not None and rules is not None:
            self._check_guarding(path, judges, rules)
        return Guarding(judges, rules, self._recorded(path, given))

    def _recorded(self, path: Path, given: Mapping[str, Any]) -> bytes | None:
        return read_audio(self.source, (*path, RECORDED), given[RECORDED]) if RECORDED in given else None

    def _check_guarding(self, path: Path, judges: JudgesConfig, rules: GuardrailRules) -> None:
        """Complain of what would look like a guardrail and be none."""
        if not any(judges.of(kind) for kind in KINDS):
            self.source.complain(path, f"has no judge: give one to {', '.join(KINDS)}")
        elif rules.hold_output and not rules.model_output:
            self.source.complain((*path, "hold_output"), "holds what nobody judges: give model_output a judge")
        if judges.timeout > rules.judge_timeout:
            self.source.complain((*path, "timeout"), "is longer than judge_timeout: whoever is late blocks")


def _part(given: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key in model.model_fields}
