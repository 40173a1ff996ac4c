"""Tests of app.auth.methods: in which order a caller's credentials are asked, and who is let in without one."""

from collections.abc import Sequence
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from app.auth.credentials import Credential, Handshake, Identity
from app.auth.methods import DEV, AuthConfig, Authenticator
from app.auth.static_keys import hash_key
from app.auth.tickets import Tickets
from app.errors import Ended, Ending
from app.store import LimitsConfig, MemoryStore

ALICE, BOB = "rk_alice-canary", "rk_bob-canary"
TOKEN = "aaa.bbb.ccc"
CAROL = Identity("carol", "oidc", 500.0)
NOW = 100.0
LONGEST = 16 * 1024

OIDC = {"oidc": {"corp": {"issuer": "https://issuer.example", "audience": "relay"}}}


class Provider:
    """An identity provider that knows one token, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def looks_like(self, token: str) -> bool:
        """Tell by the dots."""
        return token.count(".") == 2

    async def identify(self, token: str) -> Identity:
        """Return Carol, or refuse."""
        self.asked.append(token)
        if token != TOKEN:
            raise Ended(Ending.UNAUTHENTICATED, "None of mine.")
        return CAROL


def authenticator(
    *, provider: Provider | None = None, trusted: Sequence[str] = (), **config: Any
) -> Authenticator:
    """Return an authenticator with this configuration, at `NOW`."""
    auth = AuthConfig(**config)
    tickets = Tickets(auth.tickets, MemoryStore(LimitsConfig()))
    networks = tuple(ip_network(each) for each in trusted)
    oidc: Any = provider or Provider()
    return Authenticator(auth, tickets, oidc, networks, lambda: NOW)


def by_keys(**more: Any) -> Authenticator:
    """Return an authenticator with two users."""
    return authenticator(keys={"alice": hash_key(ALICE), "bob": hash_key(BOB)}, **more)


async def minted(authenticate: Authenticator) -> str:
    """Return a ticket of Alice's."""
    bound: dict[str, Any] = {"seconds": None, "profiles": None, "origin": None, "model": None}
    value, _ = await authenticate.tickets.mint(Identity("alice", "key"), NOW, **bound)
    return value


async def ending(authenticate: Authenticator, handshake: Handshake, *, minting: bool = False) -> Ended:
    """Return why nobody was let in."""
    with pytest.raises(Ended) as ended:
        await authenticate(handshake, minting=minting)
    return ended.value


def bearer(secret: str, **headers: str) -> Handshake:
    """Return a handshake with this credential."""
    return Handshake("/", headers={"authorization": f"Bearer {secret}", **headers})


@pytest.mark.parametrize(("key", "name"), [(ALICE, "alice"), (BOB, "bob")])
async def test_a_key_says_whose_it_is(key: str, name: str) -> None:
    """Each of two users is known by its own key, from any carrier, also to get a ticket."""
    for handshake in (
        bearer(key),
        Handshake("/", headers={"api-key": key}),
        Handshake("/", subprotocols=["realtime", f"openai-insecure-api-key.{key}"]),
    ):
        assert await by_keys()(handshake) == Identity(name, "key")
        assert await by_keys()(handshake, minting=True) == Identity(name, "key")


async def test_no_credential_is_not_let_in() -> None:
    """The refusal tells how to send one."""
    ended = await ending(by_keys(), Handshake("/", headers={"host": "localhost"}, local_address="127.0.0.1"))
    assert (ended.ending, ended.message) == (Ending.UNAUTHENTICATED, Ending.UNAUTHENTICATED.value.message)


async def test_the_first_credential_alone_counts() -> None:
    """A wrong one in front of a right one is a wrong one; the log learns by which carrier it came."""
    ended = await ending(by_keys(), bearer("wrong", **{"api-key": ALICE}))
    assert (ended.ending, ended.detail) == (Ending.UNAUTHENTICATED, "an unknown key by authorization")


async def test_a_key_in_the_query_counts_where_it_is_allowed() -> None:
    """By default it does not, and the refusal is that of a missing credential."""
    handshake = Handshake("/", query={"api-key": ALICE})
    assert await by_keys(query_credentials=True)(handshake) == Identity("alice", "key")
    assert (await ending(by_keys(), handshake)).message == Ending.UNAUTHENTICATED.value.message


async def test_a_key_is_good_until_its_end() -> None:
    """Keys are looked at with the authenticator's clock, and what they are limited to is known from then on."""
    hashed = hash_key(ALICE)
    good = authenticator(keys={"alice": f"{hashed};expires=1970-01-02;profiles=kiosk"})
    assert await good(bearer(ALICE)) == Identity("alice", "key", 86400.0, ("kiosk",))
    over = authenticator(keys={"alice": f"{hashed};expires=1970-01-01"})
    assert (await ending(over, bearer(ALICE))).code == "key_expired"


async def test_a_token_is_the_providers() -> None:
    """What looks like one is asked of the provider, and of nobody else; what does not is a key."""
    provider = Provider()
    authenticate = by_keys(provider=provider, **OIDC)
    assert await authenticate(bearer(TOKEN)) == CAROL
    assert (await ending(authenticate, bearer("x.y.z"))).message == "None of mine."
    assert await authenticate(bearer(ALICE)) == Identity("alice", "key")
    assert provider.asked == [TOKEN, "x.y.z"]


async def test_without_a_provider_a_token_is_an_unknown_key() -> None:
    """It is asked of nobody."""
    provider = Provider()
    assert (await ending(by_keys(provider=provider), bearer(TOKEN))).detail == "an unknown key by authorization"
    assert provider.asked == []


async def test_a_ticket_opens_and_does_not_mint() -> None:
    """To one who asks for a ticket with a ticket, it is an unknown key; and it is still good for its session."""
    authenticate = by_keys()
    ticket = await minted(authenticate)
    ended = await ending(authenticate, bearer(ticket), minting=True)
    assert (ended.ending, ended.detail) == (Ending.UNAUTHENTICATED, "an unknown key by authorization")
    identity = await authenticate(bearer(ticket))
    assert (identity.name, identity.method, identity.ticket is None) == ("alice", "key", False)
    assert (await ending(authenticate, bearer(ticket))).code == "ticket_unusable"


@pytest.mark.parametrize("config", [{}, {"easyauth": True, "trusted": ["10.0.0.0/8"]}])
async def test_what_begins_as_a_ticket_is_checked_as_one(config: dict[str, Any]) -> None:
    """Before the ingress is believed, and on the developer's own machine too, where anything else would do."""
    headers = {"host": "localhost", "origin": "http://localhost", "x-ms-client-principal-id": "dave"}
    handshake = Handshake("/", {**headers, "api-key": "ek_guessed"}, {}, (), "127.0.0.1", "10.0.0.1")
    assert (await ending(authenticator(**config), handshake)).code == "ticket_unusable"


@pytest.mark.parametrize("begins", ["", "ek_", "a.b."])
async def test_a_credential_is_not_endless(begins: str) -> None:
    """16 KiB are looked at, as ticket, token or key; one character more is refused before anybody is asked."""
    provider = Provider()
    authenticate = by_keys(provider=provider, **OIDC)
    longest = begins + "x" * (LONGEST - len(begins))
    assert (await ending(authenticate, bearer(longest))).detail != "over 16 KiB"
    provider.asked.clear()
    ended = await ending(authenticate, bearer(longest + "x"))
    assert (ended.ending, ended.detail) == (Ending.UNAUTHENTICATED, "over 16 KiB")
    assert ended.message == "The credential is too long to be one."
    assert provider.asked == []


async def test_a_renewed_credential_is_a_key_or_a_token() -> None:
    """A ticket is none: it opens connections, and this one is open."""
    authenticate = by_keys(**OIDC)
    assert await authenticate.by_credential(Credential(TOKEN, "event")) == CAROL
    assert await authenticate.by_credential(Credential(BOB, "event")) == Identity("bob", "key")
    with pytest.raises(Ended) as ended:
        await authenticate.by_credential(Credential(await minted(authenticate), "event"))
    assert ended.value.detail == "an unknown key by event"


CONFIGURED: list[tuple[dict[str, Any], bool]] = [
    ({}, False),
    ({"query_credentials": True}, False),
    ({"tickets": {"seconds": 30}}, False),
    ({"keys": {"alice": hash_key(ALICE)}}, True),
    ({"easyauth": True}, True),
    (OIDC, True),
]


@pytest.mark.parametrize(("config", "configured"), CONFIGURED)
async def test_what_ends_dev_mode(config: dict[str, Any], *, configured: bool) -> None:
    """Any way for a user to be known: then this machine needs a credential too."""
    assert AuthConfig(**config).configured is configured
    handshake = Handshake("/", headers={"host": "localhost"}, local_address="127.0.0.1")
    if configured:
        assert (await ending(authenticator(**config), handshake)).ending is Ending.UNAUTHENTICATED
    else:
        assert await authenticator(**config)(handshake) is DEV


def test_a_keys_setting_is_read() -> None:
    """A newline around it is none of it: files that hold secrets end in one."""
    config = AuthConfig.model_validate({"keys": {"alice": f"{hash_key(ALICE)};profiles=kiosk\n"}})
    assert (config.keys["alice"].hashed, config.keys["alice"].profiles) == (hash_key(ALICE), ("kiosk",))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"keys": {"alice": "rk_canary"}}, "is not of the form sha256:<64 hex digits>"),
    ({"keys": {"alice": f"{hash_key(ALICE)};canary=1"}}, "has an option that is neither"),
    ({"keys": {"alice": f"{hash_key(ALICE)};expires=canary"}}, "is no ISO date"),
    ({"key": "canary"}, "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("config", "sentence"), WRONG)
def test_a_wrong_setting_is_refused_without_its_value(config: dict[str, Any], sentence: str) -> None:
    """It may be the key itself."""
    with pytest.raises(ValidationError, match=sentence) as error:
        AuthConfig.model_validate(config)
    assert "canary" not in str(error.value)
    assert hash_key(ALICE) not in str(error.value)
