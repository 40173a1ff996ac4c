"""Tests of app.auth.provider: how often an identity provider is asked, and how long its keys serve."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from app.auth.provider import Provider
from app.errors import Ended, Ending
from tests.auth.issuer import Clock, Issuer, SigningKey

BOTH = ["/.well-known/openid-configuration", "/keys"]
OLD, NEW = SigningKey("old"), SigningKey("new")
Make = Callable[..., Provider]


async def known(provider: Provider, *kids: str) -> list[bool]:
    """Tell of each name whether there is a key."""
    return [bool(await provider.keys(kid)) for kid in kids]


async def unavailable(provider: Provider, kid: str = "key-1") -> Ended:
    with pytest.raises(Ended) as caught:
        await provider.keys(kid)
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    assert caught.value.code == "identity_provider_unavailable"
    assert caught.value.message == "The identity provider can't be reached now."
    return caught.value


async def test_keys_are_asked_for_once_an_hour(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """Both documents, and then neither until the hour is over."""
    kept = provider()
    assert await known(kept, "key-1", "key-1") == [True, True]
    clock.now += 3599
    assert await known(kept, "key-1") == [True]
    assert issuer.asked == BOTH
    clock.now += 1
    assert await known(kept, "key-1") == [True]
    assert issuer.asked == BOTH * 2


async def test_nothing_is_asked_before_a_token_comes(issuer: Issuer, provider: Make) -> None:
    """A relay starts without its identity provider."""
    await provider().close()
    assert issuer.asked == []


async def test_a_new_key_is_found(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """A name that is not known yet is asked for, and what is no longer published is forgotten."""
    issuer.publish(OLD)
    kept = provider()
    assert await known(kept, "old") == [True]
    issuer.publish(NEW)
    clock.now += 30
    assert await known(kept, "new", "old") == [True, False]


async def test_unknown_names_are_asked_for_every_30_seconds_at_most(
    issuer: Issuer, provider: Make, clock: Clock
) -> None:
    """However many tokens name keys that nobody has, or that have just come."""
    kept = provider()
    assert await known(kept, "key-1", "x", "y", "../../key-1", "") == [True, False, False, False, False]
    issuer.publish(NEW)
    clock.now += 29.9
    assert await known(kept, "new", "x") == [False, False]
    assert issuer.asked == BOTH
    clock.now += 0.1
    assert await known(kept, "x", "y", "new") == [False, False, True]
    assert issuer.asked == BOTH * 2


async def test_all_who_wait_share_one_fetch(issuer: Issuer, provider: Make) -> None:
    """To cancel one, the first even, does not cancel the others."""
    issuer.go.clear()
    kept = provider()
    waiting = [asyncio.create_task(kept.keys("key-1")) for _ in range(20)]
    await issuer.arrived.get()
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    issuer.go.set()
    assert all(await asyncio.gather(*waiting[1:]))
    assert waiting[0].cancelled()
    assert issuer.asked == BOTH


async def test_a_fetch_that_nobody_waits_for_goes_on(issuer: Issuer, provider: Make) -> None:
    """Its keys serve the next one."""
    issuer.go.clear()
    kept = provider()
    waiting = asyncio.create_task(kept.keys("key-1"))
    await issuer.arrived.get()
    waiting.cancel()
    await asyncio.wait([waiting])
    issuer.go.set()
    assert await known(kept, "key-1") == [True]
    assert issuer.asked == BOTH


async def test_close_gives_up_what_is_under_way(issuer: Issuer, provider: Make) -> None:
    """A relay that stops does not wait for its identity provider."""
    issuer.go.clear()
    kept = provider()
    waiting = asyncio.create_task(kept.keys("key-1"))
    await issuer.arrived.get()
    await kept.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_outage_before_there_are_keys(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """It is not the caller's fault; after 5 seconds the provider is asked again, and not before."""
    issuer.fail()
    kept = provider()
    ended = await unavailable(kept)
    assert (ended.detail, ended.retry_after) == ("discovery answers 503", 5)
    issuer.answers.clear()
    clock.now += 4.9
    await unavailable(kept)
    assert issuer.asked == BOTH[:1]
    clock.now += 0.1
    assert await known(kept, "key-1") == [True]


async def test_old_keys_serve_while_the_provider_is_down(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """For a day at most; meanwhile it is asked every 30 seconds, and the log tells of each failure."""
    kept = provider()
    assert await known(kept, "key-1") == [True]
    issuer.fail()
    clock.now += 3600
    with capture_logs() as logs:
        assert await known(kept, "key-1", "key-1") == [True, True]
        clock.now += 30
        assert await known(kept, "key-1") == [True]
    failed = {"event": "oidc_fetch_failed", "issuer": issuer.url, "error": "discovery answers 503"}
    assert logs == [{**failed, "log_level": "warning"}] * 2
    clock.now += 23 * 3600 - 31
    assert await known(kept, "key-1") == [True]
    clock.now += 1
    assert (await unavailable(kept)).detail == "discovery answers 503"


async def test_keys_come_back_after_an_outage(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """What was rotated meanwhile is gone."""
    issuer.publish(OLD)
    kept = provider()
    assert await known(kept, "old") == [True]
    issuer.fail()
    clock.now += 3600
    assert await known(kept, "old") == [True]
    issuer.answers.clear()
    issuer.publish(NEW)
    clock.now += 30
    assert await known(kept, "old", "new") == [False, True]


async def test_an_unknown_name_during_an_outage(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """Nobody can know whether it is a new key: it is the provider's failure, until it answers."""
    kept = provider()
    assert await known(kept, "key-1") == [True]
    issuer.fail()
    clock.now += 30
    ended = await unavailable(kept, "new")
    assert ended.retry_after == 30
    await unavailable(kept, "new")
    issuer.answers.clear()
    clock.now += 30
    assert await known(kept, "new") == [False]


async def test_a_clock_that_is_put_back(issuer: Issuer, provider: Make, clock: Clock) -> None:
    """Keys from the future are asked for anew, so that none serves for longer than it may."""
    kept = provider()
    assert await known(kept, "key-1") == [True]
    clock.now -= 7200
    assert await known(kept, "key-1") == [True]
    assert issuer.asked == BOTH * 2
