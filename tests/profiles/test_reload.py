"""Tests of app.profiles.in_force: how profiles are replaced while sessions run under them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.profiles.in_force import Profiles
from app.profiles.source import ProfilesError
from tests.profiles.toolboxes import ALICE, File


async def test_a_reload_replaces_all_profiles() -> None:
    """The new tools are opened first; the old ones are closed when they are not in use."""
    file = File("a")
    profiles = Profiles(file.read)
    await profiles.open()
    file.names = ("b", "a")
    with capture_logs() as logged:
        await profiles.reload()
    assert logged == [{"event": "profiles reloaded", "log_level": "info", "profiles": ("b", "a")}]
    assert (profiles.names, profiles.default) == (("b", "a"), "b")
    await file.journal.until("close a1")
    assert file.journal.told() == ["open a1", "open b2", "open a2", "close a1"]
    await profiles.close()
    assert sorted(file.journal.told()) == ["close a2", "close b2"]


async def test_a_session_keeps_the_profile_that_it_began_with() -> None:
    """Its tools are closed when the last session that holds them ends, however many reloads there were."""
    file = File("a", "b")
    profiles = Profiles(file.read)
    await profiles.open()
    held = profiles.choose(ALICE, "a", None)
    with held.leases:
        with held.leases:
            await profiles.reload()
            await profiles.reload()
            await file.journal.until("close b1", "close b2", "close a2")
        assert "close a1" not in file.journal.told()
    await file.journal.until("close a1")
    assert file.journal.told() == ["close a1"]
    assert profiles.choose(ALICE, "a", None) is not held
    await profiles.close()
    assert sorted(file.journal.told()) == ["close a3", "close b3"]


FAILURES: list[tuple[dict[str, BaseException], Exception | None, tuple[str, ...], list[str]]] = [
    ({}, ProfilesError("one", "two"), ("one", "two"), []),
    (
        {"b": ValueError("It is wrong.")},
        None,
        ("file:1: b: its tools cannot be opened: It is wrong.",),
        ["open a2", "open b2", "close a2"],
    ),
]


@pytest.mark.parametrize(("fails", "error", "errors", "told"), FAILURES)
async def test_a_reload_that_fails(
    fails: dict[str, BaseException], error: Exception | None, errors: tuple[str, ...], told: list[str]
) -> None:
    """Is told in the log, and the old profiles stay in force, open, for old and new sessions."""
    file = File("a", "b")
    profiles = Profiles(file.read)
    await profiles.open()
    before = profiles["a"]
    file.journal.told()
    file.fails, file.error = fails, error
    with capture_logs() as logged:
        await profiles.reload()
    (line,) = logged
    assert line == {
        "event": "profiles not reloaded: those in force stay",
        "log_level": "error",
        "errors": errors,
    }
    assert profiles.choose(ALICE, None, None) is before
    assert sorted(file.journal.told()) == sorted(told)
    file.fails, file.error = {}, None
    await profiles.reload()
    assert profiles.choose(ALICE, None, None) is not before


async def test_two_reloads_at_once() -> None:
    """Happen one after the other; what the file said last is in force."""
    file = File("a")
    profiles = Profiles(file.read)
    await profiles.open()
    await asyncio.gather(profiles.reload(), profiles.reload())
    await file.journal.until("close a2")
    assert [each for each in file.journal.told() if each.startswith("open")] == ["open a1", "open a2", "open a3"]
    assert profiles["a"].toolbox is file.tools["a3"]  # type: ignore[comparison-overlap]


async def test_the_end_waits_for_no_session() -> None:
    """What is still in use is closed too, and what cannot be closed is told in the log."""
    file = File("a")
    profiles = Profiles(file.read)
    await profiles.open()
    with profiles["a"].leases:
        await profiles.reload()
        with profiles["a"].leases, capture_logs() as logged:
            file.tools["a1"].stuck = OSError("canary")
            await profiles.close()
            assert sorted(file.journal.told()) == ["close a1", "close a2", "open a1", "open a2"]
    expected = {"event": "tools not closed", "log_level": "warning", "profile": "a", "error": "OSError"}
    assert logged == [expected]


async def test_a_file_is_read_again(write: Callable[[str], Path]) -> None:
    """What it says wrongly is told by line, and what it says rightly is in force."""
    profiles = Profiles.load(write("[profiles.a]"))
    await profiles.open()
    file = write("[profiles.a]\n[profiles.b]\nbase = 'canary'")
    with capture_logs() as logged:
        await profiles.reload()
    assert [line.get("errors") for line in logged] == [
        (f"{file}:3: profiles.b.base: Input should be 'open' or 'locked'",)
    ]
    assert list(profiles.names) == ["a"]
    write("[profiles.a]\n[profiles.b]\nbase = 'open'")
    await profiles.reload()
    assert list(profiles.names) == ["a", "b"]
    await profiles.close()
