"""Tests of app.auth.oidc: every way in which a token can be bad, and that each is told by its own reason."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from app.auth.flaws import Flaw, refused
from app.auth.oidc import Oidc
from tests.auth.issuer import NOW, Issuer, SigningKey, compact, json_bytes, outcome, segment, signed

TENANT = "11111111-2222-3333-4444-555555555555"
KEY = SigningKey()
EC = SigningKey("ec", "ES256")
PINNED = SigningKey("pinned", extra=(("alg", "RS256"),))
STRANGER = SigningKey("stranger")
EVIL = "/evil"
"""Where the table says so: an address at which the relay would be seen to ask."""

Make = Callable[..., Oidc]


def by_hmac(secret: bytes, algorithm: str = "HS256") -> Callable[[Issuer], str]:
    """A token that takes what everybody knows for a shared secret."""

    def make(issuer: Issuer) -> str:
        head = json_bytes({"alg": algorithm, "kid": KEY.kid})
        sign = getattr(hashlib, f"sha{algorithm[2:]}")
        return compact(head, json_bytes(issuer.claims()), lambda data: hmac.digest(secret, data, sign))

    return make


def with_head(head: bytes, signature: bytes = b"canary") -> Callable[[Issuer], str]:
    return lambda issuer: compact(head, json_bytes(issuer.claims()), lambda _: signature)


def head_of(**more: Any) -> Callable[[Issuer], str]:
    """A token properly signed by the issuer's key, but with this in its head."""
    return lambda i: signed(i.claims(), KEY, **more)


def claiming(**claims: Any) -> Callable[[Issuer], str]:
    """A token properly signed by the issuer's key, but with these claims."""
    return lambda i: i.token(**claims)


def by_stranger(**more: Any) -> Callable[[Issuer], str]:
    """A good token but for its signature, which is another's."""
    return lambda issuer: signed(
        issuer.claims(), STRANGER, **{n: issuer.base + EVIL if v is EVIL else v for n, v in more.items()}
    )


def tampered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return f"{head}.{segment(json_bytes(issuer.claims(sub='admin')))}.{signature}"


def last_bit(issuer: Issuer) -> str:
    """A second spelling of the same signature: base64url has bits to spare at its end."""
    token = issuer.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + alphabet[alphabet.index(token[-1]) + 1]


def der_signature(issuer: Issuer) -> str:
    """An EC signature in the encoding that JSON Web Tokens do not use."""
    head = json_bytes({"alg": "ES256", "kid": EC.kid})
    return compact(
        head, json_bytes(issuer.claims()), lambda data: EC.private.sign(data, ec.ECDSA(hashes.SHA256()))
    )


REFUSALS: list[tuple[str, Callable[[Issuer], str], Flaw]] = [
    ("too long", claiming(more="x" * 16 * 1024), Flaw.TOO_LONG),
    ("20 kB of nothing", lambda _: "a" * 20_000, Flaw.TOO_LONG),
    ("200 kB of dots", lambda _: "." * 200_000, Flaw.TOO_LONG),
    ("empty", lambda _: "", Flaw.UNREADABLE),
    ("a key", lambda _: "rk_canary", Flaw.UNREADABLE),
    ("dots only", lambda _: "..", Flaw.UNREADABLE),
    ("two parts", lambda i: i.token().rpartition(".")[0], Flaw.UNREADABLE),
    ("four parts", lambda i: i.token() + ".YQ", Flaw.UNREADABLE),
    ("encrypted", lambda i: i.token() + ".YQ.YQ", Flaw.UNREADABLE),
    ("Bearer before it", lambda i: f"Bearer {i.token()}", Flaw.UNREADABLE),
    ("a space behind it", lambda i: f"{i.token()} ", Flaw.UNREADABLE),
    ("a line feed behind it", lambda i: f"{i.token()}\n", Flaw.UNREADABLE),
    ("padding", lambda i: f"{i.token()}==", Flaw.UNREADABLE),
    ("characters of plain base64", lambda i: i.token()[:-4] + "+/+/", Flaw.UNREADABLE),
    ("letters of another alphabet", lambda i: i.token()[:-1] + "а", Flaw.UNREADABLE),  # noqa: RUF001 - the point
    ("a lone surrogate", lambda i: i.token()[:-1] + "\ud800", Flaw.UNREADABLE),
    ("a head of odd length", lambda i: "a" + i.token(), Flaw.UNREADABLE),
    ("a head that is no JSON", with_head(b"canary"), Flaw.UNREADABLE),
    ("a head that is no object", with_head(b"[]"), Flaw.UNREADABLE),
    ("a head that is not UTF-8", with_head(b'{"alg":"\xff"}'), Flaw.UNREADABLE),
    ("a head nested deep", with_head(b'{"alg":' + b"[" * 9000), Flaw.UNREADABLE),
    ("a head nested deep beside", with_head(b'{"x":' + b"[" * 4000 + b"]" * 4000 + b"}"), Flaw.UNREADABLE),
    ("no algorithm", head_of(alg=None), Flaw.UNREADABLE),
    ("an algorithm that is a list", head_of(alg=["RS256"]), Flaw.UNREADABLE),
    ("a kid that is a number", head_of(kid=1), Flaw.UNREADABLE),
    ("a kid that is an object", head_of(kid={"$ne": ""}), Flaw.UNREADABLE),
    ("a payload that is no JSON", lambda _: signed(b"canary", KEY), Flaw.UNREADABLE),
    ("a payload without issuer", claiming(iss=None), Flaw.UNREADABLE),
    ("an issuer that is a list", lambda i: i.token(iss=[i.url]), Flaw.UNREADABLE),
    ("crit", head_of(crit=["exp"]), Flaw.CRITICAL),
    ("crit of what the library knows", head_of(crit=["b64"], b64=True), Flaw.CRITICAL),
    ("crit that is empty", head_of(crit=[]), Flaw.CRITICAL),
    ("a payload that is not encoded", head_of(b64=False), Flaw.SIGNATURE),
    ("a logout token", head_of(typ="logout+jwt"), Flaw.TYPE),
    ("a DPoP proof", head_of(typ="dpop+jwt"), Flaw.TYPE),
    ("an ID token by its head", head_of(typ="id_token+jwt"), Flaw.TYPE),
    ("no typ", head_of(typ=""), Flaw.TYPE),
    ("another issuer", claiming(iss="https://canary.example"), Flaw.ISSUER),
    ("an issuer with a slash more", lambda i: i.token(iss=i.url + "/"), Flaw.ISSUER),
    ("an issuer with a path more", lambda i: i.token(iss=i.url + "/canary"), Flaw.ISSUER),
    ("an issuer in capitals", lambda i: i.token(iss=i.url.upper()), Flaw.ISSUER),
    ("no issuer at all", claiming(iss=""), Flaw.ISSUER),
    ("a v1 token of Entra", claiming(iss=f"https://sts.windows.net/{TENANT}/"), Flaw.VERSION_1),
    ("none", head_of(alg="none"), Flaw.ALGORITHM),
    ("none without signature", with_head(b'{"alg":"none"}', b""), Flaw.ALGORITHM),
    ("None in other letters", head_of(alg="nOnE"), Flaw.ALGORITHM),
    ("no algorithm's name", head_of(alg=""), Flaw.ALGORITHM),
    ("HMAC with the public key", by_hmac(KEY.pem), Flaw.ALGORITHM),
    ("HMAC with the public key as published", by_hmac(json.dumps(KEY.jwk).encode(), "HS384"), Flaw.ALGORITHM),
    ("HMAC with nothing", by_hmac(b"", "HS512"), Flaw.ALGORITHM),
    ("EdDSA", head_of(alg="EdDSA"), Flaw.ALGORITHM),
    ("a curve that is not taken", head_of(alg="ES256K"), Flaw.ALGORITHM),
    ("a foreign algorithm", head_of(alg="canary"), Flaw.ALGORITHM),
    ("an algorithm in small letters", head_of(alg="rs256"), Flaw.ALGORITHM),
    ("EC by an RSA key", head_of(alg="ES256"), Flaw.ALGORITHM),
    ("RSA by an EC key", lambda i: signed(i.claims(), EC, alg="RS256"), Flaw.ALGORITHM),
    ("EC of another curve", lambda i: signed(i.claims(), EC, alg="ES384"), Flaw.ALGORITHM),
    (
        "another than the key names",
        lambda i: signed(i.claims(), SigningKey("pinned", "PS256")),
        Flaw.ALGORITHM,
    ),
    ("another than it is signed by", head_of(alg="PS256"), Flaw.SIGNATURE),
    ("no kid", head_of(kid=None), Flaw.NO_KEY_ID),
    ("a kid of nobody", lambda i: i.token(STRANGER), Flaw.UNKNOWN_KEY),
    ("a kid that is empty", head_of(kid=""), Flaw.UNKNOWN_KEY),
    ("a kid that is a path", head_of(kid="../../../../dev/null"), Flaw.UNKNOWN_KEY),
    ("a kid that is a URL", head_of(kid="https://canary.example/keys"), Flaw.UNKNOWN_KEY),
    ("a kid that is SQL", head_of(kid="' UNION SELECT 'canary' --"), Flaw.UNKNOWN_KEY),
    ("a kid that is a command", head_of(kid="key-1|whoami"), Flaw.UNKNOWN_KEY),
    ("a kid with a zero byte", head_of(kid="key-1\0"), Flaw.UNKNOWN_KEY),
    ("a kid of 8 kB", head_of(kid="x" * 8000), Flaw.UNKNOWN_KEY),
    ("a kid in capitals", head_of(kid="KEY-1"), Flaw.UNKNOWN_KEY),
    ("a stranger's key under a known kid", by_stranger(kid=KEY.kid), Flaw.SIGNATURE),
    ("a stranger's key in the head", by_stranger(kid=KEY.kid, jwk=STRANGER.jwk), Flaw.SIGNATURE),
    ("keys elsewhere, by jku", by_stranger(kid=KEY.kid, jku=EVIL), Flaw.SIGNATURE),
    ("keys elsewhere, by x5u", by_stranger(kid=KEY.kid, x5u=EVIL), Flaw.SIGNATURE),
    ("keys elsewhere, unknown kid", by_stranger(jku=EVIL), Flaw.UNKNOWN_KEY),
    ("claims that were changed", tampered, Flaw.SIGNATURE),
    ("a signature cut off", lambda i: i.token().rpartition(".")[0] + ".", Flaw.SIGNATURE),
    ("a signature too short", lambda i: i.token()[:-8], Flaw.SIGNATURE),
    ("a signature of zeros", with_head(b'{"alg":"ES256","kid":"ec"}', bytes(64)), Flaw.SIGNATURE),
    ("a signature in DER", der_signature, Flaw.SIGNATURE),
    ("a signature spelt otherwise", last_bit, Flaw.SIGNATURE),
    ("no audience", claiming(aud=None), Flaw.CLAIMS),
    ("no end", claiming(exp=None), Flaw.CLAIMS),
    ("an end in words", claiming(exp="canary"), Flaw.CLAIMS),
    ("an end that is a string", claiming(exp="1900000000"), Flaw.CLAIMS),
    ("an end that is true", claiming(exp=True), Flaw.CLAIMS),
    ("another audience", claiming(aud="canary"), Flaw.AUDIENCE),
    ("several other audiences", claiming(aud=["canary", "the-relay-too"]), Flaw.AUDIENCE),
    ("expired", claiming(exp=NOW - 60), Flaw.EXPIRED),
    ("not valid yet", claiming(nbf=NOW + 61), Flaw.NOT_YET),
    ("issued in the future", claiming(iat=NOW + 61), Flaw.FROM_THE_FUTURE),
    ("no subject", claiming(sub=None), Flaw.USER),
    ("an ID token by nonce", claiming(nonce="canary"), Flaw.NOT_FOR_ACCESS),
    ("an ID token by at_hash", claiming(at_hash="canary"), Flaw.NOT_FOR_ACCESS),
    ("an ID token by Keycloak", claiming(typ="ID"), Flaw.NOT_FOR_ACCESS),
]


@pytest.mark.parametrize(("make", "flaw"), [each[1:] for each in REFUSALS], ids=[each[0] for each in REFUSALS])
async def test_refusals(issuer: Issuer, oidc: Make, make: Callable[[Issuer], str], flaw: Flaw) -> None:
    """Each bad token is refused by its own reason, and no bad token makes the relay ask anybody but the issuer."""
    issuer.publish(KEY, EC, PINNED)
    assert (await outcome(oidc(issuer), make(issuer))).startswith(refused(flaw).detail)
    assert set(issuer.asked) <= {"/.well-known/openid-configuration", "/keys"}


BEFORE_KEYS = {
    Flaw.TOO_LONG,
    Flaw.UNREADABLE,
    Flaw.CRITICAL,
    Flaw.TYPE,
    Flaw.ISSUER,
    Flaw.VERSION_1,
    Flaw.NO_KEY_ID,
}
FREE = [each for each in REFUSALS if each[2] in BEFORE_KEYS]


@pytest.mark.parametrize("make", [each[1] for each in FREE], ids=[each[0] for each in FREE])
async def test_what_is_refused_for_nothing(issuer: Issuer, oidc: Make, make: Callable[[Issuer], str]) -> None:
    """What can be seen without a key is refused before any is asked for: the issuer hears nothing of it."""
    await outcome(oidc(issuer), make(issuer))
    assert issuer.asked == []
