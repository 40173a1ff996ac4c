"""The fixtures that all tests share, and how the suite behaves in CI."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import hypothesis
import pytest
from websockets.asyncio.server import serve

from app.web.protocol import RelayProtocol
from tests.harness import ScriptedUpstream, Serve, ServedRelay, configured, serving, towards

hypothesis.settings.register_profile("fast", deadline=None, max_examples=100)
hypothesis.settings.register_profile("deep", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:  # noqa: ARG001 - pytest's names
    """Where `CI` is set, what a user may skip is a failure."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
    return report


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    """An upstream to be scripted."""
    scripted = ScriptedUpstream()
    options: Any = {"compression": None, "max_size": None, "close_timeout": 1, "process_request": scripted.admit}
    async with serve(scripted.handle, "127.0.0.1", 0, **options) as server:
        scripted.server = server
        yield scripted


@pytest.fixture
async def serve_relay(request: pytest.FixtureRequest) -> AsyncIterator[Serve]:
    """Return a function that serves a relay with the given settings until the test is over.

    The way of the frames is by lanes, unless the test says so (`BOTH_WAYS`).
    """
    protocol = getattr(request, "param", RelayProtocol)
    async with AsyncExitStack() as stack:

        async def start(**given: Any) -> ServedRelay:
            return await stack.enter_async_context(serving(configured(**given), protocol=protocol))

        yield start


@pytest.fixture
async def relay(serve_relay: Serve, upstream: ScriptedUpstream) -> ServedRelay:
    """A relay in front of the scripted upstream, to which Alice has a key."""
    return await serve_relay(**towards(upstream))
