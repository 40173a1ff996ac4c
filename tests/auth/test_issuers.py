"""Tests of app.auth.issuers: what an operator may say of an issuer, and which mistakes are told at once."""

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.auth.issuers import IssuerConfig, any_tenant, trustworthy

TENANT = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"
MANY = "https://login.microsoftonline.com/organizations/v2.0"
PLAIN = "https://id.example"


def config(**given: Any) -> IssuerConfig:
    return IssuerConfig.model_validate({"issuer": PLAIN, "audience": "a", **given})


URLS = [
    ("https://id.example", True),
    ("https://id.example:8443/realm", True),
    ("http://127.0.0.1:8080", True),
    ("http://localhost/realm", True),
    ("http://[::1]:80", True),
    ("http://id.example", False),
    ("http://127.0.0.1.evil.example", False),
    ("http://user@localhost", False),
    ("https://user@id.example", False),
    ("https://", False),
    ("ftp://id.example", False),
    ("file:///etc/passwd", False),
    ("//id.example", False),
    ("id.example", False),
    ("", False),
]


@pytest.mark.parametrize(("url", "expected"), URLS)
def test_which_urls_are_trustworthy(url: str, *, expected: bool) -> None:
    """Those over https, and http to this machine; none that carries a user."""
    assert trustworthy(url) is expected


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"issuer": "http://id.example"}, "is not an https:// URL without query"),
    ({"issuer": "https://id.example?x=1"}, "is not an https:// URL without query"),
    ({"issuer": "https://id.example?"}, "is not an https:// URL without query"),
    ({"issuer": "https://id.example#x"}, "is not an https:// URL without query"),
    ({"issuer": "https://canary@id.example"}, "is not an https:// URL without query"),
    ({"issuer": "canary"}, "is not an https:// URL without query"),
    ({"issuer": "https://[canary"}, "Invalid IPv6 URL"),
    ({"issuer": "https://login.microsoftonline.com/canary.example/v2.0"}, "the tenant's id, not its name"),
    ({"issuer": f"https://login.microsoftonline.com/{TENANT}"}, "is not of the form"),
    ({"issuer": f"https://login.microsoftonline.com/{TENANT}/v2.0/"}, "is not of the form"),
    ({"issuer": f"https://login.microsoftonline.us/{TENANT}/"}, "is not of the form"),
    ({"issuer": f"https://login.partner.microsoftonline.cn/{TENANT}/v1.0"}, "is not of the form"),
    ({"issuer": "https://contoso.ciamlogin.com/contoso/v2.0"}, "is not of the form"),
    ({"audience": ""}, "at least 1 item"),
    ({"audience": " , "}, "at least 1 item"),
    ({"audiences": "canary"}, "Extra inputs are not permitted"),
    ({"issuer": ENTRA}, "one of SCOPES, ROLES or CLIENTS must be set"),
    ({"issuer": ENTRA, "scopes": "api://canary/speak"}, "tokens carry the short one"),
    ({"issuer": ENTRA, "scopes": "speak", "tenants": OTHER}, "TENANTS names others than ISSUER"),
    ({"issuer": MANY, "scopes": "speak"}, "TENANTS must be set"),
    ({"issuer": MANY.replace("organizations", "common"), "roles": "r"}, "TENANTS must be set"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_mistakes_are_told(given: dict[str, Any], told: str) -> None:
    """With a sentence that says what is wanted, and without the value."""
    with pytest.raises(ValidationError) as caught:
        config(**given)
    assert told in str(caught.value)
    assert "canary" not in str(caught.value)


RIGHT: list[dict[str, Any]] = [
    {"issuer": ENTRA, "scopes": "speak"},
    {"issuer": ENTRA, "roles": "Relay.Use"},
    {"issuer": ENTRA, "clients": "app"},
    {"issuer": ENTRA, "scopes": "speak", "tenants": TENANT},
    {"issuer": MANY, "scopes": "speak", "tenants": [TENANT, OTHER]},
    {"issuer": f"https://login.partner.microsoftonline.cn/{TENANT}/v2.0", "roles": "r"},
    {"issuer": f"https://{TENANT}.ciamlogin.com/{TENANT}/v2.0", "roles": "r"},
]


@pytest.mark.parametrize("given", RIGHT)
def test_entra_is_known_by_its_host(given: dict[str, Any]) -> None:
    """In all of its clouds; what a token must grant has to be said."""
    assert config(**given).entra


@pytest.mark.parametrize(
    "issuer",
    [PLAIN, "https://login.microsoftonline.com.evil.example", f"{PLAIN}/{TENANT}/v2.0", f"{PLAIN}/common/v2.0"],
)
def test_others_are_not_entra(issuer: str) -> None:
    """Whatever their paths look like; they need nothing but issuer and audience."""
    made = config(issuer=issuer)
    assert not made.entra
    assert made.published == issuer


def test_where_the_discovery_document_is() -> None:
    """Below the issuer; a trailing slash belongs to the issuer's name and is not doubled."""
    assert config(issuer=f"{PLAIN}/").issuer == f"{PLAIN}/"
    for issuer in (PLAIN, f"{PLAIN}/"):
        assert config(issuer=issuer).discovery == f"{PLAIN}/.well-known/openid-configuration"


@pytest.mark.parametrize("segment", ["organizations", "common"])
def test_several_tenants_have_one_discovery_document(segment: str) -> None:
    """In which the tenant of the issuer is left open."""
    issuer = f"https://login.microsoftonline.com/{segment}/v2.0"
    made = config(issuer=issuer, scopes="speak", tenants=TENANT)
    assert made.published == any_tenant(ENTRA) == "https://login.microsoftonline.com/{tenantid}/v2.0"
    assert made.discovery == f"{issuer}/.well-known/openid-configuration"


@pytest.mark.parametrize(
    "issuer", [PLAIN, f"{PLAIN}/{TENANT}", f"{PLAIN}/{TENANT}/v2.0/", f"{PLAIN}/x{TENANT}/v2.0"]
)
def test_no_tenant_to_leave_open(issuer: str) -> None:
    """Only a whole part of the path before `/v2.0` at its end is a tenant."""
    assert any_tenant(issuer) == issuer


class Environment(BaseSettings):
    """Settings that nest issuers as those of the relay do."""

    model_config = SettingsConfigDict(env_prefix="TEST_", env_nested_delimiter="__")

    oidc: Mapping[str, IssuerConfig] = {}


def test_issuers_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each under its name; lists with commas."""
    monkeypatch.setenv("TEST_OIDC__MAIN__ISSUER", f" {PLAIN} ")
    monkeypatch.setenv("TEST_OIDC__MAIN__AUDIENCE", "one, two,")
    monkeypatch.setenv("TEST_OIDC__OTHER__ISSUER", ENTRA)
    monkeypatch.setenv("TEST_OIDC__OTHER__AUDIENCE", "three")
    monkeypatch.setenv("TEST_OIDC__OTHER__SCOPES", "speak")
    found = Environment().oidc
    assert found["main"] == IssuerConfig(issuer=PLAIN, audience=("one", "two"))
    assert found["other"] == IssuerConfig(issuer=ENTRA, audience=("three",), scopes=("speak",))


def test_every_field_says_what_it_is() -> None:
    """The descriptions make the example file and the table of settings."""
    assert all(field.description for field in IssuerConfig.model_fields.values())
