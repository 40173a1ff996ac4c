"""A relay whose profiles allow WebRTC, in front of a simulated service that takes the calls."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.simulator import Simulator, SimulatorConfig
from tests.conversations.calling import PROFILES
from tests.harness import Serve, ServedRelay, towards, until

UPSTREAM_KEY = "canary-upstream-key"
PAGE = "https://app.example"

ServeCalls = Callable[..., Awaitable[ServedRelay]]


@pytest.fixture
def heard() -> list[bytes]:
    """What those who take part in a call have said to the service."""
    return []


@pytest.fixture
async def simulator(heard: list[bytes]) -> AsyncIterator[Simulator]:
    """A service that takes the relay's key alone, and answers fast."""
    config = SimulatorConfig(keys=(UPSTREAM_KEY,), pace=200, text_interval=0.001)
    async with Simulator(config, observe=lambda _, message: heard.append(message)) as started:
        yield started


@pytest.fixture
def profiles_file(tmp_path: Path) -> Path:
    """The file with the profiles."""
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)
    return file


@pytest.fixture
async def serve_calls(serve_relay: Serve, simulator: Simulator, profiles_file: Path) -> ServeCalls:
    """Return a function that serves a relay with these profiles in front of it."""

    async def start(**given: Any) -> ServedRelay:
        service: Any = simulator
        return await serve_relay(**towards(service, profiles_file=profiles_file, **given))

    return start


async def over(simulator: Simulator, relay: ServedRelay) -> None:
    """Wait until no call is left, on either side."""
    await until(lambda: not simulator.rest.calls)
    await until(lambda: not len(relay.parts.sessions))
    await until(lambda: not relay.parts.store._open.total())  # noqa: SLF001 - nothing outside tells
