"""Reads the profiles file, and makes of each of its tables a profile that can be put in force.

Without a file there are the two built-in profiles, and `open` is the default. With one there are those that it
names and no others, so that nobody leaves `open` open by accident. All that is wrong is told at once.
"""

import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from app.effects import Toolbox
from app.effects.hosts import Hosts
from app.policy import Profile
from app.policy.gate import GateRules
from app.policy.limits import LimitRules
from app.policy.session_fields import ItemRules, ResponseRules, SessionRules
from app.policy.tools import ToolRules
from app.policy.turns import TurnRules
from app.profiles.bases import BASES, LOCKED, OPEN
from app.profiles.beside import with_prompts
from app.profiles.head import Head
from app.profiles.lines import Lines, Path
from app.profiles.loaded import Loaded, LoadedProfile
from app.profiles.sections import SECTIONS, Sections
from app.profiles.source import Source
from app.profiles.validation import is_table, known_keys, validated
from app.profiles.webrtc import check_webrtc

__all__ = ["ANYTHING", "Known", "load"]

NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""A profile's name stands in URLs, and in lists with commas."""


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a profile may refer to; None where anything goes."""

    targets: Collection[str] | None = None
    keys: Collection[str] | None = None


ANYTHING = Known()


def load(file: FilePath | None, known: Known = ANYTHING) -> Loaded:
    """Return the profiles of a file, or the built-in ones. Raises `ProfilesError`.

    The file's directory becomes the last one that Python looks for modules in, so that tools can stand beside it.
    """
    if file is None:
        source = Source(
            FilePath("built-in"), {"default": OPEN, "profiles": {name: {} for name in BASES}}, Lines("")
        )
    else:
        source = Source.read(file)
        _importable(str(file.parent.resolve()))
    tables = _profile_tables(source)
    profiles = {name: _profile(source, name, table, known) for name, table in tables.items()}
    default = _default(source, tables)
    source.check()
    return Loaded({name: each for name, each in profiles.items() if each is not None}, default)


def _importable(folder: str) -> None:
    """Let modules be found there; behind all others, so that none of those is replaced."""
    if folder not in sys.path:
        sys.path.append(folder)


def _profile_tables(source: Source) -> dict[str, Mapping[str, Any]]:
    given = known_keys(source, (), source.tables, ("default", "profiles")).get("profiles", {})
    if not given:
        source.complain((), "has no profile; begin one with [profiles.<name>]")
    if not is_table(source, ("profiles",), given):
        return {}
    return {name: table for name, table in given.items() if is_table(source, ("profiles", name), table)}


def _default(source: Source, tables: Mapping[str, Any]) -> str:
    default = source.tables.get("default", next(iter(tables), ""))
    if tables and (not isinstance(default, str) or default not in tables):
        source.complain(("default",), f"is none of the profiles: {', '.join(tables)}")
    return str(default)


def _profile(source: Source, name: str, table: Mapping[str, Any], known: Known) -> LoadedProfile | None:
    path: Path = ("profiles", name)
    if not NAME.fullmatch(name):
        source.complain(path, "is no profile's name: letters, digits, '_', '-' and '.', at most 64")
    table = known_keys(source, path, table, (*Head.model_fields, *SECTIONS))
    head = validated(source, path, Head, {key: value for key, value in table.items() if key not in SECTIONS})
    head = head or Head()
    _check_references(source, path, head, known)
    sections = Sections(
        source,
        path,
        {key: value for key, value in table.items() if key in SECTIONS},
        head.base or (OPEN if name == OPEN else LOCKED),
        Hosts(head.hosts),
    )
    return _built(name, head, sections)


def _check_references(source: Source, path: Path, head: Head, known: Known) -> None:
    if known.targets is not None and head.target not in {None, *known.targets}:
        source.complain((*path, "target"), f"is none of the targets: {', '.join(known.targets)}")
    names = None if known.keys is None else {name.lower() for name in known.keys}
    for place, key in enumerate(head.keys or ()):
        if names is not None and key not in names:
            source.complain((*path, "keys", place), "is no key's name: there is no RELAY_AUTH__KEYS__… of it")


def _check_tool_choice(sections: Sections, session: SessionRules, tools: Collection[str]) -> None:
    """Complain of a choice that the service would refuse at each dial: of a tool that there is not."""
    choice, listed = session.tool_choice.servers, session.tools.servers
    offered = {tool.get("name") for tool in (listed if isinstance(listed, list) else ())} | set(tools)
    named = choice.get("name") if isinstance(choice, dict) and choice.get("type") == "function" else None
    if (choice == "required" and not offered) or (named is not None and named not in offered):
        sections.source.complain((*sections.path, "session", "tool_choice"), "chooses a tool that there is not")


def _built(name: str, head: Head, sections: Sections) -> LoadedProfile | None:
    sections.check_tables()
    prompts = with_prompts(sections.source, (*sections.path, "session"), sections.given("session"))
    session = sections.rules("session", SessionRules, prompts)
    response = sections.rules("response", ResponseRules)
    items = sections.rules("items", ItemRules)
    gate = sections.rules("gate", GateRules)
    limits = sections.rules("limits", LimitRules)
    turns = sections.rules("turns", TurnRules, sections.turns())
    calls = sections.rules("tool_calls", ToolRules)
    tools, servers, guarding = sections.tools(), sections.servers(), sections.guarding()
    if not (session and response and items and gate and limits and turns and calls):
        return None
    if not servers:  # whose tools are known only when they are asked
        _check_tool_choice(sections, session, tools)
    profile = Profile(
        name=name,
        session=session,
        response=response,
        items=items,
        gate=gate,
        limits=limits,
        turns=turns,
        tools=calls,
        guardrails=guarding.rules,
        webrtc=head.webrtc,
        recorded=guarding.recorded,
    )
    check_webrtc(sections.source, sections.path, profile, tools=bool(tools or servers), unenforced=head.unenforced)
    toolbox = Toolbox(tools, servers, guarding.judges, head.hosts)
    return LoadedProfile(profile, toolbox, head.access, head.target, sections.source.place(sections.path))
