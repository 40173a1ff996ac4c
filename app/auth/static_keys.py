"""Static keys: 256 random bits each, kept as a hash, with the profiles that they may use and an end.

Pure, but for the making of a key. Their bits need no slow hash, and the comparison looks through all keys.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.auth.credentials import Credential, Identity
from app.errors import Ended, Ending

__all__ = ["StaticKey", "by_key", "hash_key", "new_key", "static_key"]

KEY_HASH = re.compile(r"sha256:[0-9a-f]{64}")
KEY_PREFIX = "rk_"
OPTIONS = frozenset({"expires", "profiles"})


@dataclass(frozen=True, slots=True)
class StaticKey:
    """One configured key: its hash, when it ends (unix seconds, None for never), its profiles (None for all)."""

    hashed: str
    expires_at: float | None = None
    profiles: tuple[str, ...] | None = None


def new_key() -> str:
    """Make a key."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """Return what the configuration holds of a key."""
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def static_key(text: str) -> StaticKey:
    """Read `sha256:<hex>[;expires=<ISO date or time>][;profiles=<name>,<name>]`.

    Raises `ValueError`, without the value: somebody may have put the key itself there.
    """
    hashed, *options = (part.strip() for part in text.split(";"))
    if not KEY_HASH.fullmatch(hashed):
        raise ValueError("is not of the form sha256:<64 hex digits>; `realtime-relay key new` prints one")
    given = dict(_option(option) for option in options)
    expires = given.get("expires")
    profiles = given.get("profiles")
    return StaticKey(
        hashed,
        expires_at=None if expires is None else _ends(expires),
        profiles=None if profiles is None else tuple(name.strip() for name in profiles.split(",")),
    )


def by_key(credential: Credential, keys: Mapping[str, StaticKey], now: float) -> Identity:
    """Return whose key it is. Raises `Ended` for one that is not known, or has ended."""
    digest = hash_key(credential.secret)
    matches = [name for name, key in keys.items() if hmac.compare_digest(digest, key.hashed)]
    if not matches:
        raise Ended(
            Ending.UNAUTHENTICATED,
            "This key is not known here. Ask the relay's operator for one.",
            detail=f"an unknown key by {credential.carrier}",
        )
    key = keys[matches[0]]
    if key.expires_at is not None and key.expires_at <= now:
        raise Ended(
            Ending.UNAUTHENTICATED,
            "This key has expired. Ask the relay's operator for a new one.",
            code="key_expired",
        )
    return Identity(matches[0], "key", key.expires_at, key.profiles)


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if name not in OPTIONS or not value:
        raise ValueError("has an option that is neither expires=<date> nor profiles=<names>")
    return name, value


def _ends(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("has an expires= that is no ISO date, such as 2027-01-31") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
