"""Which identity providers are trusted, and for whom: the settings of one issuer.

What could never work is told when the settings are read: a tenant's name in the place of its id, a scope in its
long form, an Entra issuer without anything that a token must grant.
"""

import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_settings import NoDecode

from app.auth.credentials import is_loopback_host

__all__ = ["IssuerConfig", "any_tenant", "trustworthy"]

ENTRA_HOST = re.compile(r"login\.(partner\.)?microsoftonline\.(com|us|cn)|[\w-]+\.ciamlogin\.com")
ENTRA_PATH = re.compile(r"/([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|organizations|common)/v2\.0")
MANY_TENANTS = re.compile(r"(?<=/)(organizations|common)(?=/v2\.0$)")
TENANT = re.compile(r"(?<=/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?=/v2\.0$)")

ENTRA_FORM = (
    "is not of the form https://login.microsoftonline.com/<tenant id>/v2.0 (the tenant's id, not its name; or"
    " 'organizations' for several tenants)"
)


def trustworthy(url: str) -> bool:
    """Tell whether what comes from this URL is what its owner says: https, or http on this machine.

    Raises `ValueError` for what is no URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "http":
        return is_loopback_host(parts.netloc)
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def any_tenant(issuer: str) -> str:
    """Return an Entra issuer with `{tenantid}` for its tenant, as the discovery document for several has it."""
    return TENANT.sub("{tenantid}", issuer)


def _listed(value: object) -> object:
    return [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value


def _checked_issuer(issuer: str) -> str:
    parts = urlsplit(issuer)
    if not trustworthy(issuer) or "?" in issuer or "#" in issuer:
        raise ValueError("is not an https:// URL without query (http:// is for this machine alone)")
    if ENTRA_HOST.fullmatch(parts.netloc) and not ENTRA_PATH.fullmatch(parts.path):
        raise ValueError(ENTRA_FORM)
    return issuer


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""A list, separated by commas in the environment."""


class IssuerConfig(BaseModel):
    """One trusted issuer. Env: `RELAY_AUTH__OIDC__<NAME>__<FIELD>`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True)

    issuer: Annotated[str, AfterValidator(_checked_issuer)] = Field(
        description="The provider's issuer, to the letter; of Entra"
        " https://login.microsoftonline.com/<tenant id>/v2.0."
    )
    audience: Listed = Field(
        min_length=1, description="The `aud` of tokens for this relay, with commas; of Entra the API's client id."
    )
    tenants: Listed = Field(default=(), description="Tenants whose users may connect (`tid`), with commas.")
    clients: Listed = Field(default=(), description="Apps that may send tokens (`azp`, `client_id`), with commas.")
    scopes: Listed = Field(
        default=(), description="Scopes of which a user's token needs one, with commas; in the short form."
    )
    roles: Listed = Field(
        default=(),
        description="App roles of which a token needs one, with commas; with `SCOPES`, for tokens without.",
    )

    @property
    def entra(self) -> bool:
        """Whether this is Microsoft Entra ID."""
        return ENTRA_HOST.fullmatch(urlsplit(self.issuer).netloc) is not None

    @property
    def published(self) -> str:
        """What the discovery document calls the issuer: for several tenants with `{tenantid}` in their place."""
        return MANY_TENANTS.sub("{tenantid}", self.issuer) if self.entra else self.issuer

    @property
    def discovery(self) -> str:
        """Where the discovery document is (OpenID Connect Discovery 1.0, section 4.1)."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.entra:
            return self
        if not (self.scopes or self.roles or self.clients):
            raise ValueError(
                "one of SCOPES, ROLES or CLIENTS must be set: Entra gives any app of a tenant a token for any API"
            )
        if any("/" in scope for scope in self.scopes):
            raise ValueError("SCOPES holds a long form; tokens carry the short one, such as access_as_user")
        tenant = TENANT.search(self.issuer)
        if tenant is None and not self.tenants:
            raise ValueError("TENANTS must be set: ISSUER names none")
        if tenant is not None and self.tenants not in {(), (tenant[0],)}:
            raise ValueError(
                "TENANTS names others than ISSUER does; for several set ISSUER to …/organizations/v2.0"
            )
        return self
