"""Tests of app.auth.methods: who is let in by a key, and who without one."""

import hashlib
from typing import Any

import pytest
from pydantic import ValidationError

from app.auth.credentials import Handshake, Identity
from app.auth.methods import DEV, AuthConfig, hash_key, make_authenticator, new_key
from app.errors import Ended, Ending

ALICE, BOB = "rk_alice-canary", "rk_bob-canary"


def by_keys(**more: Any) -> AuthConfig:
    """Return a configuration with two users."""
    return AuthConfig(keys={"alice": hash_key(ALICE), "bob": hash_key(BOB)}, **more)


async def outcome(config: AuthConfig, handshake: Handshake) -> Identity | Ended:
    """Return who was let in, or why nobody was."""
    try:
        return await make_authenticator(config)(handshake)
    except Ended as ended:
        return ended


async def ending(config: AuthConfig, handshake: Handshake) -> Ended:
    """Return why nobody was let in."""
    ended = await outcome(config, handshake)
    assert isinstance(ended, Ended)
    return ended


@pytest.mark.parametrize(("key", "name"), [(ALICE, "alice"), (BOB, "bob")])
async def test_a_key_says_whose_it_is(key: str, name: str) -> None:
    """Each of two users is known by its own key, from any carrier."""
    for handshake in (
        Handshake("/", headers={"authorization": f"Bearer {key}"}),
        Handshake("/", headers={"api-key": key}),
        Handshake("/", subprotocols=["realtime", f"openai-insecure-api-key.{key}"]),
    ):
        assert await outcome(by_keys(), handshake) == Identity(name, "key")


async def test_no_credential_is_not_let_in() -> None:
    """The refusal tells how to send one."""
    ended = await ending(by_keys(), Handshake("/", headers={"host": "localhost"}, local_address="127.0.0.1"))
    assert (ended.ending, ended.message) == (Ending.UNAUTHENTICATED, Ending.UNAUTHENTICATED.value.message)


@pytest.mark.parametrize("key", [ALICE[:-1], ALICE + "x", ALICE.upper(), hash_key(ALICE), "é", "\ud800"])
async def test_a_wrong_key_is_not_let_in(key: str) -> None:
    """Nor is a key's hash. The refusal repeats neither key nor user; the log learns the carrier."""
    ended = await ending(by_keys(), Handshake("/", headers={"api-key": key}))
    assert (ended.ending, ended.message) == (Ending.UNAUTHENTICATED, "This key is not known here.")
    assert ended.detail == "by api-key"


async def test_the_first_credential_alone_counts() -> None:
    """A wrong one in front of a right one is a wrong one."""
    headers = {"authorization": "Bearer wrong", "api-key": ALICE}
    assert (await ending(by_keys(), Handshake("/", headers=headers))).detail == "by authorization"


async def test_a_key_in_the_query_counts_where_it_is_allowed() -> None:
    """By default it does not, and the refusal is that of a missing credential."""
    handshake = Handshake("/", query={"api-key": ALICE})
    assert await outcome(by_keys(query_credentials=True), handshake) == Identity("alice", "key")
    assert (await ending(by_keys(), handshake)).message == Ending.UNAUTHENTICATED.value.message


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
    handshake = Handshake("/", headers=headers, local_address=address)
    assert await outcome(AuthConfig(), handshake) is DEV


@pytest.mark.parametrize(("headers", "address"), NOT_AT_HOME)
async def test_dev_mode_serves_nobody_else(headers: dict[str, str], address: str | None) -> None:
    """Any one of the four out of place is 403, with the sentence that tells what to configure."""
    ended = await ending(AuthConfig(), Handshake("/", headers=headers, local_address=address))
    assert (ended.ending, ended.code) == (Ending.FORBIDDEN, "authentication_not_configured")
    assert "RELAY_AUTH__KEYS__<NAME>" in ended.message


async def test_there_is_no_dev_mode_beside_keys() -> None:
    """As soon as one key is configured, this machine needs one too."""
    assert not AuthConfig().configured
    assert by_keys().configured
    handshake = Handshake("/", headers={**LOCAL, "api-key": "anything"}, local_address="127.0.0.1")
    assert (await ending(by_keys(), handshake)).ending is Ending.UNAUTHENTICATED


BAD_HASHES = [
    "canary",
    "rk_canary",
    "sha256:canary",
    "sha256:" + "0" * 63,
    "sha256:" + "0" * 65,
    "sha256:" + "A" * 64,
    "sha256:" + "0" * 64 + "\n",
    "SHA256:" + "0" * 64,
    "0" * 64,
    "",
]


@pytest.mark.parametrize("value", BAD_HASHES)
def test_what_is_no_hash_is_refused(value: str) -> None:
    """With a sentence that says what is wanted, and without the value: it may be the key itself."""
    with pytest.raises(ValidationError, match="is not of the form sha256:<64 hex digits>") as error:
        AuthConfig(keys={"alice": value})
    assert "canary" not in str(error.value)
    assert "000" not in str(error.value)


def test_a_setting_that_is_none_is_refused() -> None:
    """Without its value."""
    with pytest.raises(ValidationError) as error:
        AuthConfig.model_validate({"key": "canary"})
    assert "canary" not in str(error.value)


def test_a_new_key_is_random_and_recognizable() -> None:
    """It begins with `rk_`, holds 256 bits, needs no escaping in a header or subprotocol, and comes once."""
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert key.startswith("rk_")
        assert len(key) == len("rk_") + 43
        assert key.replace("-", "").replace("_", "").isalnum()


def test_a_hash_is_the_sha256_of_the_key() -> None:
    """In hexadecimal, under its name, and good for the configuration."""
    assert hash_key("é") == "sha256:" + hashlib.sha256("é".encode()).hexdigest()
    assert AuthConfig(keys={"new": hash_key(new_key())}).configured
