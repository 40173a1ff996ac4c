"""Tests of app.auth.claims: the tokens of Microsoft Entra ID, which have rules of their own."""

from typing import Any

import pytest

from app.auth.claims import identified
from app.auth.credentials import Identity
from app.auth.flaws import Flaw, refused
from tests.auth.claimed import NOW, OTHER, PLAIN, TENANT, by_entra, config, entra, outcome


def test_a_user_of_entra_is_known_by_tenant_and_object() -> None:
    """The subject differs from app to app, the object does not."""
    found = identified(entra(email="bob@example.com", preferred_username="bob"), by_entra(), NOW)
    assert found == Identity(f"{TENANT}:alice-oid", "oidc", expires_at=NOW + 600, roles=("listen", "speak"))


def test_a_users_app_roles_stand_beside_its_scopes() -> None:
    """Entra gives a user's token both: what the app may do for the user, and what the user is."""
    found = identified(entra(scp="speak", roles=["Relay.Admin"]), by_entra(), NOW)
    assert found.roles == ("Relay.Admin", "speak")


ENTRA_REFUSED: list[tuple[dict[str, Any], Flaw]] = [
    ({"ver": "1.0"}, Flaw.VERSION),
    ({"ver": None}, Flaw.VERSION),
    ({"ver": 2.0}, Flaw.VERSION),
    ({"tid": None}, Flaw.USER),
    ({"tid": [TENANT]}, Flaw.USER),
    ({"oid": None}, Flaw.USER),
    ({"oid": ""}, Flaw.USER),
    ({"oid": 7}, Flaw.USER),
    ({"oid": "x" * 256}, Flaw.USER),
    ({"tid": OTHER}, Flaw.TENANT_MISMATCH),
    ({"tid": ""}, Flaw.TENANT_MISMATCH),
    ({"tid": TENANT[1:]}, Flaw.TENANT_MISMATCH),
    ({"tid": f"login.microsoftonline.com/{TENANT}"}, Flaw.TENANT_MISMATCH),
    ({"azp": None}, Flaw.NOT_FOR_ACCESS),
    ({"azp": ""}, Flaw.NOT_FOR_ACCESS),
    ({"azp": None, "scp": None, "roles": ["Relay.Use"]}, Flaw.NOT_FOR_ACCESS),
    ({"scp": None}, Flaw.GRANT),
    ({"scp": "", "roles": []}, Flaw.GRANT),
    ({"scp": "listen"}, Flaw.SCOPE),
    ({"scp": "speaker"}, Flaw.SCOPE),
    ({"scp": "Speak"}, Flaw.SCOPE),
    ({"scp": None, "roles": ["Relay.Use"]}, Flaw.SCOPE),
    ({"scp": None, "roles": ["speak"]}, Flaw.SCOPE),
]


@pytest.mark.parametrize(("over", "flaw"), ENTRA_REFUSED)
def test_what_no_good_token_of_entra_says(over: dict[str, Any], flaw: Flaw) -> None:
    """A v2.0 access token of the issuer's own tenant, with a grant."""
    assert outcome(entra(**over), by_entra()) == refused(flaw).detail


ENTRA_LET_IN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"scp": "speak"}),
    ({}, {"nbf": None, "iat": None, "sub": None}),
    ({"scopes": "", "roles": "Relay.Use"}, {"scp": None, "roles": ["Relay.Use"]}),
    ({"scopes": "", "roles": "Relay.Use"}, {"scp": "any", "roles": ["Relay.Use"]}),
    ({"roles": "Relay.Use"}, {"scp": None, "roles": ["Relay.Use"]}),
    ({"scopes": "", "clients": "app"}, {"scp": "any"}),
    ({"scopes": "", "clients": "app"}, {"scp": None, "roles": ["any"]}),
    ({"tenants": TENANT}, {}),
]


@pytest.mark.parametrize(("how", "over"), ENTRA_LET_IN)
def test_users_and_apps_of_entra(how: dict[str, Any], over: dict[str, Any]) -> None:
    """A user's token has scopes, an app's own has roles; either is let in as configured."""
    assert outcome(entra(**over), by_entra(**how)) == f"{TENANT}:alice-oid"


def test_a_token_shaped_as_those_of_entra_is_held_to_their_rules() -> None:
    """From whatever host: then its tenant must be that of the issuer's path, or anybody could claim any tenant."""
    elsewhere = f"https://id.example/{TENANT}/v2.0"
    assert outcome(entra(iss=elsewhere), config(issuer=elsewhere)) == f"{TENANT}:alice-oid"
    assert outcome(entra(iss=PLAIN), config()) == refused(Flaw.TENANT_MISMATCH).detail
