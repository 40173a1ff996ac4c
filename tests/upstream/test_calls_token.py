"""Tests of app.upstream.calls: what an identity does to them whose tokens do not come."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import pytest

from app.errors import Ended, Ending
from app.upstream.calls import Calls, Wanted
from app.upstream.connector import Connector
from app.upstream.providers import Target


class Mute:
    """An identity whose tokens never come."""

    async def get_token(self, *_: str) -> NoReturn:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        """There is nothing to close."""


async def test_a_token_that_does_not_come_is_given_up(connector: Callable[..., Connector]) -> None:
    """In the time that a dial has, however long the identity endpoint may take for the next who asks."""
    calls = Calls(connector(timeout=0.25, credential=Mute))
    target = Target(provider="azure", endpoint="https://nowhere.openai.azure.com", deployment="d")
    asked = (
        calls.mint(target, Wanted({}, 30), request_id="r1"),
        calls.hang_up(target, "rtc_1", request_id="r1"),
    )
    for each in asked:
        with pytest.raises(Ended) as ended:
            await each
        assert (ended.value.ending, "an Entra token" in ended.value.detail) == (Ending.DIAL_TIMEOUT, True)
