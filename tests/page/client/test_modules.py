"""The client's modules that need no browser, in Node: each file of tests there is one test here."""

import subprocess
from pathlib import Path

import pytest

from tests.programs import needs, program

pytestmark = needs("node")

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_the_module_does_as_its_tests_say(file: Path) -> None:
    """Node's own runner finds every one of them passed, and at least one was there."""
    command = [program("node"), "--test", "--test-reporter=tap", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)  # noqa: S603 - our file
    assert run.returncode == 0, run.stdout + run.stderr
    assert "\n# fail 0\n" in run.stdout
    assert "\n# pass 0\n" not in run.stdout
