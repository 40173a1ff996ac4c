"""The public keys of an identity provider: a JSON Web Key Set, read (RFC 7517).

The key says which algorithms it is for, and never the token. A key that is not understood is passed over, as
section 5 asks, and so is one that is no signing key, too weak, or not public.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

__all__ = ["ALGORITHMS", "Key", "read_keys"]

RSA_BITS = range(2048, 8192 + 1)
"""Shorter ones are broken (NIST SP 800-131A), longer ones take long to verify."""

RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
EC_ALGORITHMS: Mapping[str, str] = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
ALGORITHMS = RSA_ALGORITHMS | frozenset(EC_ALGORITHMS.values())
"""All that can sign a token. `none` cannot, nor the HMACs, whose secret a public key would be."""


@dataclass(frozen=True, slots=True)
class Key:
    """One public key, and the algorithms that it is for. `issuer` is whose key it is, where Entra says so."""

    public: RSAPublicKey | EllipticCurvePublicKey
    algorithms: frozenset[str]
    issuer: str | None


class KeySet(msgspec.Struct, frozen=True):
    """The document, its keys still to be read one by one."""

    keys: list[msgspec.Raw]


class Jwk(msgspec.Struct, frozen=True):
    """One key as it is published. Certificates (`x5c`, `x5u`) are not looked at."""

    kid: str
    kty: str
    use: str = "sig"
    key_ops: tuple[str, ...] = ("verify",)
    alg: str | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None
    d: Any = None
    issuer: str | None = None

    @property
    def algorithms(self) -> frozenset[str]:
        """What the key may be used for: by type and curve, and of these the one that it names, if it names any."""
        if self.d is not None or self.use != "sig" or "verify" not in self.key_ops:
            return frozenset()
        match self.kty:
            case "RSA":
                able = RSA_ALGORITHMS
            case "EC":
                able = frozenset({EC_ALGORITHMS.get(self.crv or "", "")}) & ALGORITHMS
            case _:
                able = frozenset()
        return able if self.alg is None else able & {self.alg}


def read_keys(document: bytes) -> Mapping[str, tuple[Key, ...]]:
    """Return the usable keys by their `kid`; several may share one.

    Raises `msgspec.DecodeError`, `ValueError` or `RecursionError` for what is no key set.
    """
    found = sorted(_usable(msgspec.json.decode(document, type=KeySet)), key=_kid)
    return {kid: tuple(key for _, key in group) for kid, group in groupby(found, key=_kid)}


def _kid(found: tuple[str, Key]) -> str:
    return found[0]


def _usable(keys: KeySet) -> Iterator[tuple[str, Key]]:
    for raw in keys.keys:
        try:
            jwk = msgspec.json.decode(raw, type=Jwk)
            key = _key(jwk)
        except (msgspec.DecodeError, jwt.PyJWTError, ValueError, RecursionError):
            continue
        if key is not None:
            yield jwk.kid, key


def _key(jwk: Jwk) -> Key | None:
    if not jwk.algorithms:
        return None
    members: dict[str, Any] = {name: getattr(jwk, name) for name in ("kty", "crv", "n", "e", "x", "y")}
    given = {name: value for name, value in members.items() if value is not None}
    public = jwt.PyJWK(given, min(jwk.algorithms)).key
    if isinstance(public, RSAPublicKey) and public.key_size not in RSA_BITS:
        return None
    return Key(public, jwk.algorithms, jwk.issuer)
