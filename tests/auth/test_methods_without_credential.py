"""Tests of app.auth.methods: who is let in without a credential, by a trusted ingress or on this machine."""

from ipaddress import ip_network
from typing import Any, cast

import pytest

from app.auth.credentials import Handshake, Identity
from app.auth.methods import DEV, AuthConfig, Authenticator
from app.auth.oidc import Oidc
from app.auth.static_keys import hash_key
from app.auth.tickets import Tickets
from app.errors import Ended, Ending
from app.store import LimitsConfig, MemoryStore

KEY = "rk_alice-canary"
INGRESS = (ip_network("10.0.0.0/8"),)


def authenticator(**config: Any) -> Authenticator:
    """Return an authenticator without an identity provider, behind an ingress in 10.0.0.0/8."""
    auth = AuthConfig(**config)
    nobody = cast("Oidc", None)  # no issuer is configured, so nobody is asked
    return Authenticator(auth, Tickets(auth.tickets, MemoryStore(LimitsConfig())), nobody, INGRESS)


async def ending(config: dict[str, Any], handshake: Handshake) -> Ended:
    """Return why nobody was let in."""
    with pytest.raises(Ended) as ended:
        await authenticator(**config)(handshake)
    return ended.value


LOCAL = {"host": "localhost:8000"}

AT_HOME: list[tuple[dict[str, str], str]] = [
    # the headers and the accepting address of callers that dev mode lets in
    (LOCAL, "127.0.0.1"),
    ({"host": "127.0.0.1:8000"}, "127.0.0.1"),
    ({"host": "[::1]:8000"}, "::1"),
    (LOCAL, "127.8.9.1"),
    ({**LOCAL, "origin": "http://localhost:8000"}, "127.0.0.1"),
    ({**LOCAL, "authorization": "Bearer anything", "api-key": "at all"}, "127.0.0.1"),
    ({**LOCAL, "x-forward": "near miss", "via": "1.1 cache"}, "127.0.0.1"),
    ({**LOCAL, "x-ms-client-principal-id": "dave"}, "127.0.0.1"),
]

NOT_AT_HOME: list[tuple[dict[str, str], str | None]] = [
    (LOCAL, "10.0.0.5"),
    (LOCAL, "0.0.0.0"),
    (LOCAL, "::"),
    (LOCAL, "/run/relay.sock"),
    (LOCAL, ""),
    (LOCAL, None),
    ({}, "127.0.0.1"),
    ({"host": "relay.example"}, "127.0.0.1"),
    ({"host": "localhost.evil.example:8000"}, "127.0.0.1"),
    ({**LOCAL, "origin": "https://evil.example"}, "127.0.0.1"),
    ({**LOCAL, "origin": "http://localhost:3000"}, "127.0.0.1"),
    ({**LOCAL, "origin": "null"}, "127.0.0.1"),
    ({**LOCAL, "forwarded": "for=10.0.0.5"}, "127.0.0.1"),
    ({**LOCAL, "x-forwarded-for": "127.0.0.1"}, "127.0.0.1"),
    ({**LOCAL, "x-forwarded-proto": "https"}, "127.0.0.1"),
    ({**LOCAL, "x-forwarded-host": ""}, "127.0.0.1"),
]


@pytest.mark.parametrize(("headers", "address"), AT_HOME)
async def test_dev_mode_serves_its_own_machine(headers: dict[str, str], address: str) -> None:
    """Accepted on loopback, for a loopback name, from the relay's own page or none, through no proxy."""
    assert await authenticator()(Handshake("/", headers=headers, local_address=address)) is DEV


@pytest.mark.parametrize(("headers", "address"), NOT_AT_HOME)
async def test_dev_mode_serves_nobody_else(headers: dict[str, str], address: str | None) -> None:
    """Any one of the four out of place is 403, with the sentence that tells what to configure."""
    ended = await ending({}, Handshake("/", headers=headers, local_address=address))
    assert (ended.ending, ended.code) == (Ending.FORBIDDEN, "authentication_not_configured")
    assert "RELAY_AUTH__KEYS__<NAME>" in ended.message


async def test_there_is_no_dev_mode_beside_keys() -> None:
    """As soon as one key is configured, this machine needs one too."""
    handshake = Handshake("/", headers={**LOCAL, "api-key": "anything"}, local_address="127.0.0.1")
    assert (await ending({"keys": {"alice": hash_key(KEY)}}, handshake)).ending is Ending.UNAUTHENTICATED


PAGE = {"origin": "https://app.example", "host": "relay.example"}
DAVE = {**PAGE, "x-ms-client-principal-id": "dave"}


def through(peer: str | None, headers: dict[str, str]) -> Handshake:
    """Return a handshake that came by this peer."""
    return Handshake("/", headers=headers, peer=peer)


@pytest.mark.parametrize("provider", [None, "aad", "google"])
async def test_the_ingress_says_who_it_is(provider: str | None) -> None:
    """Each of its providers has users of its own, and a credential beside its word is not looked at."""
    named = {} if provider is None else {"x-ms-client-principal-idp": provider}
    handshake = through("10.0.0.1", {**DAVE, **named, "api-key": "anything"})
    assert await authenticator(easyauth=True)(handshake) == Identity(f"{provider or 'ingress'}#dave", "easyauth")
    assert await authenticator(easyauth=True)(handshake, minting=True) == Identity(
        f"{provider or 'ingress'}#dave", "easyauth"
    )


@pytest.mark.parametrize("peer", ["203.0.113.5", "11.0.0.1", "/run/relay.sock", None])
async def test_nobody_else_is_believed(peer: str | None) -> None:
    """The headers of a peer that is no trusted proxy are refused, also next to a good key."""
    forged = {**DAVE, "x-forwarded-for": "10.0.0.1", "api-key": KEY}
    ended = await ending({"easyauth": True, "keys": {"alice": hash_key(KEY)}}, through(peer, forged))
    assert (ended.ending, ended.code) == (Ending.FORBIDDEN, "forbidden")
    assert ended.message == "Identity headers are taken from the ingress only."
    assert "RELAY_TRUSTED_PROXIES" in ended.detail
    assert "dave" not in ended.message + ended.detail


async def test_an_identity_of_the_ingress_needs_an_origin() -> None:
    """Behind it stands a cookie, and only the Origin tells which page sends it."""
    handshake = through("10.0.0.1", {"x-ms-client-principal-id": "dave"})
    ended = await ending({"easyauth": True}, handshake)
    assert (ended.ending, ended.code) == (Ending.FORBIDDEN, "origin_missing")


@pytest.mark.parametrize("headers", [PAGE, {**PAGE, "x-ms-client-principal-id": ""}])
async def test_whom_the_ingress_does_not_know_needs_a_credential(headers: dict[str, str]) -> None:
    """An empty name is nobody's; a key counts as anywhere."""
    config = {"easyauth": True, "keys": {"alice": hash_key(KEY)}}
    assert (await ending(config, through("10.0.0.1", headers))).ending is Ending.UNAUTHENTICATED
    known = through("10.0.0.1", {**headers, "api-key": KEY})
    assert await authenticator(**config)(known) == Identity("alice", "key")


async def test_the_ingress_counts_only_where_it_is_switched_on() -> None:
    """Elsewhere its headers are no credential, wherever they come from."""
    config = {"keys": {"alice": hash_key(KEY)}}
    assert (await ending(config, through("10.0.0.1", DAVE))).ending is Ending.UNAUTHENTICATED
    assert (await ending({}, through("10.0.0.1", DAVE))).code == "authentication_not_configured"
