"""Relays whose profiles allow WebRTC, in front of a service that answers as it is told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conversations.calling import PROFILES
from tests.harness import Serve, ServedRelay, towards
from tests.upstream.rest_service import RestService, rest_serving

ServeCalls = Callable[..., Awaitable[ServedRelay]]


@pytest.fixture
async def service() -> AsyncIterator[RestService]:
    """A service of secrets and calls."""
    async with rest_serving() as started:
        yield started


@pytest.fixture
async def serve_calls(serve_relay: Serve, service: RestService, tmp_path: Path) -> ServeCalls:
    """Return a function that serves a relay in front of it; what stalls is given up after half a second."""
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILES)

    async def start(**given: Any) -> ServedRelay:
        upstream: Any = service
        given = {"upstream": {"timeout": 0.5}, **given}
        return await serve_relay(**towards(upstream, profiles_file=file, **given))

    return start


@pytest.fixture
async def calling(serve_calls: ServeCalls) -> ServedRelay:
    """Such a relay, with the page's Origin."""
    return await serve_calls(origins="https://app.example")
