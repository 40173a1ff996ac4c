"""Tests of app.auth.claims: whose a genuine token is, and whether it lets in."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.auth.claims import identified
from app.auth.credentials import Identity
from app.auth.flaws import Flaw, refused
from app.auth.issuers import IssuerConfig
from tests.auth.claimed import NOW, OTHER, PLAIN, TENANT, by_entra, config, entra, outcome, plain


def test_a_user_is_known_by_issuer_and_subject() -> None:
    """Until the token expires; by no name that the user can choose."""
    found = identified(plain(email="bob@example.com", preferred_username="bob", oid="bob"), config(), NOW)
    assert found == Identity(f"{PLAIN}#alice", "oidc", expires_at=NOW + 600)


GRANTED: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({}, ()),
    ({"roles": ["b", "a"]}, ("a", "b")),
    ({"roles": "a b"}, ("a", "b")),
    ({"scp": "speak listen"}, ("listen", "speak")),
    ({"scope": "openid speak", "scp": ["speak"]}, ("openid", "speak")),
    ({"roles": ["a"], "scope": "a"}, ("a",)),
    ({"roles": {"admin": True}, "scp": 8, "scope": None}, ()),
    ({"roles": ["a", 7, None, ["admin"]]}, ("a",)),
    ({"groups": ["admin"], "wids": ["admin"], "permissions": ["admin"]}, ()),
]


@pytest.mark.parametrize(("over", "roles"), GRANTED)
def test_what_a_token_grants(over: dict[str, Any], roles: tuple[str, ...]) -> None:
    """App roles and scopes go with the user, each once and in order; nothing else does, in no other form."""
    assert identified(plain(**over), config(), NOW).roles == roles


LET_IN: list[dict[str, Any]] = [
    {"aud": ["other", "also"]},
    {"aud": ["relay"]},
    {"exp": NOW - 59},
    {"exp": int(NOW) + 1},
    {"nbf": NOW + 60, "iat": NOW + 60},
    {"nbf": NOW - 86400, "iat": NOW - 86400},
    {"typ": "Bearer"},
    {"token_use": "access"},
    {"typ": 7, "ver": 1, "scp": 8, "roles": {"admin": True}, "tid": None, "azp": [], "client_id": 9},
    {"tid": TENANT},
    {"ver": "2.0"},
    {"nonce": None},
]


@pytest.mark.parametrize("over", LET_IN)
def test_what_a_good_token_may_say(over: dict[str, Any]) -> None:
    """Clocks may differ by a minute; what has a meaning elsewhere may have any form."""
    assert outcome(plain(**over), config()) == f"{PLAIN}#alice"


def test_the_longest_subject() -> None:
    """Has 255 characters."""
    assert outcome(plain(sub="x" * 255), config()) == f"{PLAIN}#{'x' * 255}"


REFUSED: list[tuple[dict[str, Any], Flaw]] = [
    ({"aud": "another"}, Flaw.AUDIENCE),
    ({"aud": "Relay"}, Flaw.AUDIENCE),
    ({"aud": "relay,also"}, Flaw.AUDIENCE),
    ({"aud": ""}, Flaw.AUDIENCE),
    ({"aud": []}, Flaw.AUDIENCE),
    ({"aud": ["canary"]}, Flaw.AUDIENCE),
    ({"exp": NOW - 60}, Flaw.EXPIRED),
    ({"exp": -1}, Flaw.EXPIRED),
    ({"nbf": NOW + 61}, Flaw.NOT_YET),
    ({"iat": NOW + 61}, Flaw.FROM_THE_FUTURE),
    ({"sub": None}, Flaw.USER),
    ({"sub": None, "oid": "canary", "email": "canary@example.com"}, Flaw.USER),
    ({"nonce": "canary"}, Flaw.NOT_FOR_ACCESS),
    ({"at_hash": "canary"}, Flaw.NOT_FOR_ACCESS),
    ({"c_hash": "canary"}, Flaw.NOT_FOR_ACCESS),
    ({"s_hash": "canary"}, Flaw.NOT_FOR_ACCESS),
    ({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, Flaw.NOT_FOR_ACCESS),
    ({"typ": "ID"}, Flaw.NOT_FOR_ACCESS),
    ({"typ": "Refresh"}, Flaw.NOT_FOR_ACCESS),
    ({"token_use": "id"}, Flaw.NOT_FOR_ACCESS),
]


@pytest.mark.parametrize(("over", "flaw"), REFUSED)
def test_what_no_good_token_says(over: dict[str, Any], flaw: Flaw) -> None:
    """Each is told by its own reason."""
    assert outcome(plain(**over), config()) == refused(flaw).detail


MALFORMED: list[dict[str, Any]] = [
    {"iss": None},
    {"aud": None},
    {"exp": None},
    {"iss": 1},
    {"aud": 1},
    {"aud": [1]},
    {"aud": {"relay": "relay"}},
    {"exp": "canary"},
    {"exp": str(NOW + 600)},
    {"exp": True},
    {"exp": [NOW + 600]},
    {"nbf": "canary"},
    {"iat": "canary"},
    {"sub": 1},
    {"sub": ""},
    {"sub": "x" * 256},
    {"exp": float("nan")},
    {"exp": float("inf")},
]


@pytest.mark.parametrize("over", MALFORMED)
def test_claims_of_another_form(over: dict[str, Any]) -> None:
    """What must be there is there, in its one form; nothing is guessed from another."""
    assert outcome(plain(**over), config()).startswith(refused(Flaw.CLAIMS).detail)


@pytest.mark.parametrize(
    "raw", [b"", b"canary", b"[]", b"null", b"\xff", b'{"iss":"\xff"}', b'{"x":' + b"[" * 10_000]
)
def test_a_payload_that_is_no_object(raw: bytes) -> None:
    """Signed or not, it names nobody."""
    assert outcome(raw, config()).startswith(refused(Flaw.CLAIMS).detail)


def test_an_end_beyond_all_numbers() -> None:
    """No token is without an end."""
    raw = plain(exp=-7).replace(b"-7", b"1e999")
    assert outcome(raw, config()).startswith(refused(Flaw.CLAIMS).detail)


ALLOWED: list[tuple[dict[str, Any], dict[str, Any], Flaw | None]] = [
    # what is configured, what the token says, and why it is refused, if it is
    ({"tenants": TENANT}, {"tid": TENANT}, None),
    ({"tenants": TENANT}, {"tid": OTHER}, Flaw.TENANT),
    ({"tenants": TENANT}, {}, Flaw.TENANT),
    ({"tenants": TENANT}, {"tid": [TENANT]}, Flaw.TENANT),
    ({"clients": "app"}, {"azp": "app"}, None),
    ({"clients": "app"}, {"client_id": "app"}, None),
    ({"clients": "one,app"}, {"azp": "app", "client_id": "other"}, None),
    ({"clients": "app"}, {"azp": "other", "client_id": "app"}, Flaw.CLIENT),
    ({"clients": "app"}, {"azp": "canary"}, Flaw.CLIENT),
    ({"clients": "app"}, {"azp": ["app"]}, Flaw.CLIENT),
    ({"clients": "app"}, {}, Flaw.CLIENT),
    ({"scopes": "speak"}, {"scp": "speak"}, None),
    ({"scopes": "speak"}, {"scope": "openid speak"}, None),
    ({"scopes": "speak"}, {"scp": ["listen", "speak"]}, None),
    ({"scopes": "speak,listen"}, {"scope": "listen"}, None),
    ({"scopes": "speak"}, {"scope": "canary"}, Flaw.SCOPE),
    ({"scopes": "speak"}, {"scope": {"speak": True}}, Flaw.SCOPE),
    ({"scopes": "speak"}, {"scp": [["speak"]]}, Flaw.SCOPE),
    ({"scopes": "speak"}, {}, Flaw.SCOPE),
    ({"roles": "user"}, {"roles": ["user"]}, None),
    ({"roles": "user,admin"}, {"roles": ["admin", "other"], "scope": "openid"}, None),
    ({"roles": "user"}, {"roles": ["canary"]}, Flaw.ROLE),
    ({"roles": "user"}, {"scope": "user"}, Flaw.ROLE),
    ({"roles": "user"}, {}, Flaw.ROLE),
    ({"scopes": "speak", "roles": "app"}, {"scope": "speak"}, None),
    ({"scopes": "speak", "roles": "app"}, {"roles": ["app"]}, None),
    ({"scopes": "speak", "roles": "app"}, {"scope": "listen", "roles": ["app"]}, Flaw.SCOPE),
    ({"scopes": "speak", "roles": "app"}, {"roles": ["other"]}, Flaw.ROLE),
    ({"scopes": "speak", "roles": "app"}, {}, Flaw.ROLE),
    ({"scopes": "speak", "clients": "app"}, {"scope": "speak", "azp": "app"}, None),
    ({"scopes": "speak", "clients": "app"}, {"scope": "speak", "azp": "other"}, Flaw.CLIENT),
    ({"scopes": "speak", "clients": "app"}, {"scope": "listen", "azp": "app"}, Flaw.SCOPE),
]


@pytest.mark.parametrize(("how", "over", "flaw"), ALLOWED)
def test_what_the_operator_allows(how: dict[str, Any], over: dict[str, Any], flaw: Flaw | None) -> None:
    """Of each list one is enough, and each list counts; scopes are for tokens that have any."""
    expected = f"{PLAIN}#alice" if flaw is None else refused(flaw).detail
    assert outcome(plain(**over), config(**how)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
NAMES = sorted(json.loads(entra(client_id="x", scope="x", roles="x", typ="x", token_use="x", nonce="x")))


@given(
    st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from([config(tenants=TENANT), by_entra(roles="x")])
)
def test_no_claim_breaks_anything(over: dict[str, Any], by: IssuerConfig) -> None:
    """Whatever a token says, somebody is let in or is told why not."""
    for claims in (plain(**over), entra(**over)):
        assert outcome(claims, by)
