"""What a genuine token says: for whom it is, until when, whose it is, and what it grants. Pure.

Every claim that is looked at must be there in its one form, and no claim that a person can choose or change (name,
e-mail address) identifies anybody. What is an access token, and for whom, differs between Entra and all others.
"""

import re
from typing import Annotated, Any

import msgspec

from app.auth.credentials import Identity
from app.auth.flaws import Flaw, refused
from app.auth.issuers import IssuerConfig

__all__ = ["identified"]

LEEWAY = 60
"""Seconds by which clocks may differ."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""OpenID Connect Core 1.0, section 2: a `sub` has 255 characters at most."""

OTHER_KINDS = ("nonce", "at_hash", "c_hash", "s_hash", "events")
"""Claims of ID tokens (OpenID Connect Core 1.0) and of logout tokens, which no access token needs."""
OTHER_TYPES = {"id", "refresh", "offline", "logout"}
"""Keycloak tells its tokens apart by a claim `typ`, Amazon Cognito by `token_use`."""

TENANT_ID = re.compile(r"[0-9a-f-]{36}")


class Claims(msgspec.Struct, frozen=True):
    """The claims that count. Those that mean something to some providers only may have any form."""

    iss: str
    aud: str | list[str]
    exp: float
    nbf: float | None = None
    iat: float | None = None
    sub: Name | None = None
    oid: Any = None
    tid: Any = None
    ver: Any = None
    azp: Any = None
    client_id: Any = None
    scp: Any = None
    scope: Any = None
    roles: Any = None
    typ: Any = None
    token_use: Any = None
    nonce: Any = None
    at_hash: Any = None
    c_hash: Any = None
    s_hash: Any = None
    events: Any = None

    @property
    def granted_scopes(self) -> set[str]:
        """Delegated scopes: `scp` in Entra and Okta, `scope` in RFC 9068."""
        return _words(self.scp) | _words(self.scope)

    @property
    def granted_roles(self) -> set[str]:
        """App roles, of a user or of an app that acts for itself: `roles` in Entra, and in RFC 9068."""
        return _words(self.roles)


def identified(payload: bytes, config: IssuerConfig, now: float) -> Identity:
    """Return whose token this is. `payload` is verified, `now` unix time. Raises `Ended`."""
    try:
        claims = msgspec.json.decode(payload, type=Claims)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise refused(Flaw.CLAIMS, type(error).__name__) from None
    _check_kind(claims)
    _check_audience(claims, config)
    _check_times(claims, now)
    entra = config.entra or (claims.ver == "2.0" and claims.tid is not None)
    name = _entra_user(claims) if entra else _user(claims)
    _check_allowed(claims, config)
    granted = tuple(sorted(claims.granted_scopes | claims.granted_roles))
    return Identity(name, "oidc", expires_at=claims.exp, roles=granted)


def _check_audience(claims: Claims, config: IssuerConfig) -> None:
    named = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    if named.isdisjoint(config.audience):
        raise refused(Flaw.AUDIENCE)


def _check_times(claims: Claims, now: float) -> None:
    if claims.exp + LEEWAY <= now:
        raise refused(Flaw.EXPIRED)
    if claims.nbf is not None and claims.nbf - LEEWAY > now:
        raise refused(Flaw.NOT_YET)
    if claims.iat is not None and claims.iat - LEEWAY > now:
        raise refused(Flaw.FROM_THE_FUTURE)


def _check_kind(claims: Claims) -> None:
    """Refuse what the same key signs for another purpose."""
    named = {value.lower() for value in (claims.typ, claims.token_use) if isinstance(value, str)}
    marked = any(getattr(claims, name) is not None for name in OTHER_KINDS)
    if marked or not named.isdisjoint(OTHER_TYPES):
        raise refused(Flaw.NOT_FOR_ACCESS)


def _user(claims: Claims) -> str:
    if claims.sub is None:
        raise refused(Flaw.USER)
    return f"{claims.iss}#{claims.sub}"


def _entra_user(claims: Claims) -> str:
    """Return `tid:oid`, the same for one person in all apps (`sub` is not).

    Every v2.0 access token has `azp`, and no ID token has; those have `roles`, too
    (https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference).
    """
    if claims.ver != "2.0":
        raise refused(Flaw.VERSION)
    if not (isinstance(claims.tid, str) and _is_name(claims.oid)):
        raise refused(Flaw.USER)
    if not (TENANT_ID.fullmatch(claims.tid) and claims.iss.endswith(f"/{claims.tid}/v2.0")):
        raise refused(Flaw.TENANT_MISMATCH)
    if not _is_name(claims.azp):
        raise refused(Flaw.NOT_FOR_ACCESS)
    if not (claims.granted_scopes or claims.granted_roles):
        raise refused(Flaw.GRANT)
    return f"{claims.tid}:{claims.oid}"


def _check_allowed(claims: Claims, config: IssuerConfig) -> None:
    """Hold a token to what the operator allows.

    One that has scopes acts for a user and is held to the scopes; where roles are configured as well, they let in
    the apps that act for themselves.
    """
    if config.tenants and claims.tid not in config.tenants:
        raise refused(Flaw.TENANT)
    if config.clients and (claims.azp or claims.client_id) not in config.clients:
        raise refused(Flaw.CLIENT)
    if config.scopes and (claims.granted_scopes or not config.roles):
        if claims.granted_scopes.isdisjoint(config.scopes):
            raise refused(Flaw.SCOPE)
    elif config.roles and claims.granted_roles.isdisjoint(config.roles):
        raise refused(Flaw.ROLE)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 255  # noqa: PLR2004 - as in Name


def _words(value: object) -> set[str]:
    """Return the words of a string or a list; no words of anything else."""
    if isinstance(value, str):
        return set(value.split())
    return {each for each in value if isinstance(each, str)} if isinstance(value, list) else set()
