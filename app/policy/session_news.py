"""What the relay itself tells its client, and hears from it: `relay.*` events, for those who opted in.

Strict clients close on an event that they do not know, so nobody else ever sees one; and what is sent here goes no
further: the upstream never hears of it. The end of the user's credential holds for everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.errors import Ended, Ending, Refused
from app.policy.actions import Effect
from app.policy.chain import Filter, Outbox
from app.policy.teller import Teller
from app.protocol.frame import Frame, event_id_of

__all__ = ["News", "Renewed", "SessionNews"]

REFRESH = "relay.auth.refresh"
CREATED = "session.created"
WARN_BEFORE = 60.0
"""Seconds before an end at which it is announced; of one that was nearer when it was set, at half the way."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of a refresh: when the new credential ends, on the session's clock; None for never."""

    ends_at: float | None


@dataclass(frozen=True, slots=True)
class News:
    """What a session is told about itself. Times are on the session's clock, in seconds.

    `credential_ends_at` is when the user's credential ends, None for never; after `grace` more seconds the session
    does. `refresh` makes the effect that checks a new credential, and `drain` the one that ends when a drain
    begins, with the seconds that are left. `limits` is shown to the client as it stands.
    """

    ends_at: float
    credential_ends_at: float | None
    grace: float
    refresh: Callable[[str], Effect]
    drain: Callable[[], Effect]
    limits: dict[str, Any]


class SessionNews(Filter):
    """Speaks `relay.*` with a client that opted in, and ends the session when its user's credential has ended."""

    client_types = (REFRESH,)
    upstream_types = (CREATED,)

    def __init__(self, news: News, begun_at: float, teller: Teller) -> None:
        self._news = news
        self._teller = teller
        self._ends: dict[str, float] = {}
        self._warn_at: dict[str, float] = {}
        self._refreshing: tuple[str, str | None] | None = None
        self._drain: str | None = None
        self._set_end("maximum_duration", news.ends_at, begun_at)
        self._set_end("credential", news.credential_ends_at, begun_at)

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - effects take their own time
        """Take what is meant for the relay; everything else goes on."""
        if not (self._teller.opted_in and frame.type == REFRESH):
            out.to_upstream(frame)
            return
        event_id = event_id_of(frame.event)
        token = frame.event.get("token")
        if not isinstance(token, str):
            message = f"{REFRESH} needs a 'token', a string."
            raise Refused("invalid_event", message, param="token", event_id=event_id)
        if self._refreshing is not None:
            raise Refused("refresh_under_way", "Another refresh is not yet answered.", event_id=event_id)
        effect = self._news.refresh(token)
        self._refreshing = effect.id, event_id
        out.start(effect)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - said at once
        """Say `relay.ready` behind the first event of the session, which is this one."""
        out.to_client(frame)
        if self._teller.opted_in and self._drain is None and frame.type == CREATED:
            effect = self._news.drain()
            self._drain = effect.id
            out.start(effect)
            self._tell(out, "relay.ready", session_id=self._teller.session, limits=self._news.limits)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:
        """Tell what came of a refresh, or that a drain has begun."""
        if effect_id == self._drain:
            self._tell(out, "relay.going_away", seconds_left=result)
            return
        _, event_id = self._refreshing or ("", None)
        self._refreshing = None
        match result:
            case Renewed(ends_at):
                self._set_end("credential", ends_at, now)
                left = None if ends_at is None else round(ends_at - now)
                self._tell(out, "relay.auth.refreshed", seconds_left=left, refers_to=event_id)
            case Ended(code=code, message=message):
                out.to_client(self._teller.error(Refused(code, message, param="token", event_id=event_id)))
            case _:
                failed = Refused("internal_error", "The refresh failed; try again.", event_id=event_id)
                out.to_client(self._teller.error(failed))

    def tick(self, now: float, out: Outbox) -> None:
        """Announce the ends that come near; end the session when the credential's grace is over."""
        if self._ends.get("credential", now) + self._news.grace <= now and "credential" in self._ends:
            raise Ended(Ending.TOKEN_EXPIRED)
        for about, at in self._ends.items():
            if about in self._warn_at and self._warn_at[about] <= now:
                del self._warn_at[about]
                if self._teller.opted_in:
                    self._tell(out, "relay.warning", about=about, seconds_left=max(0, round(at - now)))
        self._set_alarm()

    def _set_end(self, about: str, at: float | None, now: float) -> None:
        self._ends.pop(about, None)
        self._warn_at.pop(about, None)
        if at is not None:
            self._ends[about] = at
            self._warn_at[about] = max(at - WARN_BEFORE, (now + at) / 2)
        self._set_alarm()

    def _set_alarm(self) -> None:
        moments = list(self._warn_at.values())
        if "credential" in self._ends:
            moments.append(self._ends["credential"] + self._news.grace)
        self.wake_at = min(moments, default=None)

    def _tell(self, out: Outbox, kind: str, **fields: Any) -> None:
        out.to_client(self._teller.event(kind, **fields))
