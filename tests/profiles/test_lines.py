"""Tests of app.profiles.lines: where each key of a TOML text stands."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.profiles.lines import Lines, Path

TEXTS: list[tuple[str, dict[Path, int]]] = [
    ("", {(): 1, ("a",): 1}),
    ("a = 1", {("a",): 1}),
    ("\n\na = 1\n", {("a",): 3}),
    ("# a = 1\na = 1 # b = 2\nb = 2", {("a",): 2, ("b",): 3}),
    ("[a]\nb = 1\n[c]\nb = 1", {("a",): 1, ("a", "b"): 2, ("c",): 3, ("c", "b"): 4}),
    ("\n[a.b.c]\nd.e = 1", {("a",): 2, ("a", "b", "c"): 2, ("a", "b", "c", "d"): 3, ("a", "b", "c", "d", "e"): 3}),
    ("[a.b]\n\n[a]\nc = 1", {("a",): 3, ("a", "b"): 1, ("a", "c"): 4}),
    ("[ a . 'b.c' . \"d\\u0065\" ]\nx = 1", {("a", "b.c", "de", "x"): 2, ("a", "b.c"): 1}),
    ('"a b"."=[x]" = 1\nc = 2', {("a b", "=[x]"): 1, ("c",): 2}),
    ('a = """\n[x]\nb = 1\n"""\nb = 2', {("a",): 1, ("b",): 5, ("x",): 1}),
    ("a = '''\n[x]\nb = 1\n'''\nb = 2", {("a",): 1, ("b",): 5}),
    ('a = """one "quoted""""\nb = 2', {("a",): 1, ("b",): 2}),
    ("a = '''it''s'''''\nb = 2", {("b",): 2}),
    ('a = """\\"""\n[x]\n\\\\"""\nb = 2', {("b",): 4}),
    ('a = """\\\n  b = 3\n"""\nb = 2', {("b",): 4}),
    ('a = "[x] # \\" no comment"\nb = \'#"\'\nc = 3', {("a",): 1, ("b",): 2, ("c",): 3}),
    ("a = 1979-05-27 07:32:00.5\nb = +1_0.5e-3\nc = inf", {("a",): 1, ("b",): 2, ("c",): 3}),
    (
        "a = [\n  1,\n  [2,\n  3], # ]\n  ']',\n]\nb = 2",
        {("a", 0): 2, ("a", 1): 3, ("a", 1, 1): 4, ("a", 2): 5, ("b",): 7},
    ),
    ("a = []\nb = {}\nc = [ ]", {("a",): 1, ("b",): 2, ("c",): 3}),
    ("a = { b = { c = 1 }, d.e = [1] }\nf = 1", {("a", "b", "c"): 1, ("a", "d", "e", 0): 1, ("f",): 2}),
    (
        "a = [\n { b = 1 },\n { c = '''\n''' }, { d = 1 },\n]\ne = 1",
        {("a", 0, "b"): 2, ("a", 1, "c"): 3, ("a", 2, "d"): 4, ("e",): 6},
    ),
    (
        "[[a]]\nb = 1\n[[a]]\nb = 1\n[a.c]\nd = 1",
        {("a",): 1, ("a", 0, "b"): 2, ("a", 1): 3, ("a", 1, "b"): 4, ("a", 1, "c", "d"): 6},
    ),
    (
        "[x]\n[[x.a]]\n[[x.a.b]]\nc = 1\n[[x.a.b]]\nc = 1",
        {("x", "a", 0, "b", 0, "c"): 4, ("x", "a", 0, "b", 1, "c"): 6},
    ),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_where_a_key_stands(text: str, expected: dict[Path, int]) -> None:
    """A table stands at its header, any other key on its own line; what is in strings and comments is no key."""
    tomllib.loads(text)
    lines = Lines(text)
    assert {path: lines.of(path) for path in expected} == expected


def test_what_is_missing_would_stand_in_what_is_there() -> None:
    """The nearest key above it is told, and the first line where there is none."""
    lines = Lines("\n[a]\nb = { c = 1 }\n")
    assert [lines.of(path) for path in [("a", "b", "x", "y"), ("a", "x", 0), ("x", "a")]] == [3, 2, 1]


NAMES = st.text(max_size=4) | st.sampled_from(["a", "b-c", "1", "[x]", "a.b", 'q"', "q'", "#", "é", "\x7f"])
SCALARS = st.integers(-9, 9) | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS | st.text(alphabet="\n[]{}='\"#x \\", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def quoted(text: str, *, long: bool = False) -> str:
    """Write a basic string; `long` with its newlines as they are."""
    escaped = "".join(
        each if (" " <= each != "\x7f" and each not in '\\"') or (long and each == "\n") else f"\\U{ord(each):08x}"
        for each in text
    )
    return f'"""\n{escaped}"""' if long else f'"{escaped}"'


class Writer:
    """Writes TOML, and notes on which line it put each key."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[Path, int] = {}

    def pair(self, path: Path, value: Any) -> None:
        self.note(path)
        self.text += f"{quoted(str(path[-1]))} = "
        self.value(path, value)

    def value(self, path: Path, value: Any) -> None:
        match value:
            case str():
                self.text += quoted(value, long="\n" in value)
            case list():
                self.text += "["
                for place, each in enumerate(value):
                    self.text += "\n # [comment]\n"
                    self.note((*path, place))
                    self.value((*path, place), each)
                    self.text += ","
                self.text += "\n]"
            case dict():
                self.text += "{ "
                for number, (name, each) in enumerate(value.items()):
                    self.text += ", " if number else ""
                    self.pair((*path, name), each)
                self.text += " }"
            case _:
                self.text += str(value).lower()

    def note(self, path: Path) -> None:
        self.lines[path] = self.text.count("\n") + 1


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), max_size=3))
def test_any_text_that_tomllib_takes(tables: dict[str, dict[str, Any]]) -> None:
    """Every key is found where it was written."""
    writer = Writer()
    for name, table in tables.items():
        writer.note((name,))
        writer.text += f"[{quoted(name)}] # = 1\n"
        for key, value in table.items():
            writer.pair((name, key), value)
            writer.text += "\n"
    assert tomllib.loads(writer.text) == tables
    lines = Lines(writer.text)
    assert {path: lines.of(path) for path in writer.lines} == writer.lines
