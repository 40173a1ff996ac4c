"""Tests of app.profiles.beside: the files that a profiles file names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.profiles.beside import read_audio, with_prompts
from app.profiles.source import Source

Read = Callable[[str], Source]
Told = Callable[[Source], list[str]]

MINUTE = 60 * 24_000 * 2


def test_a_prompt_takes_the_place_of_its_file(read: Read, told: Told, tmp_path: Path) -> None:
    """To the letter, but without the mark that some editors put first; other rules stay as they are."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "prompt.md").write_bytes(b"\xef\xbb\xbfBe kind.\r\n\xc3\xa9\n")
    (tmp_path / "inner" / "other.md").write_text("Be brief.", encoding="utf-8")
    source = read(
        "a = { fixed_file = 'prompt.md', also = 1 }\nb = { default_file = 'inner/other.md' }\n"
        "c = { fixed = 'x' }\nd = 1"
    )
    expected: dict[str, Any] = {
        "a": {"fixed": "Be kind.\r\né\n", "also": 1},
        "b": {"default": "Be brief."},
        "c": {"fixed": "x"},
        "d": 1,
    }
    assert with_prompts(source, (), source.tables) == expected
    assert told(source) == []


def test_a_file_by_its_full_name(read: Read, told: Told, tmp_path: Path) -> None:
    """May stand anywhere."""
    (tmp_path / "prompt.md").write_text("Be kind.", encoding="utf-8")
    source = read(f"a = {{ fixed_file = '{tmp_path / 'prompt.md'}' }}")
    assert with_prompts(source, (), source.tables) == {"a": {"fixed": "Be kind."}}
    assert told(source) == []


BAD_PROMPTS: list[tuple[str, str]] = [
    ("fixed_file = 'canary.md'", "2: a.fixed_file: is a file that cannot be read: No such file or directory"),
    ("default_file = '.'", "2: a.default_file: is a file that cannot be read: Is a directory"),
    ('fixed_file = "canary\\u0000"', "2: a.fixed_file: is a file that cannot be read: its name is none"),
    ("fixed_file = 1", "2: a.fixed_file: is no file's name"),
    ("fixed_file = 'latin-1.md'", "2: a.fixed_file: is a file that is not UTF-8"),
    ("fixed_file = 'big.md'", "2: a.fixed_file: is a file of more than 1048576 bytes"),
    ("fixed_file = 'good.md'\nfixed = 'canary'", "2: a.fixed_file: stands beside fixed; keep one of them"),
]


@pytest.mark.parametrize(("rule", "expected"), BAD_PROMPTS)
def test_a_prompt_that_cannot_be_used(read: Read, told: Told, tmp_path: Path, rule: str, expected: str) -> None:
    """Is told at the line that names it, without a name or a word of it."""
    (tmp_path / "latin-1.md").write_bytes(b"canary \xe9")
    (tmp_path / "big.md").write_bytes(b"canary" * 2**18)
    (tmp_path / "good.md").write_bytes(b"canary")
    source = read(f"[a]\n{rule}")
    with_prompts(source, (), source.tables)
    assert told(source) == [expected]


@pytest.mark.parametrize("size", [2, 48_000, MINUTE])
def test_a_recorded_answer(read: Read, told: Told, tmp_path: Path, size: int) -> None:
    """Whole samples of PCM16 at 24 kHz, for a minute at most."""
    (tmp_path / "sorry.pcm").write_bytes(bytes(size))
    source = read("a = 'sorry.pcm'")
    assert read_audio(source, ("a",), source.tables["a"]) == bytes(size)
    assert told(source) == []


BAD_AUDIO: list[tuple[str, int, str]] = [
    ("'sorry.pcm'", 0, "is an empty file"),
    ("'sorry.pcm'", 3, "is no PCM16: its size is odd"),
    ("'sorry.pcm'", MINUTE + 2, "is a file of more than 2880000 bytes"),
    ("'canary.pcm'", 2, "is a file that cannot be read: No such file or directory"),
    ("['sorry.pcm']", 2, "is no file's name"),
]


@pytest.mark.parametrize("case", BAD_AUDIO)
def test_a_recorded_answer_that_cannot_be_used(
    read: Read, told: Told, tmp_path: Path, case: tuple[str, int, str]
) -> None:
    """Is told at the line that names it."""
    name, size, expected = case
    (tmp_path / "sorry.pcm").write_bytes(bytes(size))
    source = read(f"a = {name}")
    assert read_audio(source, ("a",), source.tables["a"]) is None
    assert told(source) == [f"1: a: {expected}"]
