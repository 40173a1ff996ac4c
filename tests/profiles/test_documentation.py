"""Tests of docs/profiles.md: its examples can be loaded, and it names every key."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from app.effects import HttpToolConfig, JudgeConfig, JudgesConfig, McpServerConfig, PythonToolConfig
from app.policy.gate import GateRules
from app.policy.guardrails import GuardrailRules
from app.policy.limits import LimitRules
from app.policy.session_fields import FieldRule, ItemRules, ResponseRules, SessionRules
from app.policy.tools import ToolRules
from app.policy.turns import TurnRules
from app.profiles.beside import FILE_KEYS
from app.profiles.head import Head
from app.profiles.loading import load
from app.profiles.sections import SECTIONS

Write = Callable[[str], Path]

PAGE = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = [text for kind, text in BLOCKS if kind == "toml"]


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_can_be_loaded(write: Write, tmp_path: Path, text: str) -> None:
    """With the module that stands beside it."""
    (module,) = (text for kind, text in BLOCKS if kind == "python")
    (tmp_path / "beside_search.py").write_text(module, encoding="utf-8")
    assert load(write(text.replace('"search:search"', '"beside_search:search"'))).profiles


def test_there_are_examples() -> None:
    """Of the file, tools, guardrails, WebRTC, and some more."""
    assert len(EXAMPLES) == 5


def keys() -> Iterator[str]:
    """Yield every key that a file can have."""
    models: list[type[BaseModel]] = [
        Head,
        SessionRules,
        FieldRule,
        ResponseRules,
        ItemRules,
        GateRules,
        LimitRules,
        TurnRules,
        ToolRules,
        GuardrailRules,
        JudgesConfig,
        JudgeConfig,
        PythonToolConfig,
        HttpToolConfig,
        McpServerConfig,
    ]
    for model in models:
        yield from (name for name, field in model.model_fields.items() if field.exclude is None)
    yield from (*SECTIONS, *FILE_KEYS, "default", "replacement_audio")


@pytest.mark.parametrize("key", sorted(set(keys())))
def test_every_key_is_named(key: str) -> None:
    """As code, in the text or in an example."""
    assert re.search(rf"`[^`\n]*\b{key}\b[^`\n]*`", PAGE) or any(
        re.search(rf"\b{key}\b", text) for text in EXAMPLES
    )
