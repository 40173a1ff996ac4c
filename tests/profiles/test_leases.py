"""Tests of app.profiles.leases: who closes something waits for those who use it."""

import asyncio
import contextlib

from app.profiles.leases import Leases


async def test_nobody_waits_where_there_is_no_lease() -> None:
    """Neither before the first, nor after the last."""
    leases = Leases()
    await leases.ended()
    with leases:
        pass
    await leases.ended()


async def test_the_last_lease_counts() -> None:
    """However many there are, and however they end."""
    leases = Leases()
    with leases:
        with contextlib.suppress(LookupError), leases:
            waiting = asyncio.ensure_future(leases.ended())
            raise LookupError
        await asyncio.wait([waiting], timeout=0)
        assert not waiting.done()
    await waiting


async def test_revoked_leases_are_not_waited_for() -> None:
    """And their ends are no news."""
    leases = Leases()
    with leases:
        waiting = asyncio.ensure_future(leases.ended())
        leases.revoke()
        await waiting
    await leases.ended()
