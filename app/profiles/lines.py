"""Where each key of a TOML text stands, by line: `tomllib` tells what is there, but not where.

The text is one that `tomllib` took: here nothing is judged, and what only a wrong text could hold is passed over.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["Lines", "Path"]

Path = tuple[str | int, ...]
"""The way to a value: names of keys, and places in arrays."""

TOKEN = re.compile(
    r'''
      (?P<skipped> [ \t\r]+ | \#[^\n]* )
    | (?P<long> """(?:\\.|[^\\])*?"{3,5} | \'\'\'.*?\'{3,5} )
    | (?P<short> "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<newline> \n )
    | (?P<mark> [\[\]{}=,.] )
    | (?P<bare> [^\s\[\]{}=,.#"']+ )
    ''',
    re.VERBOSE | re.DOTALL,
)
ENDS = frozenset({"]", "}", ",", "\n", ""})
"""What stands behind a value; the last for the end of the text."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark, and the line that it begins on. `kind` is the name of its group in `TOKEN`."""

    kind: str
    text: str
    line: int

    @property
    def mark(self) -> str:
        """What it means for the structure: a mark, a newline, the end (""), or nothing of it ("word")."""
        return self.text if self.kind in {"mark", "newline", "end"} else "word"

    @property
    def name(self) -> str:
        """What it names as a part of a key."""
        if self.kind != "short":
            return self.text
        name: str = tomllib.loads(f"key = {self.text}")["key"]
        return name


class Lines:
    """Where each key stands: for a table its header, for every other key its own line, for neither the nearest."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._next = 0
        self._lines: dict[Path, int] = {}
        self._arrays: Counter[Path] = Counter()
        table: Path = ()
        while self._mark != "":
            table = self._statement(table)

    def of(self, path: Sequence[str | int]) -> int:
        """Return the line of a key, counted from one; of what stands nowhere, the line of what would hold it."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(tuple(path[:length]))
            if line is not None:
                return line
        return 1

    @property
    def _mark(self) -> str:
        return self._tokens[self._next].mark

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _statement(self, table: Path) -> Path:
        """Read one line, a header or a key with its value; return the table that the next one is in."""
        match self._mark:
            case "\n":
                self._take()
            case "[":
                return self._header()
            case _:
                self._pair(table)
        return table

    def _header(self) -> Path:
        line = self._take().line
        many = self._mark == "["
        if many:
            self._take()
        *outer, last = self._key()
        path: Path = ()
        for name in outer:
            path = self._within((*path, name), line)
        path = (*path, last)
        if many:
            self._note(path, line)
            self._arrays[path] += 1
        while self._mark == "]":
            self._take()
        path = self._within(path, line)
        self._lines[path] = line
        return path

    def _within(self, path: Path, line: int) -> Path:
        """Go into a table, or into the last one of an array of tables."""
        self._note(path, line)
        return (*path, self._arrays[path] - 1) if self._arrays[path] else path

    def _pair(self, table: Path) -> None:
        line = self._tokens[self._next].line
        path = table
        for name in self._key():
            path = (*path, name)
            self._note(path, line)
        self._take()  # =
        self._value(path)

    def _key(self) -> list[str]:
        names = [self._take().name]
        while self._mark == ".":
            self._take()
            names.append(self._take().name)
        return names

    def _value(self, path: Path) -> None:
        match self._mark:
            case "[":
                self._take()
                self._array(path)
            case "{":
                self._take()
                self._inline_table(path)
            case _:
                while self._mark not in ENDS:
                    self._take()

    def _array(self, path: Path) -> None:
        place = 0
        while self._more("]"):
            self._note((*path, place), self._tokens[self._next].line)
            self._value((*path, place))
            place += 1

    def _inline_table(self, path: Path) -> None:
        while self._more("}"):
            self._pair(path)

    def _more(self, end: str) -> bool:
        """Go to the next element; tell whether there is one before the end."""
        while self._mark in {",", "\n"}:
            self._take()
        if self._mark != end:
            return True
        self._take()
        return False

    def _note(self, path: Path, line: int) -> None:
        self._lines.setdefault(path, line)


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "skipped":
            yield Token(kind, match[0], line)
        line += match[0].count("\n")
    yield Token("end", "", line)
