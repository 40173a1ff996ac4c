"""Tests of app.profiles.source: a file that is read, and how it is told what is wrong with it."""

from pathlib import Path

import pytest

from app.profiles.source import ProfilesError, Source, dotted


def written(folder: Path, content: bytes) -> Path:
    """Write a profiles file."""
    file = folder / "profiles.toml"
    file.write_bytes(content)
    return file


def refusal(file: Path) -> str:
    """Return why a file cannot be read, without the file's name."""
    with pytest.raises(ProfilesError) as caught:
        Source.read(file)
    assert "canary" not in str(caught.value)
    assert str(caught.value) == "\n".join(caught.value.sentences)
    return str(caught.value).removeprefix(str(file))


@pytest.mark.parametrize(
    "content",
    [b"a = 1\nb = 'x'\n", b"a = 1\r\nb = 'x'\r\n", b"\xef\xbb\xbfa = 1\nb = 'x'", b"\xef\xbb\xbfa = 1\r\nb = 'x'"],
)
def test_however_an_editor_writes(tmp_path: Path, content: bytes) -> None:
    """With a byte order mark or without, with lines that end in one character or in two."""
    source = Source.read(written(tmp_path, content))
    assert source.tables == {"a": 1, "b": "x"}
    assert [source.lines.of(path) for path in [("a",), ("b",)]] == [1, 2]


def test_long_strings_keep_their_newlines(tmp_path: Path) -> None:
    """Those that end in two characters are as any other."""
    source = Source.read(written(tmp_path, b'a = """one\r\n[two]\r\n"""\r\nb = 1'))
    assert source.tables == {"a": "one\n[two]\n", "b": 1}
    assert source.lines.of(("b",)) == 4


UNREADABLE: list[tuple[bytes, str]] = [
    (b"a = 1\nb = canary", ":2: is no TOML: Invalid value"),
    (b"a = 1\n\nb canary", ":3: is no TOML: Expected '=' after a key in a key/value pair"),
    (b"a = '''\ncanary\n", ":3: is no TOML: Expected \"'''\""),
    (b'a = "canary\n', ":1: is no TOML: Illegal character '\\n'"),
    (b"a = [\n 1,", ":2: is no TOML: Invalid value"),
    (b"canary = 1\ncanary = 2", ":2: is no TOML: Cannot overwrite a value"),
    (b"[canary]\n[canary]", ":2: is no TOML: Cannot declare key twice"),
    (b"[a]\ncanary = {}\ncanary.x = 1\n", ":3: is no TOML: Cannot mutate immutable namespace key"),
    (b"a = { canary = 1, canary = 2 }", ":1: is no TOML: Duplicate inline table key"),
    (b"a = 1\nb = 'caf\xe9 canary'", ":2: is not UTF-8"),
    (b"a = " + b"[" * 5000, ": is no TOML: a number is too long, or it is nested too deep"),
    (b"a = " + b"9" * 5000, ": is no TOML: a number is too long, or it is nested too deep"),
]


@pytest.mark.parametrize(("content", "told"), UNREADABLE)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, told: str) -> None:
    """The line is told, and nothing of what stands there."""
    assert refusal(written(tmp_path, content)) == told


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It has no lines."""
    assert refusal(tmp_path / "none.toml") == ": cannot be read: No such file or directory"
    assert refusal(tmp_path) == ": cannot be read: Is a directory"


def test_all_complaints_at_once(tmp_path: Path) -> None:
    """In the order of the lines; one that is about no key stands at the beginning."""
    file = written(tmp_path, b"[a]\nb = 1\n[c]\nd = [\n1,\n2]")
    source = Source.read(file)
    source.check()
    for path, reason in [
        (("c", "d", 1), "is wrong"),
        (("a", "x"), "is missing"),
        ((), "is odd"),
        (("a",), "is bad"),
    ]:
        source.complain(path, reason)
    with pytest.raises(ProfilesError) as caught:
        source.check()
    expected = ("1: a.x: is missing", "1: a: is bad", "1: is odd", "6: c.d[1]: is wrong")
    assert caught.value.sentences == tuple(f"{file}:{each}" for each in expected)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("a", "b-c_1"), "a.b-c_1"),
        (("a", 0, "b", 1), "a[0].b[1]"),
        (("a b", "é", "\n"), '"a b"."\\u00e9"."\\n"'),
    ],
)
def test_a_key_as_toml_writes_it(path: tuple[str | int, ...], text: str) -> None:
    """On one line, whatever it holds."""
    assert dotted(path) == text
