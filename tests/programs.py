"""Programs that a user of this project may lack: a test that needs one says so, and what would install it.

Without the program such a test is skipped; where `CI` is set `tests/conftest.py` turns every skip into a failure,
and `.ci/run` installs what is named here.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from tests.harness import ROOT

MODULES = ROOT / "tests" / "npm" / "node_modules"
"""The packages from npm, as `tests/npm/package-lock.json` pins them."""

INSTALLED = ".package-lock.json"
"""What npm leaves in `MODULES` when it is done."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program under all its names, and how to get it; `least` is the version that it must have."""

    names: tuple[str, ...]
    install: str
    least: tuple[int, ...] = ()

    @property
    def path(self) -> str | None:
        """Where it is, if it is there."""
        return next(filter(None, map(shutil.which, self.names)), None)

    @property
    def there(self) -> bool:
        """Whether it is there, and new enough."""
        return self.path is not None and (not self.least or _version(self.path) >= self.least)

    @property
    def wanted(self) -> str:
        """What to tell somebody who lacks it."""
        version = ".".join(map(str, self.least))
        return f"{self.names[0]}{version and f' {version} or newer'}: {self.install}"


PROGRAMS: Mapping[str, Program] = {
    "caddy": Program(("caddy",), "apt-get install caddy"),
    "chromium": Program(("chromium", "chromium-browser", "google-chrome"), "apt-get install chromium"),
    "espeak-ng": Program(("espeak-ng",), "apt-get install espeak-ng"),
    "node": Program(("node",), "https://nodejs.org", least=(20, 10)),
}


def needs(*names: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need these programs; `npm` stands for the packages in `MODULES`."""
    lacking = [f"needs {each}" for each in map(lacks, names) if each]
    return pytest.mark.skipif(bool(lacking), reason="; ".join(lacking))


def program(name: str) -> str:
    """Return the path of a program that the test has declared to need."""
    path = PROGRAMS[name].path
    assert path, lacks(name)
    return path


def lacks(name: str, known: Mapping[str, Program] = PROGRAMS) -> str | None:
    """Return what is to be done about a program that is not there, or None."""
    if name == "npm":
        return None if (MODULES / INSTALLED).exists() else "the packages of tests/npm: make npm"
    return None if known[name].there else known[name].wanted


@cache
def _version(path: str) -> tuple[int, ...]:
    asked = [path, "--version"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout  # noqa: S603 - of the table
    return tuple(int(part) for part in told.strip().removeprefix("v").split(".") if part.isdigit())
