"""Tests of app.policy.session_fields.narrowing: what of a session that a client asks for goes to the upstream."""

from typing import Any

import pytest

from app.policy.session_fields.fields import OMIT
from app.policy.session_fields.narrowing import Narrowing
from app.policy.session_fields.own_values import OwnValues
from app.policy.session_fields.screening import Screening
from app.policy.session_fields.session_rules import SessionRules
from app.policy.session_fields.tool_lists import ToolLists

Object = dict[str, Any]

LOOKUP = {"type": "function", "name": "lookup"}
MINE = {"type": "function", "name": "mine"}
DETECTION = {"type": "semantic_vad"}


def narrowing(
    *,
    base: str = "locked",
    server: tuple[Object, ...] = (),
    screened: bool = False,
    preview: bool = False,
    transcription: bool = False,
    own: OwnValues | None = None,
    **rules: Any,
) -> Narrowing:
    """Return one for rules over a base."""
    made = SessionRules.model_validate({**dict(getattr(SessionRules, base)()), **rules})
    listed = made.tools.servers
    lists = ToolLists(server, () if listed is OMIT else listed, foreign=made.other == "free")
    screening = Screening(responds=not transcription) if screened else None
    own = own or OwnValues()
    return Narrowing(made, lists, own, screening, temperature=preview, transcription=transcription)


FULL: Object = {
    "type": "realtime",
    "model": "gpt",
    "instructions": "a",
    "tools": [MINE],
    "tool_choice": "none",
    "max_output_tokens": 7,
    "audio": {"input": {"turn_detection": None}, "output": {"voice": "sage", "speed": 1.1}},
    "prompt": None,
    "no_such": 1,
}


def test_a_locked_session_is_left_its_type() -> None:
    """And the model, which is another filter's."""
    assert narrowing().update(FULL) == {"type": "realtime", "model": "gpt"}
    assert narrowing().update({"type": ["realtime"], "model": {}}) == {}


def test_an_open_one_is_left_as_it_is() -> None:
    """With keys that nobody knows."""
    assert narrowing(base="open").update(FULL) == FULL


def test_what_is_fixed_is_told_with_every_update() -> None:
    """All of it, whole, and whatever the client said in its place."""
    rules: Any = {
        "instructions": {"fixed": "b"},
        "turn_detection": {"fixed": DETECTION},
        "prompt": {"fixed": "off"},
    }
    fixed = {"instructions": "b", "audio": {"input": {"turn_detection": DETECTION}}, "prompt": None}
    for session in ({"type": "realtime"}, {**FULL, "audio": 5}, FULL):
        asked = {key: value for key, value in session.items() if key in ("type", "model")}
        assert narrowing(**rules).update(session) == {**asked, **fixed}


def test_each_field_goes_by_its_rule() -> None:
    """Within, default, free and server side by side."""
    rules: Any = {
        "voice": {"within": ["alloy", "sage"]},
        "speed": {"within": {"maximum": 1.0}, "default": 1.0},
        "instructions": {"default": "b"},
        "turn_detection": "free",
    }
    assert narrowing(**rules).update(FULL) == {
        "type": "realtime",
        "model": "gpt",
        "instructions": "a",
        "audio": {"input": {"turn_detection": None}, "output": {"voice": "sage", "speed": 1.0}},
    }


STRANGE: list[tuple[Object, Object]] = [
    ({"voice": "a", "modalities": ["text"], "no_such": 1}, {"no_such": 1}),
    (
        {"audio": {"voice": "a", "output": {"voice": "b", "gain": 1}}},
        {"audio": {"voice": "a", "output": {"gain": 1}}},
    ),
    ({"audio": [{"output": {"voice": "a"}}]}, {}),
    ({"audio": {"output": "a"}}, {}),
    ({"session": {"audio": {"output": {"voice": "a"}}}}, {"session": {"audio": {"output": {"voice": "a"}}}}),
]


@pytest.mark.parametrize(("session", "left"), STRANGE)
def test_where_everything_else_is_free_a_ruled_field_has_no_other_name(session: Object, left: Object) -> None:
    """Not preview's, and not in a shape that cannot be read."""
    free = narrowing(base="open", voice="server", output_modalities="server")
    assert free.update(session) == left
    assert narrowing().update(session) == {}


def test_previews_name_is_as_free_as_the_field() -> None:
    """Between two sides that speak preview a key may stand as it came."""
    assert narrowing(base="open", speed="server").update({"voice": "a", "speed": 1}) == {"voice": "a"}


TOOLS: list[tuple[Any, Object, Object]] = [
    # the rule, what an update names, and what goes to the upstream
    ("server", {}, {"tools": [LOOKUP]}),
    ("server", {"tools": [MINE]}, {"tools": [LOOKUP]}),
    ({"fixed": [MINE]}, {"tools": []}, {"tools": [LOOKUP, MINE]}),
    ("free", {}, {}),
    ("free", {"tools": [MINE, {**MINE, "name": "lookup"}]}, {"tools": [LOOKUP, MINE]}),
    ("free", {"tools": []}, {"tools": [LOOKUP]}),
    ("free", {"tools": None}, {}),
    ({"default": [MINE]}, {"tools": []}, {"tools": [LOOKUP]}),
    ({"within": [[], [MINE]]}, {"tools": [MINE]}, {"tools": [LOOKUP, MINE]}),
    ({"within": [[], [MINE]]}, {"tools": [LOOKUP]}, {}),
]


@pytest.mark.parametrize(("rule", "asked", "expected"), TOOLS)
def test_the_servers_tools_are_in_every_list(rule: Any, asked: Object, expected: Object) -> None:
    """Before the client's, where it may have any."""
    assert narrowing(tools=rule, server=(LOOKUP,)).update(asked) == expected


def test_a_tool_of_the_servers_cannot_be_called_for() -> None:
    """The client's own can, from the update that offers it."""
    free = narrowing(tools="free", tool_choice="free", server=(LOOKUP,))
    assert free.update({"tool_choice": LOOKUP}) == {}
    assert free.update({"tool_choice": MINE}) == {}
    assert free.update({"tools": [MINE], "tool_choice": MINE}) == {"tools": [LOOKUP, MINE], "tool_choice": MINE}


BEGINNINGS: list[tuple[Object, Object, Object | None]] = [
    # the rules, what a ticket asked for, and what is put in force
    ({}, {}, None),
    ({}, FULL, None),
    ({"base": "open"}, {}, None),
    ({"base": "open"}, FULL, {key: value for key, value in FULL.items() if key != "model"}),
    ({"voice": {"fixed": "sage"}}, {}, {"audio": {"output": {"voice": "sage"}}}),
    ({"voice": {"default": "sage"}}, {}, {"audio": {"output": {"voice": "sage"}}}),
    ({"voice": {"within": ["sage"]}}, {}, {"audio": {"output": {"voice": "sage"}}}),
    ({"voice": {"within": ["sage", "ash"], "default": "ash"}}, {}, {"audio": {"output": {"voice": "ash"}}}),
    ({"voice": {"default": "ash"}}, FULL, {"audio": {"output": {"voice": "sage"}}}),
    ({"voice": {"fixed": "ash"}}, FULL, {"audio": {"output": {"voice": "ash"}}}),
    ({"max_output_tokens": {"within": {"maximum": 5}}}, FULL, {"max_output_tokens": 5}),
    ({"max_output_tokens": {"within": {"maximum": 5}}}, {}, {"max_output_tokens": 5}),
    ({"server": (LOOKUP,)}, FULL, {"tools": [LOOKUP]}),
    ({"server": (LOOKUP,), "base": "open"}, {}, {"tools": [LOOKUP]}),
    ({"server": (LOOKUP,), "tools": {"default": [MINE]}}, {}, {"tools": [LOOKUP, MINE]}),
    ({"server": (LOOKUP,), "tools": {"default": [MINE]}}, {"tools": []}, {"tools": [LOOKUP]}),
    ({"temperature": {"fixed": 0.7}}, {}, None),
    ({"temperature": {"fixed": 0.7}, "preview": True}, {}, {"temperature": 0.7}),
    ({"base": "open"}, {"temperature": 0.7}, None),
]


@pytest.mark.parametrize(("rules", "asked", "expected"), BEGINNINGS)
def test_what_holds_from_the_beginning(rules: Object, asked: Object, expected: Object | None) -> None:
    """What is fixed, else what a ticket asked for and may, else the default; nothing at all, if nothing is."""
    made = narrowing(**rules).beginning(asked)
    assert made == (None if expected is None else {"type": "realtime", **expected})


def test_a_transcription_session_is_told_what_it_has() -> None:
    """An unknown key would cost it the whole update."""
    rules: Any = {"instructions": {"fixed": "a"}, "noise_reduction": {"fixed": "off"}, "server": (LOOKUP,)}
    made = narrowing(base="open", transcription=True, **rules)
    beginning = {"type": "transcription", "audio": {"input": {"noise_reduction": None}}}
    assert made.beginning({"instructions": "b", "tool_choice": "none"}) == beginning
    assert made.update({"instructions": "b"}) == {"audio": {"input": {"noise_reduction": None}}}


def test_screening_is_put_in_force_at_the_beginning() -> None:
    """And kept up by every update, over rules and client."""
    made = narrowing(screened=True, turn_detection={"default": DETECTION})
    waiting = {"turn_detection": {**DETECTION, "create_response": False}}
    assert made.beginning({}) == {
        "type": "realtime",
        "audio": {"input": {**waiting, "transcription": {"model": "whisper-1"}}},
    }
    asked = {"audio": {"input": {"turn_detection": {**DETECTION, "create_response": True}}}}
    assert made.update(asked) == {"audio": {"input": waiting}}


def test_what_is_the_clients_own_is_remembered() -> None:
    """Where the server's would be hidden."""
    own = OwnValues()
    made = narrowing(own=own, instructions={"default": "b"}, voice="free", prompt={"within": ["off"]})
    made.update({"instructions": "a", "audio": {"output": {"voice": "sage"}}})
    assert (own.holds("instructions", "a"), own.holds("voice", "sage")) == (True, False)
    made.update({"instructions": "b"})
    assert not own.holds("instructions", "b")


LACKED: list[tuple[Any, Object, Object]] = [
    # what the session is, the field, and what of a client's wish for it goes up
    ({}, {"temperature": 0.8}, {}),
    ({"preview": True}, {"temperature": 0.8}, {"temperature": 0.8}),
    ({"transcription": True}, {"audio": {"output": {"voice": "sage"}}}, {}),
]


@pytest.mark.parametrize(("session", "asked", "passed"), LACKED)
def test_what_a_session_lacks_costs_it_nothing(session: Any, asked: Object, passed: Object) -> None:
    """The service would refuse the whole update for it."""
    rules: Any = {
        "temperature": {"within": {"minimum": 0.6, "maximum": 0.9}, "default": 0.8},
        "voice": {"within": ["sage"]},
    }
    assert narrowing(**session, **rules).update(asked) == passed
