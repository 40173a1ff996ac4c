"""The profiles file as it is read: its tables, where each key stands, and what is wrong with it.

Whatever is wrong is told as `<file>:<line>: <dotted key>: <reason>`, all of it at once, and never with a value: a
prompt or a secret may stand there.
"""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from app.errors import RelayError
from app.profiles.lines import Lines, Path

__all__ = ["ProfilesError", "Source", "dotted"]

BARE = re.compile(r"[A-Za-z0-9_-]+")
POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
"""How `tomllib` ends its messages."""

NAMED = re.compile(r"\(.*\)|(?<=inline table )key .*", re.DOTALL)
"""Where it names a key: by a text that is none, for want of a quote, it may repeat what is a value."""


class ProfilesError(RelayError):
    """The profiles cannot be used as they stand; each sentence says where, and why."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, slots=True)
class Source:
    """A file's tables. What is wrong with them is complained of, and raised once all of it is known."""

    file: FilePath
    tables: dict[str, Any] = field(repr=False)
    lines: Lines
    complaints: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    def read(cls, file: FilePath) -> "Source":
        """Read a file. Raises `ProfilesError` for one that cannot be read, or is no TOML."""
        text = _text(file)
        try:
            return cls(file, tomllib.loads(text), Lines(text))
        except tomllib.TOMLDecodeError as error:
            raise ProfilesError(_syntax(file, str(error), text.count("\n") + 1)) from None
        except (ValueError, RecursionError):
            raise ProfilesError(f"{file}: is no TOML: a number is too long, or it is nested too deep") from None

    def complain(self, path: Path, reason: str) -> None:
        """Note what is wrong with the value at `path`."""
        self.complaints.append((self.lines.of(path), f"{self.place(path)}: {reason}"))

    def place(self, path: Path) -> str:
        """Return where the value at `path` stands: `<file>:<line>: <dotted key>`."""
        place = f"{self.file}:{self.lines.of(path)}"
        return f"{place}: {dotted(path)}" if path else place

    def check(self) -> None:
        """Raise `ProfilesError` if anything was complained of, in the order of the lines."""
        if self.complaints:
            raise ProfilesError(*(sentence for _, sentence in sorted(self.complaints)))


def dotted(path: Sequence[str | int]) -> str:
    """Write the way to a value as TOML does, with the places in arrays: `a."b c".d[0]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _text(file: FilePath) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ProfilesError(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ProfilesError(f"{file}:{line}: is not UTF-8") from None


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else json.dumps(name)


def _syntax(file: FilePath, message: str, last: int) -> str:
    found = POSITION.search(message)
    line = (found and found[1]) or last
    return f"{file}:{line}: is no TOML: {NAMED.sub('key', POSITION.sub('', message))}"
