"""Tests of app.auth.oidc: real tokens of a local issuer, over real HTTP, and whom they let in."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.credentials import Identity
from app.auth.flaws import Flaw, refused
from app.auth.oidc import IssuerConfig, Oidc
from app.errors import Ended, Ending
from tests.auth.issuer import NOW, Clock, Issuer, SigningKey, compact, json_bytes, outcome, signed

KEY = SigningKey()
STRANGER = SigningKey("stranger")

Make = Callable[..., Oidc]
Start = Callable[..., Awaitable[Issuer]]


SIGNERS = [
    *(SigningKey(f"rsa-{name}", name) for name in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")),
    *(SigningKey(f"ec-{name}", name) for name in ("ES256", "ES384", "ES512")),
]


@pytest.mark.parametrize("key", SIGNERS, ids=lambda key: key.algorithm)
async def test_a_good_token_says_whose_it_is(issuer: Issuer, oidc: Make, key: SigningKey) -> None:
    """By any of the algorithms; the identity ends when the token does."""
    issuer.publish(key)
    found = await oidc(issuer).identify(issuer.token(key))
    assert found == Identity(f"{issuer.url}#alice", "oidc", expires_at=NOW + 600)


HEADERS: list[dict[str, Any]] = [
    {"typ": None},
    {"typ": "jwt"},
    {"typ": "at+jwt"},
    {"typ": "application/at+JWT"},
    {"x5t": "canary", "cty": "JWT", "nonce": "canary"},
    {"jku": "https://evil.example/keys", "x5u": "https://evil.example", "x5c": ["canary"], "jwk": STRANGER.jwk},
]


@pytest.mark.parametrize("header", HEADERS)
async def test_what_a_good_head_may_say(issuer: Issuer, oidc: Make, header: dict[str, Any]) -> None:
    """Where it tells of keys, nobody listens: the signature is by the issuer's key, or wrong."""
    assert await outcome(oidc(issuer), signed(issuer.claims(), KEY, **header)) == f"{issuer.url}#alice"


async def test_clock_skew(issuer: Issuer, oidc: Make, clock: Clock) -> None:
    """A token lives from a minute before its time to a minute after, by the relay's clock."""
    relay, token = oidc(issuer), issuer.token(nbf=NOW, iat=NOW, exp=NOW + 300)
    found = []
    for second in (-61, -60, 0, 300, 359, 360):
        clock.now = NOW + second
        found.append(await outcome(relay, token))
    known, early = f"{issuer.url}#alice", refused(Flaw.NOT_YET).detail
    assert found == [early, known, known, known, known, refused(Flaw.EXPIRED).detail]


async def test_rotation(issuer: Issuer, oidc: Make, clock: Clock) -> None:
    """Tokens by the new key are good as soon as it is published, those by the old as long as it is."""
    old, new = SigningKey("old"), SigningKey("new")
    relay, known = oidc(issuer), f"{issuer.url}#alice"
    issuer.publish(old)
    assert await outcome(relay, issuer.token(old)) == known
    issuer.publish(old, new)
    clock.now += 30
    assert [await outcome(relay, issuer.token(key)) for key in (new, old)] == [known, known]
    issuer.publish(new)
    clock.now += 3600
    claims = {"exp": clock.now + 600}
    found = [await outcome(relay, issuer.token(key, **claims)) for key in (new, old)]
    assert found == [known, refused(Flaw.UNKNOWN_KEY).detail]


async def test_an_outage(issuer: Issuer, oidc: Make, clock: Clock) -> None:
    """Known keys serve on; without any it is the provider's failure, and a retry may help."""
    relay, token = oidc(issuer), issuer.token(exp=NOW + 7200)
    issuer.fail()
    with pytest.raises(Ended) as caught:
        await relay.identify(token)
    assert (caught.value.ending, caught.value.code) == (
        Ending.UPSTREAM_UNAVAILABLE,
        "identity_provider_unavailable",
    )
    assert caught.value.retry_after == 5
    issuer.answers.clear()
    clock.now += 5
    assert await outcome(relay, token) == f"{issuer.url}#alice"
    issuer.fail()
    clock.now += 3600
    assert await outcome(relay, token) == f"{issuer.url}#alice"


async def test_a_crowd_at_the_start(issuer: Issuer, oidc: Make) -> None:
    """Everybody waits for the same keys."""
    relay = oidc(issuer)
    found = await asyncio.gather(*(outcome(relay, issuer.token(sub=f"user-{number}")) for number in range(50)))
    assert found == [f"{issuer.url}#user-{number}" for number in range(50)]
    assert len(issuer.asked) == 2


async def test_several_issuers(start_issuer: Start, oidc: Make) -> None:
    """Each speaks for itself alone: its key signs nothing for another, even under the same name."""
    one, two = await start_issuer(), await start_issuer()
    other = SigningKey("other")
    two.publish(other)
    relay = oidc(one, two)
    assert await outcome(relay, one.token()) == f"{one.url}#alice"
    assert await outcome(relay, two.token(other)) == f"{two.url}#alice"
    assert await outcome(relay, signed(one.claims(), other)) == refused(Flaw.UNKNOWN_KEY).detail
    forged = signed(one.claims(), other, kid=KEY.kid)
    assert await outcome(relay, forged) == refused(Flaw.SIGNATURE).detail


async def test_an_outage_of_one_issuer_is_none_of_the_others(start_issuer: Start, oidc: Make) -> None:
    """Each has its own keys and its own time."""
    one, two = await start_issuer(), await start_issuer()
    one.go.clear()
    relay = oidc(one, two)
    waiting = asyncio.create_task(outcome(relay, one.token()))
    await one.arrived.get()
    assert await outcome(relay, two.token()) == f"{two.url}#alice"
    one.go.set()
    assert await waiting == f"{one.url}#alice"


def test_two_of_the_same_issuer() -> None:
    """Would leave open which of the two is meant; the start says so."""
    config = IssuerConfig(issuer="https://id.example", audience=("a",))
    with pytest.raises(ValueError, match="RELAY_AUTH__OIDC__TWO__ISSUER is that of another one"):
        Oidc({"one": config, "two": config})


NOBODY = Oidc({})
"""Trusts no issuer."""

LIKE = [
    ("a.b.c", True),
    ("a.b.", True),
    ("eyJ-_9.eyJ-_9.a-_9", True),
    ("a" * 20_000 + ".b.c", False),
    ("a." + "b" * 20_000, True),
    ("a." + "b" * 20_000 + ".c", True),
    ("a.b." + "c" * 20_000, True),
    ("a." + "=" * 20_000, False),
    ("", False),
    ("rk_key", False),
    ("ek_key", False),
    ("a.b", False),
    ("a..c", False),
    (".b.c", False),
    ("a.b.c.d", False),
    ("a.b.c.d.e", False),
    ("a.b.c\n", False),
    (" a.b.c", False),
    ("a.b.c=", False),
    ("ä.b.c", False),
    ("٣.b.c", False),
]


@pytest.mark.parametrize(("text", "expected"), LIKE)
def test_what_looks_like_a_token(text: str, *, expected: bool) -> None:
    """Three parts in base64url, the last of which may be empty; of what is too long the beginning counts."""
    assert NOBODY.looks_like(text) is expected


PIECES = st.binary(max_size=40) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "iss"]), inner, max_size=5)
    ),
    max_leaves=6,
).map(json_bytes)


@given(st.text() | st.builds(lambda a, b: compact(a, b, base64.b64encode), PIECES, PIECES))
async def test_no_text_breaks_anything(token: str) -> None:
    """Whatever comes in the place of a token, its sender is told why it is none."""
    with pytest.raises(Ended) as caught:
        await NOBODY.identify(token)
    assert caught.value.ending is Ending.UNAUTHENTICATED


async def test_a_proxy_of_the_environment_is_used(
    issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the way out leads through a proxy, so does that to the identity provider."""
    monkeypatch.setenv("HTTP_PROXY", issuer.base)
    monkeypatch.setenv("NO_PROXY", "")
    behind = "http://localhost:9"
    issuer.named = behind
    issuer.discovery = {"jwks_uri": f"{behind}/keys"}
    relay = Oidc({"main": IssuerConfig(issuer=behind, audience=("the-relay",))}, now=clock)
    assert await outcome(relay, issuer.token()) == f"{behind}#alice"
    await relay.close()


async def test_close(issuer: Issuer, clock: Clock) -> None:
    """Gives up what is under way; a client that was given stays open, the relay's own does not."""
    config = {"main": IssuerConfig(issuer=issuer.url, audience=("the-relay",))}
    issuer.go.clear()
    async with httpx.AsyncClient() as client:
        relay = Oidc(config, client=client, now=clock)
        waiting = asyncio.create_task(relay.identify(issuer.token()))
        await issuer.arrived.get()
        await relay.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not client.is_closed
    issuer.go.set()
    relay = Oidc(config, now=clock)
    await relay.close()
    with pytest.raises(Ended) as caught:
        await relay.identify(issuer.token())
    assert caught.value.code == "identity_provider_unavailable"
