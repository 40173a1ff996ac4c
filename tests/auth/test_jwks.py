"""Tests of app.auth.jwks: which keys are taken from a key set, and for which algorithms."""

from typing import Any

import msgspec
import pytest

from app.auth.jwks import ALGORITHMS, read_keys
from tests.auth.issuer import SigningKey, json_bytes

RSA = SigningKey()
P256 = SigningKey("p256", "ES256")


def key_set(*keys: Any) -> bytes:
    return json_bytes({"keys": keys})


ALL_RSA = ["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]

TAKEN: list[tuple[SigningKey, dict[str, Any], list[str]]] = [
    # the key, what is published over it, and the algorithms that it is for
    (RSA, {}, ALL_RSA),
    (RSA, {"alg": "RS256"}, ["RS256"]),
    (RSA, {"alg": "PS512"}, ["PS512"]),
    (RSA, {"use": "sig", "key_ops": ["verify", "encrypt"]}, ALL_RSA),
    (RSA, {"x5c": ["canary"], "x5u": "https://evil.example", "x5t": "canary", "more": {"a": 1}}, ALL_RSA),
    (P256, {}, ["ES256"]),
    (P256, {"alg": "ES256"}, ["ES256"]),
    (SigningKey("p384", "ES384"), {}, ["ES384"]),
    (SigningKey("p521", "ES512"), {}, ["ES512"]),
]


@pytest.mark.parametrize(("key", "over", "algorithms"), TAKEN)
def test_a_key_is_for_what_its_type_can(key: SigningKey, over: dict[str, Any], algorithms: list[str]) -> None:
    """And of these for the one that it names, if it does. What else is published is not looked at."""
    (found,) = read_keys(key_set({**key.jwk, **over}))[key.kid]
    assert sorted(found.algorithms) == algorithms
    assert found.public == key.private.public_key()


OCT = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "oct", "use": "sig"}
ED25519 = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "ed"}

PASSED_OVER: list[Any] = [
    OCT,
    {**OCT, "alg": "RS256"},
    ED25519,
    {**RSA.jwk, "alg": "HS256"},
    {**RSA.jwk, "alg": "none"},
    {**RSA.jwk, "alg": "ES256"},
    {**RSA.jwk, "alg": "RSA-OAEP"},
    {**P256.jwk, "alg": "RS256"},
    {**P256.jwk, "alg": "ES384"},
    {**P256.jwk, "crv": "P-384"},
    {**P256.jwk, "crv": "unheard-of"},
    {**P256.jwk, "y": P256.jwk["x"]},
    SigningKey("k1", "ES256K").jwk,
    {**RSA.jwk, "use": "enc"},
    {**RSA.jwk, "key_ops": ["encrypt"]},
    {**RSA.jwk, "d": "AQAB"},
    {**P256.jwk, "d": "AQAB"},
    {**RSA.jwk, "kid": None},
    {**RSA.jwk, "kid": 7},
    {name: value for name, value in RSA.jwk.items() if name != "kid"},
    {name: value for name, value in RSA.jwk.items() if name != "kty"},
    {name: value for name, value in RSA.jwk.items() if name != "n"},
    {name: value for name, value in P256.jwk.items() if name != "crv"},
    {**RSA.jwk, "n": "AQAB"},
    {**RSA.jwk, "n": ""},
    {**RSA.jwk, "n": "é"},
    {**RSA.jwk, "e": "AA"},
    {**RSA.jwk, "kty": "EC"},
    {**P256.jwk, "kty": "RSA"},
    {**RSA.jwk, "use": ["sig"]},
    SigningKey("short", bits=1024).jwk,
    "key",
    None,
    [],
    {},
]


@pytest.mark.parametrize("passed_over", PASSED_OVER)
def test_what_cannot_be_used_is_passed_over(passed_over: Any) -> None:
    """Secret, private, weak, for encryption, not understood: it is no key here, and harms no other."""
    good = SigningKey("good").jwk
    assert list(read_keys(key_set(passed_over, good, passed_over))) == ["good"]


def test_a_key_too_long_is_passed_over() -> None:
    """A modulus of 16,384 bits would hold up everybody with each token."""
    long = {**RSA.jwk, "n": "f" * (16384 // 6)}
    assert read_keys(key_set(long)) == {}


def test_deep_nesting_is_an_error() -> None:
    """Not even one key is taken from a document that no parser gets through."""
    deep = json_bytes({"keys": [RSA.jwk, "DEEP"]}).replace(b'"DEEP"', b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(RecursionError):
        read_keys(deep)


def test_keys_may_share_a_name() -> None:
    """Then all of them are found under it; they may be of several types, and of several issuers."""
    named = SigningKey(extra=(("issuer", "https://id.example"),))
    found = read_keys(key_set(RSA.jwk, SigningKey("other").jwk, {**P256.jwk, "kid": RSA.kid}, named.jwk))
    assert [sorted(key.algorithms) for key in found["key-1"]] == [ALL_RSA, ["ES256"], ALL_RSA]
    assert [key.issuer for key in found["key-1"]] == [None, None, "https://id.example"]
    assert sorted(found) == ["key-1", "other"]


@pytest.mark.parametrize("document", [b"", b"canary", b"[]", b"{}", b'{"keys":{}}', b'{"keys":null}', b"\xff"])
def test_what_is_no_key_set(document: bytes) -> None:
    """It is an error, and no empty set."""
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        read_keys(document)


def test_no_symmetric_algorithm_is_known() -> None:
    """Nor `none`, nor anything else that a public key could be misused for."""
    assert sorted(ALGORITHMS) == ["ES256", "ES384", "ES512", *ALL_RSA]
