"""Toolboxes that note what becomes of them, and a file that makes profiles with them."""

import asyncio
from types import SimpleNamespace
from typing import Any

from app.auth.credentials import Identity
from app.profiles.access import Access
from app.profiles.loaded import Loaded, LoadedProfile

__all__ = ["ALICE", "File", "Journal", "Tools"]

ALICE = Identity("alice", "key")


class Journal:
    """What has happened so far."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self._news = asyncio.Event()

    def note(self, entry: str) -> None:
        self.entries.append(entry)
        self._news.set()

    async def until(self, *entries: str) -> None:
        """Wait until all of these have happened."""
        while not set(entries) <= set(self.entries):
            self._news.clear()
            await self._news.wait()

    def told(self) -> list[str]:
        """Return what happened since this was asked last."""
        told, self.entries = self.entries, []
        return told


class Tools:
    """A toolbox that notes what becomes of it.

    `open` waits for `go`, then raises what `fails` is, if it is anything; `close` raises what `stuck` is.
    """

    def __init__(self, journal: Journal, name: str, fails: BaseException | None = None) -> None:
        self.journal = journal
        self.name = name
        self.fails = fails
        self.stuck: Exception | None = None
        self.go = asyncio.Event()
        self.go.set()

    async def open(self) -> None:
        self.journal.note(f"open {self.name}")
        await self.go.wait()
        if self.fails:
            raise self.fails

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.journal.note(f"close {self.name}")
        if self.stuck:
            raise self.stuck


class File:
    """What the profiles are read from; each reading makes new tools."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.access = Access()
        self.journal = Journal()
        self.tools: dict[str, Tools] = {}
        self.fails: dict[str, BaseException] = {}
        self.error: Exception | None = None
        self.readings = 0

    def read(self) -> Loaded:
        if self.error:
            raise self.error
        self.readings += 1
        return Loaded({name: self.profile(name) for name in self.names}, self.names[0])

    def profile(self, name: str) -> LoadedProfile:
        called = f"{name}{self.readings}"
        toolbox = self.tools[called] = Tools(self.journal, called, self.fails.get(name))
        profile: Any = SimpleNamespace(name=name)
        return LoadedProfile(profile, toolbox, self.access, place=f"file:1: {name}")  # type: ignore[arg-type]
