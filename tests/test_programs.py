"""What a test says of a program that is not there."""

import sys

from tests.programs import Program, lacks


def test_a_program_that_is_missing_is_named_with_what_installs_it() -> None:
    """The sentence is what a user sees who skips a test for it."""
    known = {"nobody": Program(("no-such-program", "nor-this"), "apt-get install nobody")}
    assert lacks("nobody", known) == "no-such-program: apt-get install nobody"


def test_one_that_is_too_old_is_as_good_as_missing() -> None:
    """Its least version is told."""
    python = Program((sys.executable,), "https://python.org", least=(99, 1))
    assert lacks("python", {"python": python}) == f"{sys.executable} 99.1 or newer: https://python.org"


def test_one_that_is_there_is_not_lacking() -> None:
    """Whatever its version, where none is asked for."""
    assert lacks("python", {"python": Program((sys.executable,), "")}) is None
