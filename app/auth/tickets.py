"""Tickets: the relay's own short-lived `ek_…` credentials, for one connection each.

A ticket is 256 random bits, kept by its hash. It is reserved when its bearer is identified, used up when the
connection is accepted, and given back when the dial fails, so that another try is possible.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from app.auth.credentials import Credential, Handshake, Identity, same_origin
from app.errors import Ended, Ending
from app.store import Store, Ticket

__all__ = ["PREFIX", "TicketConfig", "Tickets"]

PREFIX = "ek_"
"""The official JavaScript SDK takes a key in a browser only if it begins so."""

LEAST_SECONDS = 10
"""Of `expires_after.seconds` in the Realtime API."""


class TicketConfig(BaseModel):
    """How long tickets live, in seconds. What a ticket opens may last longer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: PositiveInt = Field(
        default=60, description="Seconds that a ticket is good for, if none are asked for."
    )
    maximum_seconds: PositiveInt = Field(default=600, description="The most seconds that may be asked for.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.seconds > self.maximum_seconds:
            raise ValueError("SECONDS is more than MAXIMUM_SECONDS")
        return self


@dataclass(frozen=True, slots=True)
class Tickets:
    """Makes tickets, and tells whose they are."""

    config: TicketConfig
    store: Store

    async def mint(  # noqa: PLR0913 - what a ticket is bound to
        self,
        identity: Identity,
        now: float,
        *,
        seconds: int | None,
        profiles: tuple[str, ...] | None,
        origin: str | None,
        model: str | None,
        session: bytes | None = None,
    ) -> tuple[str, float]:
        """Return a new ticket and when it expires (unix seconds), never later than the identity itself.

        `profiles` are those that it is good for, None for any: whoever shows it is asked nothing else.
        """
        expires_at = self.ends_at(identity, now, seconds)
        value = PREFIX + secrets.token_urlsafe(32)
        user = f"{identity.method}:{identity.name}"
        ticket = Ticket(user, expires_at, identity.expires_at, profiles, origin, model, session)
        await self.store.put_ticket(_hashed(value), ticket, now)
        return value, expires_at

    def ends_at(self, identity: Identity, now: float, seconds: int | None) -> float:
        """Return when what is made now for so many seconds expires; None for as many as are usual."""
        life = self.config.seconds if seconds is None else max(LEAST_SECONDS, seconds)
        expires_at = now + min(life, self.config.maximum_seconds)
        return expires_at if identity.expires_at is None else min(expires_at, identity.expires_at)

    async def identify(self, credential: Credential, handshake: Handshake, now: float) -> Identity:
        """Reserve a ticket and return whose it is. Raises `Ended` where it cannot be used, or not here."""
        hashed = _hashed(credential.secret)
        ticket = await self.store.find_ticket(hashed, now)
        if ticket is None:
            raise _unusable("unknown, expired, or in use")
        if ticket.origin is not None and not same_origin(ticket.origin, handshake.origin):
            raise Ended(Ending.FORBIDDEN, "This ticket belongs to another Origin.", code="ticket_origin")
        if ticket.profiles is not None and handshake.profile not in {None, *ticket.profiles}:
            raise Ended(Ending.FORBIDDEN, "This ticket belongs to another profile.", code="ticket_profile")
        if ticket.model is not None and handshake.asked_model not in {None, ticket.model}:
            raise Ended(Ending.FORBIDDEN, "This ticket belongs to another model.", code="ticket_model")
        if not await self.store.reserve_ticket(hashed, now):
            raise _unusable("taken by another connection")
        method, _, name = ticket.user.partition(":")
        return Identity(name, method, ticket.ends_user_at, ticket.profiles, hashed, ticket.model, ticket.session)


def _unusable(detail: str) -> Ended:
    return Ended(
        Ending.UNAUTHENTICATED,
        "This ticket cannot be used (again): each opens one connection, soon after it was made. Get a new one.",
        code="ticket_unusable",
        detail=detail,
    )


def _hashed(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
