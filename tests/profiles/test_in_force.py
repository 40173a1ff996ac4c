"""Tests of app.profiles.in_force: how profiles are opened, chosen and closed."""

import asyncio

import pytest

from app.auth.credentials import Identity
from app.errors import Ended
from app.profiles.access import Access
from app.profiles.in_force import Profiles
from app.profiles.source import ProfilesError
from tests.profiles.toolboxes import ALICE, File


async def test_from_the_start_to_the_end() -> None:
    """All tools are opened, and all are closed."""
    file = File("a", "b")
    profiles = Profiles(file.read)
    assert file.journal.told() == []
    await profiles.open()
    assert file.journal.told() == ["open a1", "open b1"]
    await profiles.close()
    assert sorted(file.journal.told()) == ["close a1", "close b1"]


async def test_what_is_in_force() -> None:
    """Names in order, the default, each profile, and who may use it."""
    file = File("a", "b")
    file.access = Access(names=("model",), keys=("alice",))
    profiles = Profiles(file.read)
    assert (profiles.names, profiles.default) == (("a", "b"), "a")
    assert (profiles["b"].name, profiles["b"].names, profiles["b"].target) == ("b", ("model",), None)
    assert (profiles.allowed(ALICE), profiles.allowed(Identity("bob", "key"))) == (("a", "b"), ())
    assert profiles.choose(ALICE, "b", None) is profiles["b"]
    assert profiles.choose(ALICE, None, "model") is profiles["a"]
    with pytest.raises(Ended):
        profiles.choose(Identity("bob", "key"), None, None)


async def test_tools_that_cannot_be_opened() -> None:
    """Stop the start; the others are closed again. What a library says may hold anything, and is not repeated."""
    file = File("a", "b", "c")
    file.fails = {"b": OSError("canary")}
    with pytest.raises(ProfilesError) as caught:
        await Profiles(file.read).open()
    assert caught.value.sentences == ("file:1: b: its tools cannot be opened: OSError",)
    assert file.journal.told() == ["open a1", "open b1", "close a1"]


async def test_tools_that_are_set_up_wrongly() -> None:
    """Say what is wrong."""
    file = File("a")
    file.fails = {"a": ValueError("There is no such function.")}
    with pytest.raises(ProfilesError) as caught:
        await Profiles(file.read).open()
    assert caught.value.sentences == ("file:1: a: its tools cannot be opened: There is no such function.",)


async def test_a_start_that_is_cancelled() -> None:
    """Leaves nothing open: what was being opened sees to itself."""
    file = File("a", "b")
    profiles = Profiles(file.read)
    file.tools["b1"].go.clear()
    opening = asyncio.ensure_future(profiles.open())
    await file.journal.until("open b1")
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert file.journal.told() == ["open a1", "open b1", "close a1"]
