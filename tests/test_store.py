"""Tests of app.store: sessions and dials in all and of one user, tickets that work once, and failed attempts."""

import pytest
from pydantic import ValidationError

from app.errors import Ended, Ending
from app.store import LimitsConfig, MemoryStore, Ticket, Window


def store(sessions: int = 100, of_one: int = 100, dials: int = 100, failures: int = 100) -> MemoryStore:
    """Return a store with these limits."""
    limits = LimitsConfig(
        sessions=sessions,
        sessions_per_user=of_one,
        dials_per_user_per_minute=dials,
        failures_per_address_per_minute=failures,
    )
    return MemoryStore(limits)


async def refusal(store: MemoryStore, user: str | None, now: float = 0.0) -> Ended | None:
    """Take a place, or return why there is none."""
    try:
        await store.open_session(user, now)
    except Ended as ended:
        return ended
    return None


def test_the_defaults() -> None:
    """200 sessions in all, 5 of one user, 20 dials of one user and 20 failures of one address in a minute."""
    limits = LimitsConfig()
    assert (limits.sessions, limits.sessions_per_user) == (200, 5)
    assert (limits.dials_per_user_per_minute, limits.failures_per_address_per_minute) == (20, 20)


@pytest.mark.parametrize("limit", sorted(LimitsConfig.model_fields))
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


TICKET = Ticket("key:alice", expires_at=100.0)


async def state(kept: MemoryStore, now: float = 0.0, hashed: str = "h") -> bool:
    """Tell whether the ticket can be used."""
    return await kept.find_ticket(hashed, now) is not None


async def test_a_ticket_is_found_until_it_expires() -> None:
    """As it was kept; at its end it is gone, and nobody else's was ever there."""
    kept = store()
    await kept.put_ticket("h", TICKET, 0.0)
    assert await kept.find_ticket("h", 99.9) == TICKET
    assert await kept.find_ticket("h", 100.0) is None
    assert await kept.find_ticket("other", 0.0) is None


async def test_a_ticket_is_reserved_once() -> None:
    """The first gets it, the second does not, and meanwhile it is not to be found."""
    kept = store()
    await kept.put_ticket("h", TICKET, 0.0)
    assert [await kept.reserve_ticket("h", 1.0) for _ in range(3)] == [True, False, False]
    assert not await state(kept)


@pytest.mark.parametrize(("hashed", "now"), [("other", 0.0), ("h", 100.0), ("h", 1000.0)])
async def test_what_cannot_be_found_cannot_be_reserved(hashed: str, now: float) -> None:
    """An unknown ticket, or one that has expired."""
    kept = store()
    await kept.put_ticket("h", TICKET, 0.0)
    assert not await kept.reserve_ticket(hashed, now)
    assert await state(kept)


async def test_a_ticket_given_back_can_be_reserved_again() -> None:
    """To give back what nobody holds changes nothing."""
    kept = store()
    await kept.put_ticket("h", TICKET, 0.0)
    await kept.release_ticket("h")
    assert await kept.reserve_ticket("h", 1.0)
    await kept.release_ticket("h")
    assert await kept.reserve_ticket("h", 2.0)
    assert not await kept.reserve_ticket("h", 3.0)


async def test_a_used_ticket_is_forgotten() -> None:
    """Giving it back afterwards does not bring it back; another ticket is not touched."""
    kept = store()
    await kept.put_ticket("h", TICKET, 0.0)
    await kept.put_ticket("other", TICKET, 0.0)
    await kept.reserve_ticket("h", 1.0)
    await kept.consume_ticket("h")
    await kept.release_ticket("h")
    await kept.consume_ticket("never was")
    assert [await state(kept), await state(kept, hashed="other")] == [False, True]


async def test_expired_tickets_are_swept_out() -> None:
    """When the next is kept; the clock set back does not bring them back. One in use stays until it is decided."""
    kept = store()
    for hashed in ("old", "in use"):
        await kept.put_ticket(hashed, TICKET, 0.0)
    await kept.reserve_ticket("in use", 0.0)
    await kept.put_ticket("young", Ticket("key:alice", expires_at=100.1), 0.0)
    await kept.put_ticket("new", Ticket("key:alice", expires_at=200.0), 100.0)
    await kept.release_ticket("in use")
    found = [each for each in ("old", "in use", "young", "new") if await state(kept, hashed=each)]
    assert found == ["in use", "young", "new"]


async def test_failures_of_an_address() -> None:
    """So many in any minute are no more than mistakes; each further one is too many, until the first is old."""
    counts = store(failures=2)
    assert [await counts.count_failure("a", now) for now in (0.0, 30.0, 31.0, 59.9)] == [False, False, True, True]
    assert [await counts.count_failure("a", now) for now in (60.0, 60.1, 90.0)] == [False, True, False]
    assert not await counts.count_failure("b", 31.0)


async def test_failures_are_not_dials() -> None:
    """A user of the same name as an address has a count of its own."""
    counts = store(dials=1, failures=1)
    await counts.count_failure("alice", 0.0)
    assert await refusal(counts, "alice") is None
    assert await counts.count_failure("alice", 0.0)


def test_a_window_tells_how_long_to_wait() -> None:
    """What is one too many does not count itself, so that the wait grows no longer by asking."""
    window = Window(2)
    assert [window.count("a", now) for now in (100.0, 110.0, 120.0, 130.5)] == [None, None, 41, 30]
    assert [window.count("a", now) for now in (160.0, 160.1)] == [None, 10]


def test_a_window_sweeps_out_the_quiet() -> None:
    """Once a minute and no oftener; who was there within the last is kept, with its count."""
    window = Window(2)
    for key, now in (("quiet", 100.0), ("late", 101.0), ("late", 150.0), ("edge", 100.5)):
        window.count(key, now)
    for now, kept in (
        (159.9, ["edge", "late", "new", "quiet"]),
        (160.0, ["edge", "late", "new"]),
        (162.0, ["edge", "late", "new"]),
    ):
        window.count("new", now)
        assert sorted(window._times) == kept  # noqa: SLF001 - memory has no other face
    assert window.count("late", 161.0) is None
    assert window.count("late", 161.5) == 49


async def test_a_user_has_so_many_tickets_at_once() -> None:
    """Those used or expired make room; another user's are another's."""
    counts = MemoryStore(LimitsConfig(tickets_per_user=2))
    await counts.put_ticket("one", Ticket("alice", expires_at=100.0), 0.0)
    await counts.put_ticket("two", Ticket("alice", expires_at=100.0), 0.0)
    with pytest.raises(Ended) as ended:
        await counts.put_ticket("three", Ticket("alice", expires_at=100.0), 0.5)
    assert ended.value.ending is Ending.OVER_QUOTA
    await counts.put_ticket("bobs", Ticket("bob", expires_at=100.0), 0.5)
    await counts.consume_ticket("one")
    await counts.consume_ticket("one")
    await counts.put_ticket("four", Ticket("alice", expires_at=100.0), 0.6)
    await counts.put_ticket("five", Ticket("alice", expires_at=200.0), 100.0)
    assert await counts.find_ticket("five", 100.0) is not None
