"""Tests of app.auth.oidc: users of Microsoft Entra ID, of one tenant and of several."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.auth.credentials import Identity
from app.auth.flaws import Flaw, refused
from app.auth.oidc import Oidc
from tests.auth.issuer import NOW, Issuer, SigningKey, outcome

TENANT = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
KEY = SigningKey()

Make = Callable[..., Oidc]
Start = Callable[..., Awaitable[Issuer]]


def of_entra(issuer: Issuer, key: SigningKey = KEY, **over: Any) -> str:
    """A good access token of Entra, but for these claims."""
    good = {
        "ver": "2.0",
        "tid": TENANT,
        "oid": "alice-oid",
        "azp": "app",
        "scp": "speak",
        "iss": f"https://login.microsoftonline.com/{TENANT}/v2.0",
    }
    return issuer.token(key, **{**good, **over})


async def test_a_user_of_entra(start_issuer: Start, oidc: Make) -> None:
    """One tenant's own issuer, whose keys say that they are that tenant's."""
    name = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    entra = await start_issuer(named=name)
    entra.publish(SigningKey(extra=(("issuer", name),)))
    entra.discovery = {"jwks_uri": f"https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"}
    relay = oidc(entra, scopes="speak")
    found = await relay.identify(of_entra(entra))
    assert found == Identity(f"{TENANT}:alice-oid", "oidc", expires_at=NOW + 600, roles=("speak",))
    assert entra.asked == [f"/{TENANT}/v2.0/.well-known/openid-configuration", f"/{TENANT}/discovery/v2.0/keys"]


ENTRA_REFUSALS: list[tuple[dict[str, Any], Flaw]] = [
    ({"tid": OTHER}, Flaw.TENANT_MISMATCH),
    ({"ver": "1.0"}, Flaw.VERSION),
    ({"oid": None}, Flaw.USER),
    ({"azp": "other"}, Flaw.CLIENT),
    ({"azp": None, "scp": None}, Flaw.NOT_FOR_ACCESS),
    ({"azp": None, "scp": None, "roles": ["speak"]}, Flaw.NOT_FOR_ACCESS),
    ({"scp": None}, Flaw.GRANT),
    ({"scp": "listen"}, Flaw.SCOPE),
    ({"iss": f"https://login.microsoftonline.com/{OTHER}/v2.0", "tid": OTHER}, Flaw.ISSUER),
    ({"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"}, Flaw.ISSUER),
]


@pytest.mark.parametrize(("over", "flaw"), ENTRA_REFUSALS)
async def test_refusals_of_entra(start_issuer: Start, oidc: Make, over: dict[str, Any], flaw: Flaw) -> None:
    """What is genuine and yet not good enough."""
    entra = await start_issuer(named=f"https://login.microsoftonline.com/{TENANT}/v2.0")
    entra.discovery = {"jwks_uri": "https://login.microsoftonline.com/keys"}
    relay = oidc(entra, scopes="speak", clients="app")
    assert await outcome(relay, of_entra(entra, **over)) == refused(flaw).detail


MANY = "https://login.microsoftonline.com/{tenantid}/v2.0"
SHARED = SigningKey("shared", extra=(("issuer", MANY),))
THEIRS = SigningKey("theirs", extra=(("issuer", f"https://login.microsoftonline.com/{OTHER}/v2.0"),))
BOTH = SigningKey("shared", extra=(("issuer", "https://login.microsoftonline.com/consumers/v2.0"),))

TENANTS: list[tuple[SigningKey, str, Flaw | None]] = [
    (SHARED, TENANT, None),
    (SHARED, OTHER, Flaw.TENANT),
    (THEIRS, OTHER, Flaw.TENANT),
    (THEIRS, TENANT, Flaw.FOREIGN_KEY),
]


@pytest.mark.parametrize(("key", "tenant", "flaw"), TENANTS)
async def test_users_of_several_tenants(
    start_issuer: Start, oidc: Make, key: SigningKey, tenant: str, flaw: Flaw | None
) -> None:
    """Only of those that are listed, and by no key that another tenant owns; one key may be listed for several."""
    entra = await start_issuer(named="https://login.microsoftonline.com/organizations/v2.0")
    entra.discovery = {"issuer": MANY, "jwks_uri": "https://login.microsoftonline.com/keys"}
    entra.publish(BOTH, SHARED, THEIRS)
    relay = oidc(entra, scopes="speak", tenants=TENANT)
    token = of_entra(entra, key, iss=f"https://login.microsoftonline.com/{tenant}/v2.0", tid=tenant)
    expected = f"{tenant}:alice-oid" if flaw is None else refused(flaw).detail
    assert await outcome(relay, token) == expected
