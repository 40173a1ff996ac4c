"""How a user is authenticated: by ticket, trusted ingress, a provider's token, or static key; or in dev mode.

Nothing is open because nobody configured it: without a method the relay answers its own machine only. To add a
method is to add it to `Authenticator`, at its place in the order.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf

from app.auth.credentials import (
    Credential,
    Handshake,
    Identity,
    Network,
    find,
    from_trusted,
    is_loopback_host,
    origin_allowed,
)
from app.auth.issuers import IssuerConfig
from app.auth.static_keys import StaticKey, by_key, static_key
from app.auth.tickets import PREFIX, TicketConfig, Tickets
from app.errors import Ended, Ending

if TYPE_CHECKING:  # its cryptography is loaded only where tokens of a provider are to be verified
    from app.auth.oidc import Oidc

__all__ = ["DEV", "AuthConfig", "Authenticator"]

DEV = Identity("dev", "dev")
"""Whoever connects from the developer's own machine."""

DEV_ONLY = (
    "No user authentication is configured, so this relay serves its own machine only: connect to localhost, from"
    " no other site and through no proxy. To serve others set RELAY_AUTH__KEYS__<NAME>"
    " (`realtime-relay key new` makes a key)."
)

MAX_CREDENTIAL = 16 * 1024
"""Characters. No token that anybody issues is longer."""

PRINCIPAL_ID = "x-ms-client-principal-id"
PROVIDER = "x-ms-client-principal-idp"


class AuthConfig(BaseModel):
    """Who may connect."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: Mapping[str, Annotated[InstanceOf[StaticKey], BeforeValidator(static_key)]] = Field(
        default={},
        description="The hash of one user's key, as `realtime-relay key new` prints it; `;expires=2027-01-31` and"
        " `;profiles=a,b` may follow.",
    )
    oidc: Mapping[str, IssuerConfig] = Field(default={}, description="")
    tickets: TicketConfig = TicketConfig()
    easyauth: bool = Field(
        default=False,
        description="Take the user from the headers of App Service or Container Apps authentication; needs"
        " `RELAY_TRUSTED_PROXIES`.",
    )
    query_credentials: bool = Field(
        default=False, description="Accept a credential in the URL's query, where every log on the way sees it."
    )

    @property
    def configured(self) -> bool:
        """Whether there is any way for a user to be known."""
        return bool(self.keys or self.oidc or self.easyauth)


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Tells who is calling. `oidc` is needed where providers are configured; `now` is unix time."""

    config: AuthConfig
    tickets: Tickets
    oidc: "Oidc | None" = None
    trusted: tuple[Network, ...] = ()
    now: Callable[[], float] = time.time

    async def __call__(self, handshake: Handshake, *, minting: bool = False) -> Identity:
        """Return who is calling. Raises `Ended`. A ticket is no credential for `minting`: one makes no other."""
        credential = find(handshake, query_allowed=self.config.query_credentials)
        if credential is not None and credential.secret.startswith(PREFIX) and not minting:
            _bounded(credential)
            return await self.tickets.identify(credential, handshake, self.now())
        if self.config.easyauth and handshake.headers.get(PRINCIPAL_ID):
            return _by_ingress(handshake, self.trusted)
        if not self.config.configured:
            return _dev(handshake)
        if credential is None:
            raise Ended(Ending.UNAUTHENTICATED)
        return await self.by_credential(credential)

    async def by_credential(self, credential: Credential) -> Identity:
        """Return whose key or token it is. Raises `Ended`."""
        _bounded(credential)
        if self.config.oidc and self.oidc is not None and self.oidc.looks_like(credential.secret):
            return await self.oidc.identify(credential.secret)
        return by_key(credential, self.config.keys, self.now())


def _bounded(credential: Credential) -> None:
    if len(credential.secret) > MAX_CREDENTIAL:
        raise Ended(Ending.UNAUTHENTICATED, "The credential is too long to be one.", detail="over 16 KiB")


def _by_ingress(handshake: Handshake, trusted: tuple[Network, ...]) -> Identity:
    """Believe the ingress, if it is it. Behind this stands the browser's cookie, so an Origin must be there."""
    if not from_trusted(handshake, trusted):
        raise Ended(
            Ending.FORBIDDEN,
            "Identity headers are taken from the ingress only.",
            detail="EasyAuth headers from a peer that is not in RELAY_TRUSTED_PROXIES",
        )
    if handshake.origin is None:
        raise Ended(
            Ending.FORBIDDEN, "A request with an ingress' identity needs an Origin.", code="origin_missing"
        )
    provider = handshake.headers.get(PROVIDER, "ingress")
    return Identity(f"{provider}#{handshake.headers[PRINCIPAL_ID]}", "easyauth")


def _dev(handshake: Handshake) -> Identity:
    """Let in whoever is on this machine: any credential will do, or none.

    The accepting address keeps the network out, the Host header DNS rebinding, the Origin other sites in the
    developer's browser, the forwarding headers a proxy that opens the door.
    """
    forwarded = any(name == "forwarded" or name.startswith("x-forwarded-") for name in handshake.headers)
    if (
        _is_loopback(handshake.local_address)
        and is_loopback_host(handshake.host)
        and origin_allowed(handshake, ())
        and not forwarded
    ):
        return DEV
    raise Ended(Ending.FORBIDDEN, DEV_ONLY, code="authentication_not_configured")


def _is_loopback(address: str | None) -> bool:
    try:
        return address is not None and ip_address(address).is_loopback
    except ValueError:
        return False
