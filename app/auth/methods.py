"""How a user is authenticated: by a static key, or not at all on a developer's own machine.

Nothing is open because nobody configured it: without a method the relay answers its own machine only. A method
is a function of the handshake and the credential; to add one is to add it to `make_authenticator`.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.auth.credentials import Credential, Handshake, Identity, find, is_loopback_host, origin_allowed
from app.errors import Ended, Ending

__all__ = ["DEV", "AuthConfig", "Authenticator", "hash_key", "make_authenticator", "new_key"]

DEV = Identity("dev", "dev")
"""Whoever connects from the developer's own machine."""

KEY_HASH = re.compile(r"sha256:[0-9a-f]{64}")
KEY_PREFIX = "rk_"

DEV_ONLY = (
    "No user authentication is configured, so this relay serves its own machine only: connect to localhost, from"
    " no other site and through no proxy. To serve others set RELAY_AUTH__KEYS__<NAME>"
    " (`realtime-relay key new` makes a key)."
)

Authenticator = Callable[[Handshake], Awaitable[Identity]]
"""Returns who is calling, or raises `Ended` (unauthenticated, forbidden)."""


def _checked_hash(value: str) -> str:
    if not KEY_HASH.fullmatch(value):
        # Not the value: somebody may have put the key itself there.
        raise ValueError("is not of the form sha256:<64 hex digits>; `realtime-relay key new` prints one")
    return value


class AuthConfig(BaseModel):
    """Who may connect: the hashes of static keys, each under its user's name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    keys: Mapping[str, Annotated[str, AfterValidator(_checked_hash)]] = Field(
        default={}, description="The hash of one user's key, as `realtime-relay key new` prints it."
    )
    query_credentials: bool = Field(
        default=False, description="Accept a credential in the URL's query, where every log on the way sees it."
    )

    @property
    def configured(self) -> bool:
        """Whether there is any way for a user to be known."""
        return bool(self.keys)


def make_authenticator(config: AuthConfig) -> Authenticator:
    """Choose the methods that the configuration asks for."""
    if not config.configured:
        return _dev

    async def authenticate(handshake: Handshake) -> Identity:
        credential = find(handshake, query_allowed=config.query_credentials)
        if credential is None:
            raise Ended(Ending.UNAUTHENTICATED)
        return _by_key(credential, config.keys)

    return authenticate


def new_key() -> str:
    """Make a key of 256 random bits."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """Return what the configuration holds of a key. Its 256 bits need no slow hash."""
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _by_key(credential: Credential, keys: Mapping[str, str]) -> Identity:
    """Look through all keys, so that the time tells nothing of which one came close."""
    digest = hash_key(credential.secret)
    matches = [name for name, known in keys.items() if hmac.compare_digest(digest, known)]
    if not matches:
        raise Ended(Ending.UNAUTHENTICATED, "This key is not known here.", detail=f"by {credential.carrier}")
    return Identity(matches[0], "key")


async def _dev(handshake: Handshake) -> Identity:
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
