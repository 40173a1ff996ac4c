"""Files that stand beside the profiles file: prompts, and a recorded answer.

A file that cannot be used is complained of at the line that names it; neither its name nor its content is told.
"""

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from app.policy.sound import PCM
from app.profiles.lines import Path
from app.profiles.source import Source

__all__ = ["FILE_KEYS", "read_audio", "with_prompts"]

FILE_KEYS = {"fixed_file": "fixed", "default_file": "default"}
"""The keys of a field's rule that name a file, and those that its text goes into."""

MAX_SECONDS = 60
MAX_PROMPT = 2**20
"""Bytes. The service takes prompts of some 16,000 tokens."""


def with_prompts(source: Source, path: Path, rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules of a section's fields, with the texts of the files that they name."""
    return {name: _with_texts(source, (*path, name), rule) for name, rule in rules.items()}


def read_audio(source: Source, path: Path, name: object) -> bytes | None:
    """Return the recorded answer at `path`; None where it cannot be used."""
    audio = _read(source, path, name, MAX_SECONDS * PCM)
    match audio:
        case None:
            return None
        case b"":
            source.complain(path, "is an empty file")
        case _ if len(audio) % 2:
            source.complain(path, "is no PCM16: its size is odd")
        case _:
            return audio
    return None


def _with_texts(source: Source, path: Path, rule: Any) -> Any:
    if not isinstance(rule, Mapping) or FILE_KEYS.keys().isdisjoint(rule):
        return rule
    texts: dict[str, Any] = {}
    for key in FILE_KEYS.keys() & rule.keys():
        if FILE_KEYS[key] in rule:
            source.complain((*path, key), f"stands beside {FILE_KEYS[key]}; keep one of them")
        texts[FILE_KEYS[key]] = _text(source, (*path, key), rule[key])
    return {**{key: value for key, value in rule.items() if key not in FILE_KEYS}, **texts}


def _text(source: Source, path: Path, name: object) -> str:
    """Return a prompt, to the letter; "" where it cannot be had."""
    content = _read(source, path, name, MAX_PROMPT)
    try:
        return (content or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        source.complain(path, "is a file that is not UTF-8")
        return ""


def _read(source: Source, path: Path, name: object, most: int) -> bytes | None:
    if not isinstance(name, str):
        source.complain(path, "is no file's name")
        return None
    try:
        with (source.file.parent / FilePath(name)).open("rb") as file:
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name is none"
        source.complain(path, f"is a file that cannot be read: {reason}")
        return None
    if len(content) > most:
        source.complain(path, f"is a file of more than {most} bytes")
        return None
    return content
