"""What can be wrong with a token, and what its bearer is told.

The sentences are fixed: nothing of a token is repeated, neither to the caller nor in the log.
"""

from enum import Enum

from app.errors import Ended, Ending

__all__ = ["Flaw", "refused"]

NEW_ONE = "Get a new one from the identity provider."
V1 = (
    "This is a v1.0 token of Microsoft Entra ID. Ask for a scope of this relay's own API; in the manifest of its"
    " app registration requestedAccessTokenVersion must be 2."
)


class Flaw(Enum):
    """Every reason for which a token is refused: the log's words, the caller's sentence, and the error code."""

    TOO_LONG = ("longer than 16 KiB", "The token is too long to be one.")
    UNREADABLE = (
        "no JSON Web Token",
        "The token is no JSON Web Token. Send the access token just as the identity provider gave it.",
    )
    CRITICAL = ("a critical header", "The token demands an extension (`crit`) that this relay does not know.")
    TYPE = ("not an access token by its typ", "The token is of another type. Send an access token.")
    ALGORITHM = (
        "an algorithm that its key is not for",
        "The token is not signed by an algorithm that its key is for, of RS, PS and ES with 256, 384 or 512.",
    )
    NO_KEY_ID = ("no kid", "The token does not name its key (`kid`).")
    ISSUER = (
        "an unknown issuer",
        "This relay does not trust the token's issuer. Its operator does so by RELAY_AUTH__OIDC__<NAME>__ISSUER.",
    )
    VERSION_1 = (
        "a v1 token of Entra",
        V1,
    )
    UNKNOWN_KEY = ("an unknown kid", f"The identity provider has no such key as signed the token. {NEW_ONE}")
    FOREIGN_KEY = ("a key of another issuer", f"The token is signed by a key of another issuer. {NEW_ONE}")
    SIGNATURE = ("a wrong signature", f"The token's signature is wrong. {NEW_ONE}")
    CLAIMS = (
        "claims that lack or have another form",
        "The token lacks a claim, or one has an unknown form; needed are `iss`, `aud` and `exp`.",
    )
    AUDIENCE = (
        "another audience",
        "The token is for another service. Ask the identity provider for one whose `aud` is this relay's.",
    )
    EXPIRED = ("expired", f"The token has expired. {NEW_ONE}", "token_expired")
    NOT_YET = ("not valid yet (nbf)", "The token is not valid yet. Check the clocks.")
    FROM_THE_FUTURE = ("issued in the future (iat)", "The token was issued in the future. Check the clocks.")
    NOT_FOR_ACCESS = (
        "an ID token, or another kind that gives no access",
        "This is an ID token, or of another kind that gives no access. Send the access token.",
    )
    USER = ("no user", "The token does not say whose it is: `sub`, of Entra `tid` and `oid`.")
    VERSION = ("a ver that is not 2.0", "The token is no v2.0 token of Microsoft Entra ID.")
    TENANT_MISMATCH = ("tid and iss that differ", "The token's tenant and issuer do not agree.")
    TENANT = ("a tenant that is not allowed", "Users of this tenant may not connect here.", "tenant_not_allowed")
    CLIENT = ("a client that is not allowed", "This app may not connect here.", "client_not_allowed")
    GRANT = (
        "neither scope nor role",
        "The token grants nothing: ask for a scope of this relay's API, or have an app role assigned.",
        "insufficient_scope",
    )
    SCOPE = (
        "none of the scopes",
        "The token has none of the scopes that are needed here. Ask the identity provider for one.",
        "insufficient_scope",
    )
    ROLE = (
        "none of the roles",
        "The token has none of the app roles that are needed here. Have one assigned.",
        "insufficient_scope",
    )


FORBIDDEN = {Flaw.TENANT, Flaw.CLIENT, Flaw.GRANT, Flaw.SCOPE, Flaw.ROLE}
"""With these the token is genuine, and its bearer known."""


def refused(flaw: Flaw, more: str = "") -> Ended:
    """Return the ending for this flaw; `more` goes to the log."""
    words, message, code = (*flaw.value, "invalid_token")[:3]
    ending = Ending.FORBIDDEN if flaw in FORBIDDEN else Ending.UNAUTHENTICATED
    return Ended(ending, message, code=code, detail=f"token refused: {words}{more and f': {more}'}")
