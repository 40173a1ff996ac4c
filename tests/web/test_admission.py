"""Tests of app.web.admission: who is let in, how often one may fail, and under which profile."""

import asyncio
from ipaddress import ip_network
from typing import Any, cast

import pytest

from app.auth.credentials import Handshake, Identity
from app.auth.methods import AuthConfig, Authenticator
from app.auth.oidc import Oidc
from app.auth.static_keys import hash_key
from app.auth.tickets import Tickets
from app.errors import Ended, Ending
from app.store import LimitsConfig, MemoryStore
from app.web.admission import Admission

KEY = "rk_alice-canary"
KNOWN = {"api-key": KEY}
GUESS = {"api-key": "rk_guess"}
INGRESS = "10.0.0.1"


def admission(failures: int = 2, **auth: Any) -> Admission:
    """Return the admission of a relay behind an ingress, with one user."""
    store = MemoryStore(LimitsConfig(failures_per_address_per_minute=failures))
    config = AuthConfig(**{"keys": {"alice": hash_key(KEY)}, **auth})
    trusted = (ip_network("10.0.0.0/8"),)
    nobody = cast("Oidc", None)  # no issuer is configured, so nobody is asked
    authenticate = Authenticator(config, Tickets(config.tickets, store), nobody, trusted)
    return Admission(authenticate, store, trusted)


def came(headers: dict[str, str], peer: str | None = "203.0.113.5", forwarded: str | None = None) -> Handshake:
    """Return a handshake from this peer."""
    hops = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return Handshake("/", headers={**headers, **hops}, peer=peer)


async def code(admitted: Admission, handshake: Handshake) -> str:
    """Return the name of who was let in, or the code of the refusal."""
    try:
        return (await admitted.identify(handshake)).name
    except Ended as ended:
        return ended.code


async def test_a_known_user_is_let_in() -> None:
    """As the authenticator says, on a socket and to get a ticket."""
    admitted = admission()
    assert await admitted.identify(came(KNOWN)) == Identity("alice", "key")
    assert await admitted.identify(came(KNOWN), minting=True) == Identity("alice", "key")


async def test_a_ticket_cannot_mint() -> None:
    """It is a session's credential and no other's; whoever tries has failed."""
    admitted = admission(failures=1)
    bound: dict[str, Any] = {"seconds": 600, "profiles": None, "origin": None, "model": None}
    identity = Identity("alice", "key")
    ticket, _ = await admitted.authenticate.tickets.mint(identity, admitted.authenticate.now(), **bound)
    for expected in ("invalid_api_key", "too_many_attempts"):
        with pytest.raises(Ended) as ended:
            await admitted.identify(came({"api-key": ticket}), minting=True)
        assert ended.value.code == expected
    assert await code(admitted, came({"api-key": ticket})) == "alice"


async def test_one_who_fails_too_often_hears_only_that() -> None:
    """The refusal says when to come again; why it failed is for the log alone."""
    admitted = admission()
    assert [await code(admitted, came(GUESS)) for _ in range(2)] == ["invalid_api_key"] * 2
    with pytest.raises(Ended) as ended:
        await admitted.identify(came(GUESS))
    assert (ended.value.ending, ended.value.code) == (Ending.OVER_QUOTA, "too_many_attempts")
    assert (ended.value.message, ended.value.retry_after) == ("Too many failed attempts from your address.", 60)
    assert ended.value.detail == "an unknown key by api-key"
    assert ended.value.__suppress_context__


async def test_a_valid_credential_is_never_refused_for_anothers_failures() -> None:
    """One guesser and one honest user behind the same address: at whatever point, and at the same time."""
    admitted = admission(failures=1)
    for _ in range(5):
        await code(admitted, came(GUESS))
        assert await code(admitted, came(KNOWN)) == "alice"
    attempts = [GUESS, KNOWN, GUESS, KNOWN, GUESS]
    got = await asyncio.gather(*(code(admitted, came(each)) for each in attempts))
    assert got == ["too_many_attempts", "alice", "too_many_attempts", "alice", "too_many_attempts"]


async def test_behind_one_ingress_each_has_its_own_count() -> None:
    """A guesser's failures are not its neighbour's mistakes, whatever the guesser writes into the header."""
    admitted = admission()
    spoofed = [came(GUESS, INGRESS, f"198.51.100.{number}, 203.0.113.9") for number in range(4)]
    guessed = [await code(admitted, each) for each in spoofed]
    assert guessed == ["invalid_api_key", "invalid_api_key", "too_many_attempts", "too_many_attempts"]
    assert await code(admitted, came(GUESS, INGRESS, "203.0.113.10")) == "invalid_api_key"
    assert await code(admitted, came(GUESS, INGRESS, "198.51.100.0")) == "invalid_api_key"
    assert await code(admitted, came(KNOWN, INGRESS, "203.0.113.9")) == "alice"


async def test_who_is_no_proxy_cannot_say_who_it_is() -> None:
    """A guesser that names another address in each attempt is counted by its own."""
    admitted = admission()
    got = [await code(admitted, came(GUESS, forwarded=f"198.51.100.{number}")) for number in range(3)]
    assert got[2] == "too_many_attempts"
    assert await code(admitted, came(GUESS, "198.51.100.0")) == "invalid_api_key"


async def test_a_network_of_ipv6_is_one_address() -> None:
    """A guesser that changes its address within its /64 is counted as one; the next network is another."""
    admitted = admission()
    got = [await code(admitted, came(GUESS, f"2001:db8:0:1::{number:x}")) for number in range(1, 4)]
    assert got[2] == "too_many_attempts"
    assert await code(admitted, came(GUESS, "2001:db8:0:2::1")) == "invalid_api_key"


async def test_where_no_address_is_known_nobody_is_counted() -> None:
    """On a Unix socket all callers would share one count."""
    admitted = admission(failures=1)
    for peer in (None, "", "/run/relay.sock"):
        assert [await code(admitted, came(GUESS, peer)) for _ in range(3)] == ["invalid_api_key"] * 3


async def test_the_forbidden_have_failed_too() -> None:
    """Who forges the headers of the ingress is counted with those who guess."""
    admitted = admission(easyauth=True)
    forged = came({"x-ms-client-principal-id": "dave", "origin": "https://app.example"})
    assert [await code(admitted, forged) for _ in range(3)] == ["forbidden", "forbidden", "too_many_attempts"]


class Outage:
    """An identity provider that cannot be reached."""

    def looks_like(self, token: str) -> bool:
        """Take anything for a token."""
        return bool(token)

    async def identify(self, token: str) -> Identity:
        """Fail."""
        raise Ended(Ending.UPSTREAM_UNAVAILABLE, detail=f"{len(token)} characters")


async def test_an_outage_is_nobodys_failure() -> None:
    """A user whose provider is down has not guessed, however often it tries."""
    issuers = {"corp": {"issuer": "https://issuer.example", "audience": "relay"}}
    usual = admission(failures=1)
    config = AuthConfig.model_validate({"oidc": issuers})
    down: Any = Outage()
    admitted = Admission(Authenticator(config, usual.authenticate.tickets, down), usual.store)
    assert [await code(admitted, came(KNOWN)) for _ in range(3)] == ["upstream_unavailable"] * 3
    assert await code(usual, came(GUESS)) == "invalid_api_key"
