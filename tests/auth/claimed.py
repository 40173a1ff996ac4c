"""Payloads of good tokens, with other claims over theirs, and what becomes of them."""

import json
from typing import Any

from app.auth.claims import identified
from app.auth.issuers import IssuerConfig
from app.errors import Ended

__all__ = ["ENTRA", "NOW", "OTHER", "PLAIN", "TENANT", "by_entra", "config", "entra", "outcome", "plain"]

NOW = 1_800_000_000.0
TENANT = "11111111-2222-3333-4444-555555555555"
OTHER = "99999999-2222-3333-4444-555555555555"
PLAIN = "https://id.example"
ENTRA = f"https://login.microsoftonline.com/{TENANT}/v2.0"


def config(**given_fields: Any) -> IssuerConfig:
    return IssuerConfig.model_validate({"issuer": PLAIN, "audience": "relay,also", **given_fields})


def payload(good: dict[str, Any], over: dict[str, Any]) -> bytes:
    """The claims of a good token with others over them; one of None is left out."""
    return json.dumps({name: value for name, value in {**good, **over}.items() if value is not None}).encode()


def plain(**over: Any) -> bytes:
    return payload({"iss": PLAIN, "aud": "relay", "sub": "alice", "exp": NOW + 600}, over)


def entra(**over: Any) -> bytes:
    good = {
        "iss": ENTRA,
        "aud": "relay",
        "sub": "pairwise",
        "exp": NOW + 600,
        "nbf": NOW,
        "iat": NOW,
        "ver": "2.0",
        "tid": TENANT,
        "oid": "alice-oid",
        "azp": "app",
        "scp": "speak listen",
    }
    return payload(good, over)


def by_entra(**given_fields: Any) -> IssuerConfig:
    return config(**{"issuer": ENTRA, "scopes": "speak", **given_fields})


def outcome(claims: bytes, by: IssuerConfig) -> str:
    """Return the name of who was let in, or the log's reason why nobody was."""
    try:
        return identified(claims, by, NOW).name
    except Ended as error:
        ended = error
    assert "canary" not in f"{ended.message} {ended.detail} {ended.reason}"
    return ended.detail
