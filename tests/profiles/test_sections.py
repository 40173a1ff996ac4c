"""Tests of app.profiles.sections: guardrails, and what tools and guardrails demand of turns."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.policy.guardrails import GuardrailRules
from app.policy.turns import TurnRules
from app.profiles.loading import load

Write = Callable[[str], Path]
Errors = Callable[..., list[str]]

HEAD = "[profiles.a]\nbase = 'open'\nhosts = ['j.example']\n"
JUDGE = "[ { url = 'https://j.example' } ]"
GUARDED = f"{HEAD}[profiles.a.guardrails]\nuser_text = {JUDGE}\n"
TOOL = f"{HEAD}[profiles.a.tools.x]\nurl = 'https://j.example'\ndescription = 'D'\n"
SERVER = f"{HEAD}[profiles.a.mcp.x]\nurl = 'https://j.example'\n"


def test_guardrails(write: Write, tmp_path: Path) -> None:
    """What is judged follows from the judges; what is said instead may be recorded."""
    (tmp_path / "sorry.pcm").write_bytes(bytes(48))
    text = (
        f"{HEAD}[profiles.a.guardrails]\nuser_speech = {JUDGE}\nmodel_output = {JUDGE}\nuser_text = []\n"
        "timeout = 2\nhold_output = true\njudge_timeout = 4\nreplacement = 'No.'\n"
        "replacement_audio = 'sorry.pcm'\n"
    )
    profile = load(write(text)).profiles["a"].profile
    assert profile.guardrails == GuardrailRules(
        user_speech=True, model_output=True, hold_output=True, judge_timeout=4, replacement="No."
    )
    assert profile.recorded == bytes(48)


INVALID: list[tuple[str, list[str]]] = [
    (
        f"{HEAD}[profiles.a.guardrails]",
        ["4: profiles.a.guardrails: has no judge: give one to user_speech, user_text, model_output"],
    ),
    (f"{HEAD}guardrails = 'canary'", ["4: profiles.a.guardrails: is no table"]),
    (
        f"{HEAD}[profiles.a.guardrails]\nuser_text = []\nhold_output = true",
        ["4: profiles.a.guardrails: has no judge: give one to user_speech, user_text, model_output"],
    ),
    (
        f"{GUARDED}hold_output = true",
        ["6: profiles.a.guardrails.hold_output: holds what nobody judges: give model_output a judge"],
    ),
    (
        f"{GUARDED}timeout = 11",
        ["6: profiles.a.guardrails.timeout: is longer than judge_timeout: whoever is late blocks"],
    ),
    (
        f"{GUARDED}judge_timeout = 1",
        ["4: profiles.a.guardrails.timeout: is longer than judge_timeout: whoever is late blocks"],
    ),
    (
        f"{GUARDED}replacment = 'canary'",
        ["6: profiles.a.guardrails.replacment: is no key that there is; did you mean replacement?"],
    ),
    (
        f"{GUARDED}replacement = ''\ntimeout = 'canary'",
        [
            "6: profiles.a.guardrails.replacement: String should have at least 1 character",
            "7: profiles.a.guardrails.timeout: Input should be a valid number, unable to parse string as a number",
        ],
    ),
    (
        f"{GUARDED}replacement_audio = 'canary.pcm'",
        ["6: profiles.a.guardrails.replacement_audio: is a file that cannot be read: No such file or directory"],
    ),
    (f"{GUARDED}user_speech = true", ["6: profiles.a.guardrails.user_speech: Input should be a valid tuple"]),
]


@pytest.mark.parametrize(("text", "expected"), INVALID)
def test_guardrails_that_are_none(errors: Errors, text: str, expected: list[str]) -> None:
    """What would look like one and guard nothing is wrong."""
    assert errors(text) == expected


TURNS: list[tuple[str, bool]] = [
    (HEAD, False),
    (f"{HEAD}[profiles.a.turns]\nmax_waiting = 3", False),
    (f"{HEAD}[profiles.a.turns]\nguard = true", True),
    ("[profiles.a]", True),
    ("[profiles.a.turns]\nguard = false", False),
    (f"{HEAD}[profiles.a.tools]", False),
    (TOOL, True),
    (SERVER, True),
    (GUARDED, True),
    (f"{GUARDED}[profiles.a.turns]\nmax_waiting = 3", True),
]


@pytest.mark.parametrize(("text", "guard"), TURNS)
def test_who_takes_turns(write: Write, text: str, guard: bool) -> None:  # noqa: FBT001 - a table's column
    """Whoever is locked, or has tools or guardrails, unless the file says otherwise."""
    turns = load(write(text)).profiles["a"].profile.turns
    assert turns == TurnRules(guard=guard, max_waiting=turns.max_waiting)


UNGUARDED: list[tuple[str, str]] = [
    (TOOL, "8: profiles.a.turns.guard: cannot be off with tools"),
    (SERVER, "7: profiles.a.turns.guard: cannot be off with mcp"),
    (GUARDED, "7: profiles.a.turns.guard: cannot be off with guardrails"),
    (f"{GUARDED}{TOOL.removeprefix(HEAD)}", "10: profiles.a.turns.guard: cannot be off with tools and guardrails"),
]


@pytest.mark.parametrize(("text", "expected"), UNGUARDED)
def test_what_needs_turns(errors: Errors, text: str, expected: str) -> None:
    """Tools and guardrails cannot do without."""
    assert errors(f"{text}[profiles.a.turns]\nguard = false") == [expected]
