"""Tests of app.profiles.loading: what a file comes to, and what is told of one that cannot be."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.policy.gate import GateRules
from app.policy.limits import LimitRules
from app.policy.session_fields import FieldRule, ItemRules, ResponseRules, SessionRules
from app.policy.tools import ToolRules
from app.policy.turns import TurnRules
from app.profiles.access import Access
from app.profiles.loading import Known, load

Write = Callable[[str], Path]
Errors = Callable[..., list[str]]


def test_without_a_file() -> None:
    """There are the two built-in profiles, for everybody, and `open` is the default."""
    loaded = load(None)
    assert (list(loaded.profiles), loaded.default) == (["open", "locked"], "open")
    assert loaded.accesses == {"open": Access(), "locked": Access()}
    assert [each.target for each in loaded.profiles.values()] == [None, None]


def test_the_profile_open() -> None:
    """The client configures its session."""
    profile = load(None).profiles["open"].profile
    assert profile.name == "open"
    assert profile.session.all_free
    assert profile.response.all_free
    assert profile.items.none
    assert (profile.gate, profile.limits) == (GateRules(), LimitRules.open())
    assert (profile.turns, profile.tools) == (TurnRules(guard=False), ToolRules())
    assert (profile.guardrails, profile.recorded) == (None, None)


def test_the_profile_locked() -> None:
    """The client talks and writes."""
    profile = load(None).profiles["locked"].profile
    assert profile.name == "locked"
    assert (profile.session, profile.response) == (SessionRules.locked(), ResponseRules.locked())
    assert (profile.items, profile.limits) == (ItemRules.locked(), LimitRules.locked())
    assert profile.gate.client is not None
    assert "conversation.item.delete" not in profile.gate.client
    assert (profile.turns.guard, profile.tools) == (True, ToolRules())
    assert (profile.guardrails, profile.recorded) == (None, None)


BASES: list[tuple[str, str, bool]] = [
    ("[profiles.a]", "a", False),
    ("[profiles.a]\nbase = 'locked'", "a", False),
    ("[profiles.a]\nbase = 'open'", "a", True),
    ("[profiles.open]", "open", True),
    ("[profiles.open]\nbase = 'locked'", "open", False),
    ("[profiles.locked]", "locked", False),
    ("[profiles.locked]\nbase = 'open'", "locked", True),
]


@pytest.mark.parametrize(("text", "name", "is_open"), BASES)
def test_what_a_profile_builds_on(
    write: Write,
    text: str,
    name: str,
    is_open: bool,  # noqa: FBT001 - a table's column
) -> None:
    """`locked`, if it says nothing else and is not `open` by its name. The file's profiles are all there are."""
    loaded = load(write(text))
    assert (list(loaded.profiles), loaded.default) == ([name], name)
    assert loaded.profiles[name].profile.session.all_free is is_open


@pytest.mark.parametrize(
    ("head", "default"), [("", "b"), ("default = 'a'", "a"), ("default = 'c'", "c"), ("default = 'b'", "b")]
)
def test_which_one_is_the_default(write: Write, head: str, default: str) -> None:
    """The one that the file names, or its first."""
    loaded = load(write(f"{head}\n[profiles.b.session]\n[profiles.a]\n[profiles.b]\n[profiles.c]"))
    assert (loaded.default, list(loaded.profiles)) == (default, ["b", "a", "c"])


WHOLE = """
default = "assistant"

[profiles.assistant]
base = "open"
names = ["assistant", "gpt-realtime"]
target = "azure"
keys = ["Alice"]
roles = ["Relay.Talk"]
hosts = ["api.example.com"]

[profiles.assistant.session]
instructions = { fixed_file = "prompt.md" }
voice = { fixed = "marin" }
max_output_tokens = { within = { minimum = 1, maximum = 1024 }, default = 512 }

[profiles.assistant.response]
input = "server"

[profiles.assistant.items]
roles = ["user"]

[profiles.assistant.gate]
client = ["session.update"]
refused = "drop"

[profiles.assistant.limits]
responses = 3

[profiles.assistant.turns]
max_waiting = 2

[profiles.assistant.tools.search]
url = "https://api.example.com/search"
description = "Search."

[profiles.assistant.tool_calls]
max_rounds = 2
"""


def test_a_whole_profile(write: Write, tmp_path: Path) -> None:
    """Each section over what the base has, key by key; a rule is replaced whole."""
    (tmp_path / "prompt.md").write_text("Be kind.", encoding="utf-8")
    loaded = load(write(WHOLE), Known(targets=["azure"], keys=["ALICE", "bob"])).profiles["assistant"]
    profile = loaded.profile
    assert (loaded.name, loaded.target) == ("assistant", "azure")
    assert loaded.access == Access(("assistant", "gpt-realtime"), ("alice",), ("Relay.Talk",))
    rule = profile.session.instructions
    assert (rule.mode, rule.fixed, rule.hidden) == ("fixed", "Be kind.", True)
    assert (profile.session.voice.fixed, profile.session.max_output_tokens.opening) == ("marin", 512)
    assert profile.session.speed == FieldRule.model_validate("free")
    assert profile.response == ResponseRules(input="server", conversation="free")
    assert profile.items == ItemRules(roles=("user",), types=None, content=None)
    assert profile.gate == GateRules(client=("session.update",), refused="drop")
    assert (profile.limits.responses, profile.limits.events_per_second) == (3, None)
    assert profile.turns == TurnRules(guard=True, max_waiting=2)
    assert profile.tools == ToolRules(max_rounds=2)


INVALID: list[tuple[str, list[str]]] = [
    (
        "[profiles.a.session]\ntool_choice = { fixed = 'required' }",
        ["2: profiles.a.session.tool_choice: chooses a tool that there is not"],
    ),
    (
        "[profiles.a.session]\ntool_choice = { fixed = { type = 'function', name = 'b' } }",
        ["2: profiles.a.session.tool_choice: chooses a tool that there is not"],
    ),
    ("", ["1: has no profile; begin one with [profiles.<name>]"]),
    ("\n[profiles]", ["1: has no profile; begin one with [profiles.<name>]"]),
    ("profiles = 'canary'", ["1: profiles: is no table"]),
    ("[profiles]\na = 'canary'", ["2: profiles.a: is no table"]),
    ("[[profiles.a]]", ["1: profiles.a: is no table"]),
    ("[profiles.a]\n[profile.b]", ["2: profile: is no key that there is; did you mean profiles?"]),
    ("default = 'canary'\n[profiles.a]\n[profiles.b]", ["1: default: is none of the profiles: a, b"]),
    ("default = ['a']\n[profiles.a]", ["1: default: is none of the profiles: a"]),
    (
        "[profiles.'a,b']",
        ["1: profiles.\"a,b\": is no profile's name: letters, digits, '_', '-' and '.', at most 64"],
    ),
    ("[profiles.a]\nbase = 'canary'", ["2: profiles.a.base: Input should be 'open' or 'locked'"]),
    (
        "[profiles.a]\nhosts = ['x.com', 'canary/1']",
        ["2: profiles.a.hosts[1]: is no host; write 'host' or 'host:port'"],
    ),
    (
        "[profiles.a]\nkeys = ['alice', 'canary']",
        ["2: profiles.a.keys[1]: is no key's name: there is no RELAY_AUTH__KEYS__… of it"],
    ),
    ("[profiles.a]\ntarget = 'canary'", ["2: profiles.a.target: is none of the targets: azure, openai"]),
    ("[profiles.a]\nsesion = {}", ["2: profiles.a.sesion: is no key that there is; did you mean session?"]),
    (
        "[profiles.a]\nsession = 'canary'\ngate = 1",
        ["2: profiles.a.session: is no table", "3: profiles.a.gate: is no table"],
    ),
    (
        "[profiles.a.session]\nvoices = 'canary'",
        ["2: profiles.a.session.voices: is no key that there is; did you mean voice?"],
    ),
    (
        "[profiles.a.response]\ninput = 'canary'",
        ["2: profiles.a.response.input: Input should be 'free' or 'server'"],
    ),
    (
        "[profiles.a.gate]\nclient = [\n'session.update',\n'canary.update']",
        ["4: profiles.a.gate.client[1]: there is no event '…' in the GA protocol"],
    ),
    ("[profiles.a.limits]\nresponses = -1", ["2: profiles.a.limits.responses: Input should be greater than 0"]),
    (
        "[profiles.a.items]\nroles = ['canary']",
        ["2: profiles.a.items.roles[0]: Input should be 'user', 'assistant' or 'system'"],
    ),
    (
        "[profiles.a.turns]\nguard = 'canary'",
        ["2: profiles.a.turns.guard: Input should be a valid boolean, unable to interpret input"],
    ),
    (
        "[profiles.a.tool_calls]\nmax_round = 1",
        ["2: profiles.a.tool_calls.max_round: is no key that there is; did you mean max_rounds?"],
    ),
    (
        "[profiles.a.session]\ninstructions = { fixed_file = 'canary.md' }",
        [
            (
                "2: profiles.a.session.instructions.fixed_file: is a file that cannot be read:"
                " No such file or directory"
            )
        ],
    ),
]


@pytest.mark.parametrize(("text", "told"), INVALID)
def test_a_file_that_does_not_fit(errors: Errors, text: str, told: list[str]) -> None:
    """Is told what is wrong, and where."""
    assert errors(text, Known(targets=["azure", "openai"], keys=["alice"])) == told


def test_all_errors_at_once(errors: Errors) -> None:
    """Of all profiles, in the order of the lines."""
    text = (
        "default = 'c'\n[profiles.a]\nbase = 'canary'\n[profiles.a.session]\nspeed = { fixed = 'canary' }\n"
        "voice = 'canary'\n[profiles.b]\nkey = ['alice']"
    )
    assert errors(text) == [
        "1: default: is none of the profiles: a, b",
        "3: profiles.a.base: Input should be 'open' or 'locked'",
        "5: profiles.a.session.speed: the value must be a number",
        (
            "6: profiles.a.session.voice: a rule is \"free\", \"server\", or a table with 'fixed', 'default' or"
            " 'within'"
        ),
        "8: profiles.b.key: is no key that there is; did you mean keys?",
    ]


def test_modules_beside_the_file_can_be_imported(write: Write, tmp_path: Path) -> None:
    """Behind all others; however often it is loaded, its directory is named once."""
    file = write("[profiles.a]")
    before = list(sys.path)
    load(file)
    load(file)
    assert sys.path == [*before, str(tmp_path.resolve())]
