"""Tests of app.web.news: what a session's news does with the world, without a network."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from app.auth.credentials import Handshake, Identity
from app.auth.methods import AuthConfig, Authenticator
from app.auth.oidc import Oidc
from app.auth.static_keys import hash_key
from app.auth.tickets import Tickets
from app.errors import Ended, Ending
from app.policy.session_news import News, Renewed
from app.profiles import Profiles
from app.session import SessionConfig, Sessions
from app.store import LimitsConfig, MemoryStore
from app.web.admission import Admission
from app.web.admitted import Admitted, Caller
from app.web.news import DrainBegins, Refresh, make_news, on_clock

ALICE, BOB, EVA = "rk_alice-canary", "rk_bob-canary", "rk_eva-canary"
ENDS_AT = 4_000_000_000.0
"""Unix seconds, in the year 2096."""


def clock() -> float:
    """Return a session's clock, which stands still."""
    return 1000.0


def authenticator() -> Authenticator:
    """Return one that knows Alice by a key with an end, Bob by one without, and Eva's, which is over."""
    moment = datetime.fromtimestamp(ENDS_AT, UTC).isoformat()
    keys = {
        "alice": f"{hash_key(ALICE)};expires={moment}",
        "bob": hash_key(BOB),
        "eva": f"{hash_key(EVA)};expires=2020-01-01",
    }
    config = AuthConfig.model_validate({"keys": keys})
    nobody = cast("Oidc", None)  # no issuer is configured, so nobody is asked
    return Authenticator(config, Tickets(config.tickets, MemoryStore(LimitsConfig())), nobody)


OPTED_IN = Handshake("/", query={"relay": "v1"}, peer="203.0.113.9")


def admission(authenticate: Authenticator | None = None, failures: int = 20) -> Admission:
    """Return an admission that takes so many failures of one address."""
    limits = LimitsConfig(failures_per_address_per_minute=failures)
    return Admission(authenticate or authenticator(), MemoryStore(limits))


NOWHERE = cast("Any", None)


def refresh(
    token: str,
    identity: Identity = Identity("bob", "key"),  # noqa: B008 - a value
    *,
    by: Admission | None = None,
    profile: str = "open",
) -> Refresh:
    """Return the check of a token that is to renew a session of this user's, under this profile."""
    return Refresh(by or admission(), Profiles.load(None), OPTED_IN, identity, profile, token, clock)


async def test_a_refresh_that_fails_counts_like_any_attempt() -> None:
    """Who guesses in band is told so too; a good credential is taken all the same."""
    counted = admission(failures=1)
    codes = []
    for token in ("canary-1", "canary-2", BOB):
        try:
            await refresh(token, by=counted).run()
            codes.append("")
        except Ended as ended:
            codes.append(ended.code)
    assert codes == ["invalid_api_key", "too_many_attempts", ""]


def news(identity: Identity, sessions: Sessions, **config: Any) -> News:
    """Return what a session of this user is told about itself."""
    profiles = Profiles.load(None)
    caller = Caller(OPTED_IN, "s1")
    return make_news(
        Admitted(caller, identity, profiles["open"], None, "azure", NOWHERE),
        admission=admission(),
        profiles=profiles,
        sessions=sessions,
        config=SessionConfig(**config),
        clock=clock,
    )


def test_another_clock_shows_the_same_moment() -> None:
    """As far from its now as it was from now; never stays never."""
    before = time.time()
    shown = on_clock(ENDS_AT, clock)
    after = time.time()
    assert shown is not None
    assert ENDS_AT - after <= shown - clock() <= ENDS_AT - before
    assert on_clock(None, clock) is None


async def test_a_refresh_tells_the_new_end() -> None:
    """On the session's clock, as for a credential that comes with a connection."""
    before = time.time()
    renewed = await refresh(ALICE, Identity("alice", "key")).run()
    after = time.time()
    assert renewed.ends_at is not None
    assert ENDS_AT - after <= renewed.ends_at - clock() <= ENDS_AT - before
    assert await refresh(BOB).run() == Renewed(None)


OTHERS = [
    # the session's user, and the credential that is none of its
    (Identity("bob", "key"), ALICE),
    (Identity("alice", "key"), BOB),
    (Identity("bob", "oidc"), BOB),
    (Identity("bob", "dev"), BOB),
]


@pytest.mark.parametrize(("identity", "token"), OTHERS)
async def test_a_session_stays_its_users(identity: Identity, token: str) -> None:
    """Another's credential renews nothing, nor does one of the same name by another method."""
    with pytest.raises(Ended) as ended:
        await refresh(token, identity).run()
    assert (ended.value.ending, ended.value.code) == (Ending.FORBIDDEN, "another_user")
    assert ended.value.message == "The new credential is another user's."


@pytest.mark.parametrize(
    ("token", "code"), [("", "invalid_api_key"), ("rk_x", "invalid_api_key"), (EVA, "key_expired")]
)
async def test_what_is_no_credential_renews_nothing(token: str, code: str) -> None:
    """Each is refused as on the way in."""
    with pytest.raises(Ended) as ended:
        await refresh(token, Identity("eva", "key")).run()
    assert (ended.value.ending, ended.value.code) == (Ending.UNAUTHENTICATED, code)


async def test_a_credential_that_is_not_good_for_the_profile_renews_nothing() -> None:
    """The session would go on under a policy that its user may no longer have."""
    with pytest.raises(Ended) as ended:
        await refresh(BOB, profile="withdrawn").run()
    assert (ended.value.ending, ended.value.code) == (Ending.FORBIDDEN, "profile_not_allowed")


async def test_a_ticket_renews_nothing() -> None:
    """It opens a connection, and this one is open."""
    authenticate = authenticator()
    alice = Identity("alice", "key")
    bound: dict[str, Any] = {"seconds": 600, "profiles": None, "origin": None, "model": None}
    ticket, _ = await authenticate.tickets.mint(alice, time.time(), **bound)
    with pytest.raises(Ended) as ended:
        await refresh(ticket, alice, by=admission(authenticate)).run()
    assert ended.value.detail == "an unknown key by event"


def test_a_refresh_does_not_show_its_token() -> None:
    """Its `repr`, which may end up in a log, is without it."""
    assert ALICE not in repr(news(Identity("alice", "key"), Sessions()).refresh(ALICE))


async def test_a_drain_is_waited_for() -> None:
    """It ends when the drain begins, with the seconds that are left then."""
    sessions = Sessions()
    waiting = asyncio.ensure_future(DrainBegins(sessions).run())
    await sessions.drain(25.0)
    async with asyncio.timeout(5):
        assert await waiting == 25.0


def test_effects_have_names_of_their_own() -> None:
    """So that two of one session, or of two, are not taken for one another."""
    told = [news(Identity("bob", "key"), Sessions()) for _ in range(2)]
    effects = [effect for each in told for effect in (each.refresh(BOB), each.refresh(BOB), each.drain())]
    assert len({each.id for each in effects}) == len(effects)


async def test_what_a_session_is_told() -> None:
    """Its ends on its own clock, the grace and the limits that it runs under."""
    sessions = Sessions()
    times = {"maximum_duration": 500, "idle": 50, "credential_grace": 5}
    told = news(Identity("bob", "key"), sessions, **times)
    assert (told.ends_at, told.credential_ends_at, told.grace) == (1500.0, None, 5.0)
    assert told.limits == {"maximum_duration": 500.0, "idle": 50.0}
    assert await told.refresh(BOB).run() == Renewed(None)
    await sessions.drain(7.0)
    async with asyncio.timeout(5):
        assert await told.drain().run() == 7.0


def test_a_session_is_told_when_its_credential_ends() -> None:
    """On its own clock."""
    before = time.time()
    told = news(Identity("alice", "key", ENDS_AT), Sessions())
    after = time.time()
    assert told.credential_ends_at is not None
    assert ENDS_AT - after <= told.credential_ends_at - clock() <= ENDS_AT - before
