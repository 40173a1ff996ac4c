"""Tests of app.store: how many sessions and dials there may be, in all and of one user."""

import pytest
from pydantic import ValidationError

from app.errors import Ended, Ending
from app.store import LimitsConfig, MemoryStore


def store(sessions: int = 100, of_one: int = 100, dials: int = 100) -> MemoryStore:
    """Return a store with these limits."""
    limits = LimitsConfig(sessions=sessions, sessions_per_user=of_one, dials_per_user_per_minute=dials)
    return MemoryStore(limits)


async def refusal(store: MemoryStore, user: str | None, now: float = 0.0) -> Ended | None:
    """Take a place, or return why there is none."""
    try:
        await store.open_session(user, now)
    except Ended as ended:
        return ended
    return None


def test_the_defaults() -> None:
    """200 sessions in all, 5 of one user, 20 dials of one user in a minute."""
    limits = LimitsConfig()
    assert (limits.sessions, limits.sessions_per_user, limits.dials_per_user_per_minute) == (200, 5, 20)


@pytest.mark.parametrize("limit", ["sessions", "sessions_per_user", "dials_per_user_per_minute"])
def test_a_limit_of_nothing_is_refused(limit: str) -> None:
    """A relay that lets nobody in is a mistake."""
    with pytest.raises(ValidationError):
        LimitsConfig.model_validate({limit: 0})


async def test_the_places_in_all() -> None:
    """When all are taken, everybody is over quota, known users and the nameless alike, and told when to retry."""
    counts = store(sessions=2)
    assert [await refusal(counts, "alice"), await refusal(counts, None)] == [None, None]
    for user in ("bob", None):
        ended = await refusal(counts, user)
        assert ended is not None
        assert (ended.ending, ended.retry_after) == (Ending.OVER_QUOTA, 10)
        assert ended.message == "This relay has all its sessions in use."


async def test_the_places_of_one_user() -> None:
    """One user's sessions take nothing from another, and the refusal names the limit."""
    counts = store(of_one=2)
    for _ in range(2):
        await counts.open_session("alice", 0.0)
    ended = await refusal(counts, "alice")
    assert ended is not None
    assert (ended.ending, ended.retry_after) == (Ending.OVER_QUOTA, 10)
    assert ended.message == "You have 2 sessions open, the most allowed."
    assert await refusal(counts, "bob") is None


async def test_the_nameless_count_only_in_all() -> None:
    """A user of None has no limits of its own."""
    counts = store(of_one=1, dials=1)
    assert [await refusal(counts, None) for _ in range(5)] == [None] * 5


async def test_a_place_given_back_can_be_taken() -> None:
    """Closing a session frees its place in all and its user's."""
    counts = store(sessions=2, of_one=2)
    for _ in range(2):
        await counts.open_session("alice", 0.0)
    await counts.close_session("alice")
    assert await refusal(counts, "alice") is None
    assert await refusal(counts, "bob") is not None


async def test_a_refusal_takes_no_place() -> None:
    """Whoever was refused has nothing to give back, and leaves the others as they were."""
    counts = store(sessions=2, of_one=1)
    await counts.open_session("alice", 0.0)
    assert await refusal(counts, "alice") is not None
    assert await refusal(counts, "bob") is None
    await counts.close_session("alice")
    assert await refusal(counts, "alice") is None


DIALS = [
    # dials so far, the moment of the next, and the seconds to wait (None: it is let in)
    ([0.0], 1.0, None),
    ([0.0, 0.0], 0.0, 61),
    ([0.0, 30.0], 30.0, 31),
    ([0.0, 30.0], 59.5, 1),
    ([0.0, 30.0], 60.0, None),
    ([0.0, 59.0], 60.0, None),
]


@pytest.mark.parametrize(("dials", "now", "wait"), DIALS)
async def test_dials_in_a_minute(dials: list[float], now: float, wait: int | None) -> None:
    """Two dials in any minute, whether their sessions are open or not; the third is told how long to wait."""
    counts = store(dials=2)
    for each in dials:
        await counts.open_session("alice", each)
        await counts.close_session("alice")
    ended = await refusal(counts, "alice", now)
    assert wait == (ended and ended.retry_after)
    assert ended is None or (ended.ending, ended.message) == (Ending.OVER_QUOTA, "You connect too often.")


async def test_a_wait_that_was_told_is_enough() -> None:
    """Whoever comes again after the seconds told is let in."""
    counts = store(dials=1)
    await counts.open_session("alice", 100.4)
    ended = await refusal(counts, "alice", 130.9)
    assert ended is not None
    assert ended.retry_after is not None
    assert await refusal(counts, "alice", 130.9 + ended.retry_after) is None


async def test_dials_of_others_do_not_count() -> None:
    """Each user has a minute of its own, also when another's is just over."""
    counts = store(dials=1)
    await counts.open_session("alice", 0.0)
    await counts.open_session("bob", 59.0)
    assert await refusal(counts, "carol", 61.0) is None
    assert await refusal(counts, "bob", 61.0) is not None
    assert await refusal(counts, "alice", 61.0) is None
