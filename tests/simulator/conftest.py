"""Fixtures of the simulator's tests: a simulator on a socket, and clients of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from app.simulator import Simulator, SimulatorConfig

Dial = Callable[..., Awaitable[ClientConnection]]


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A simulator that speaks fast."""
    async with Simulator(SimulatorConfig(pace=200, text_interval=0.001)) as started:
        yield started


@pytest.fixture
async def dial(simulator: Simulator) -> AsyncIterator[Dial]:
    """Return a function that opens a connection to the simulator, until the test is over."""
    async with AsyncExitStack() as stack:

        async def open_one(target: str = "/openai/v1/realtime?model=m", **options: Any) -> ClientConnection:
            given = {"compression": None, "max_size": None, "close_timeout": 1, **options}
            return await stack.enter_async_context(connect(f"{simulator.url}{target}", **given))

        yield open_one
