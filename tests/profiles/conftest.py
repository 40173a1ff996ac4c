"""Write profiles files, and read what is wrong with them; leave the process as it was."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.profiles.loading import ANYTHING, Known, load
from app.profiles.source import ProfilesError, Source

Write = Callable[[str], Path]
Read = Callable[[str], Source]


@pytest.fixture(autouse=True)
def _own_modules() -> Iterator[None]:
    """What a test lets Python find and import is forgotten behind it."""
    path, modules = list(sys.path), set(sys.modules)
    importlib.invalidate_caches()
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if name.startswith("beside_"):
            del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a profiles file."""

    def written(text: str) -> Path:
        file = tmp_path / "profiles.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return written


@pytest.fixture
def read(write: Write) -> Read:
    """Return a function that writes a profiles file and reads its tables."""
    return lambda text: Source.read(write(text))


@pytest.fixture
def told() -> Callable[[Source], list[str]]:
    """Return a function that tells what was complained of, without the file's name."""

    def complaints(source: Source) -> list[str]:
        return [sentence.removeprefix(f"{source.file}:") for _, sentence in sorted(source.complaints)]

    return complaints


@pytest.fixture
def errors(write: Write) -> Callable[..., list[str]]:
    """Return a function that tells what is wrong with a file of this text; no value is among it."""

    def refused(text: str, known: Known = ANYTHING) -> list[str]:
        file = write(text)
        with pytest.raises(ProfilesError) as caught:
            load(file, known)
        assert "canary" not in str(caught.value)
        return [sentence.removeprefix(f"{file}:") for sentence in caught.value.sentences]

    return refused
