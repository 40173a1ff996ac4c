"""What a session's news needs of the world: the check of a renewed credential, and the beginning of a drain."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.auth.credentials import Credential, Handshake, Identity
from app.errors import Ended, Ending
from app.policy.session_news import News, Renewed
from app.profiles import Profiles
from app.session import SessionConfig, Sessions
from app.web.admission import Admission
from app.web.admitted import Admitted

__all__ = ["make_news"]


def _effect_id() -> str:
    return f"effect_{secrets.token_hex(8)}"


@dataclass(frozen=True, slots=True)
class Refresh:
    """Checks the credential that is to take the place of the session's.

    It must be the same user's, and good for the `profile` that the session runs under.
    """

    admission: Admission
    profiles: Profiles
    handshake: Handshake
    identity: Identity
    profile: str
    token: str = field(repr=False)
    clock: Callable[[], float]
    id: str = field(default_factory=_effect_id)

    async def run(self) -> Renewed:
        """Return when the new credential ends. Raises `Ended` where it is none, or another's."""
        renewed = await self.admission.renew(self.handshake, Credential(self.token, "event"))
        if (renewed.method, renewed.name) != (self.identity.method, self.identity.name):
            raise Ended(Ending.FORBIDDEN, "The new credential is another user's.", code="another_user")
        if self.profile not in self.profiles.allowed(renewed):
            words = "The new credential is not good for the profile of this session."
            raise Ended(Ending.FORBIDDEN, words, code="profile_not_allowed")
        return Renewed(on_clock(renewed.expires_at, self.clock))


@dataclass(frozen=True, slots=True)
class DrainBegins:
    """Ends when a drain begins."""

    sessions: Sessions
    id: str = field(default_factory=_effect_id)

    async def run(self) -> float:
        """Return the seconds that are left then."""
        return await self.sessions.drain_begun()


def on_clock(unix: float | None, clock: Callable[[], float]) -> float | None:
    """Bring a unix time onto another clock."""
    return None if unix is None else clock() + unix - time.time()


def make_news(  # noqa: PLR0913 - the session's own affairs, each from its owner
    admitted: Admitted,
    *,
    admission: Admission,
    profiles: Profiles,
    sessions: Sessions,
    config: SessionConfig,
    clock: Callable[[], float],
) -> News:
    """Say what one session is told about itself."""
    identity, handshake, profile = admitted.identity, admitted.caller.handshake, admitted.loaded.name
    return News(
        ends_at=clock() + config.maximum_duration,
        credential_ends_at=on_clock(identity.expires_at, clock),
        grace=config.credential_grace,
        refresh=lambda token: Refresh(admission, profiles, handshake, identity, profile, token, clock),
        drain=lambda: DrainBegins(sessions),
        limits={"maximum_duration": config.maximum_duration, "idle": config.idle},
    )
