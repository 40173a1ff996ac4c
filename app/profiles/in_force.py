"""All profiles that are in force: loaded at the start, and anew when the operator asks for it.

What cannot be loaded changes nothing. A session keeps the profile that it began with, and the tools of one that is
no more are closed when its last session has ended.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Self

import structlog

from app.auth.credentials import Identity
from app.profiles import access
from app.profiles.loaded import Loaded, LoadedProfile
from app.profiles.loading import ANYTHING, Known, load
from app.profiles.source import ProfilesError

__all__ = ["Profiles"]

log = structlog.get_logger()


class Profiles:
    """The profiles in force. `read` tells what they are to be, or raises `ProfilesError`; it may take its time."""

    def __init__(self, read: Callable[[], Loaded]) -> None:
        self._read = read
        self._loaded = read()
        self._turn = asyncio.Lock()
        self._retiring: dict[asyncio.Task[None], LoadedProfile] = {}

    @classmethod
    def load(cls, file: Path | None, known: Known = ANYTHING) -> Self:
        """Read a file; without one, the built-in profiles. Raises `ProfilesError`."""
        return cls(lambda: load(file, known))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all profiles, in the order of the file."""
        return tuple(self._loaded.profiles)

    @property
    def default(self) -> str:
        """The name of the one for a client that asks for none, if it may use it."""
        return self._loaded.default

    def __getitem__(self, name: str) -> LoadedProfile:
        """Return the profile of that name. Raises `KeyError`."""
        return self._loaded.profiles[name]

    def allowed(self, identity: Identity) -> tuple[str, ...]:
        """Return the names of the profiles that an identity may use."""
        return access.allowed(self._loaded.accesses, identity)

    def choose(self, identity: Identity, asked_profile: str | None, asked_model: str | None) -> LoadedProfile:
        """Return the profile that a session runs under. Raises `Ended` (forbidden) for one that may not be used.

        Whoever runs a session under it leases it before anything is awaited: `with profiles.choose(…).leases:`.
        """
        loaded = self._loaded
        return self[access.choose(loaded.accesses, loaded.default, identity, asked_profile, asked_model)]

    async def open(self) -> None:
        """Open the tools of all profiles. Raises `ProfilesError`; then none is left open."""
        await _open(self._loaded)

    async def reload(self) -> None:
        """Put in force what the file says now. Where that cannot be the log tells why, and all stays as it is."""
        async with self._turn:
            try:
                fresh = await asyncio.to_thread(self._read)
                await _open(fresh)
            except ProfilesError as error:
                words = "profiles not reloaded: those in force stay"
                log.error(words, errors=error.sentences)  # noqa: TRY400 - sentences, and no trace of a value
                return
            old, self._loaded = self._loaded, fresh
            for each in old.profiles.values():
                self._retire(each)
            log.info("profiles reloaded", profiles=self.names)

    async def close(self) -> None:
        """Close all tools, also those that are still in use."""
        async with self._turn:
            for each in self._retiring.values():
                each.leases.revoke()
            await asyncio.gather(*self._retiring, *(_close(each) for each in self._loaded.profiles.values()))

    def _retire(self, loaded: LoadedProfile) -> None:
        task = asyncio.create_task(_close_unused(loaded))
        self._retiring[task] = loaded
        task.add_done_callback(self._retiring.pop)


async def _open(loaded: Loaded) -> None:
    opened: list[LoadedProfile] = []
    try:
        for each in loaded.profiles.values():
            await _open_one(each)
            opened.append(each)
    except BaseException:
        await asyncio.gather(*(_close(each) for each in opened))
        raise


async def _open_one(loaded: LoadedProfile) -> None:
    """Open its tools. What a library says of a failure may hold anything, and is not repeated."""
    try:
        await loaded.toolbox.open()
    except Exception as error:
        reason = str(error) if isinstance(error, ValueError) else type(error).__name__
        raise ProfilesError(f"{loaded.place}: its tools cannot be opened: {reason}") from error


async def _close_unused(loaded: LoadedProfile) -> None:
    """Close the tools of a profile when nobody uses them any more."""
    await loaded.leases.ended()
    await _close(loaded)


async def _close(loaded: LoadedProfile) -> None:
    try:
        await loaded.toolbox.close()
    except Exception as error:  # noqa: BLE001 - what a tool leaves behind is nobody's session
        log.warning("tools not closed", profile=loaded.name, error=type(error).__name__)
