"""Tests of app.web.call_leg: a client of which nothing comes, and whose close is the hang-up."""

import asyncio

import pytest

from app.errors import Ended, Ending
from app.web.call_leg import CallLeg
from app.wire import Closed


class Line:
    """Counts how often it is hung up; fails where it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.hung_up = 0
        self.go = asyncio.Event()
        self._failure = failure

    async def hang_up(self) -> None:
        """Hang up, when the test says so."""
        await self.go.wait()
        self.hung_up += 1
        if self._failure is not None:
            raise self._failure


async def test_it_says_nothing_until_it_leaves() -> None:
    """What it is told goes nowhere."""
    leg = CallLeg(Line().hang_up, "rtc_1")
    await leg.send(b"dropped")
    leg.abort()
    receiving = asyncio.ensure_future(leg.recv())
    await asyncio.sleep(0)
    assert not receiving.done()
    leg.leave()
    with pytest.raises(Closed) as closed:
        await receiving
    assert (closed.value.code, leg.lane) == (1000, None)


@pytest.mark.parametrize("failure", [None, Ended(Ending.UPSTREAM_UNAVAILABLE), RuntimeError("canary")])
async def test_a_call_is_hung_up_once(failure: Exception | None, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever closes first, and whoever waits no longer; that it failed is for the log."""
    line = Line(failure)
    leg = CallLeg(line.hang_up, "rtc_1")
    impatient = asyncio.ensure_future(leg.close(1000, ""))
    await asyncio.sleep(0)
    impatient.cancel()
    line.go.set()
    for _ in range(2):
        await leg.close(1000, "")
    assert (line.hung_up, impatient.cancelled()) == (1, True)
    logged = capsys.readouterr().out
    assert ("call not hung up" in logged, "canary" in logged) == (failure is not None, False)
