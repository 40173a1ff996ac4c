"""How much a client may send: the size and the rate of its events, its audio, its responses and tokens.

Who is too fast is slowed down rather than refused, since ten thousand refusals a second are a load too: what came
passes, and nothing more is read until it is paid for. A total that is used up ends the session, which says so.
"""

from math import inf

from app.errors import Refused
from app.policy.chain import Filter, Outbox
from app.policy.limits.budgets import Budget
from app.policy.limits.pace import Pace, Rate
from app.policy.limits.rules import LimitRules
from app.policy.sound import PCM, bytes_per_second, heard_in
from app.policy.teller import Teller
from app.protocol.frame import Append, Frame

__all__ = ["Limits", "Meter"]

EVENTS_BURST = 2.0
"""Seconds' worth of events that may come at once, where no burst is told."""

LONGEST_PAUSE = 20.0
"""Seconds after which a client is read again, whatever it owes, since its pongs are not read meanwhile."""

LAST_WORDS = 0.5
"""Seconds between the response that used up the tokens and the end, for what is on its way to the client."""


class Limits(Filter):
    """Holds one session to its limits. What the service reports it hears from its `Meter`."""

    def __init__(self, rules: LimitRules, teller: Teller) -> None:
        self._refuses = rules.too_fast == "refuse"
        self._frame_bytes = rules.frame_bytes
        self._default_frame_bytes = rules.default_frame_bytes or inf
        self._teller = teller
        self._pace = Pace(_events_in(rules), Rate(rules.audio_rate or inf, rules.audio_burst))
        self._seconds = Budget(
            "audio_seconds", "seconds of audio", "audio_budget_exceeded", rules.audio_seconds or inf
        )
        self._counts_seconds = rules.audio_seconds is not None
        self._responses = Budget("responses", "responses", "response_budget_exceeded", rules.responses or inf)
        self._tokens = Budget("tokens", "tokens", "token_budget_exceeded", rules.tokens or inf)
        self._in_force = self._bytes_per_second = PCM
        self._may_refuse = self._refuses
        self._ends_at: float | None = None

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Let a frame pass within the limits, and read no further where it was too much at once."""
        if self._may_refuse:
            self._check_paid(frame, now)
        if len(frame.text) > self._frame_bytes.get(frame.type, self._default_frame_bytes):
            raise self._too_large(frame)
        heard = frame.sound if isinstance(frame, Append) else self._heard(frame)
        seconds = heard / self._bytes_per_second
        if self._counts_seconds:
            self._seconds.check(seconds)
        out.to_upstream(frame)
        if self._counts_seconds:
            self._spend(seconds, now)
        if self._pace.take(seconds, now):
            self._slow(now, out)

    def _spend(self, seconds: float, now: float) -> None:
        self._seconds.spent += seconds
        if self._teller.opted_in:
            self._set_alarm(now)

    def refused(self, now: float, out: Outbox) -> None:
        """Charge a message that was refused, which was work, too; but none that came too fast and is told so."""
        if self._refuses and self._pace.events_free_at > now:
            return
        if self._pace.take(0.0, now):
            self._slow(now, out)

    def heard(self, frame: Frame, now: float) -> None:
        """Learn the format in force, and count responses and tokens. Raises `Ended` for a response too many."""
        match frame.type:
            case "session.created" | "session.updated":
                self._in_force = self._bytes_per_second = bytes_per_second(frame, "input", self._in_force)
            case "error":  # the format that was asked for may be what is refused
                self._bytes_per_second = self._in_force
            case "response.created":
                self._check_responses()
                self._responses.spent += 1
                self._set_alarm(now)
            case _:  # response.done, the last that the meter tells of
                self._tokens.spent += _tokens_in(frame)
                if self._tokens.used_up and self._ends_at is None:
                    self._ends_at = now + LAST_WORDS
                self._set_alarm(now)

    def tick(self, now: float, out: Outbox) -> None:
        """Put out what could not be put out before: a warning, the end."""
        if self._ends_at is not None and self._ends_at <= now:
            raise self._tokens.ended()
        for each in self._near() if self._teller.opted_in else ():
            each.warned = True
            out.to_client(self._teller.event("relay.warning", about=each.about, left=each.left))
        self._set_alarm(now)

    # What may pass

    def _check_paid(self, frame: Frame, now: float) -> None:
        """Refuse what comes before all is paid for."""
        if self._pace.events_free_at > now:
            message = "Events come too fast: send fewer a second."
            raise Refused("too_many_events", message, event_id=frame.event_id)
        if self._pace.audio_free_at > now and heard_in(frame):
            message = "Audio comes faster than is allowed here: send it as it is spoken."
            raise Refused("audio_too_fast", message, event_id=frame.event_id)

    def _heard(self, frame: Frame) -> int:
        """Return the bytes of audio in a frame that is more than an append; note what else it says."""
        heard = heard_in(frame)
        if heard is None:
            message = "Invalid 'audio': it is not base64 with its padding."
            raise Refused("invalid_value", message, param="audio", event_id=frame.event_id)
        if frame.type == "response.create":
            self._check_responses()
        elif frame.type == "session.update":
            self._note_format(frame)
        return heard

    def _note_format(self, frame: Frame) -> None:
        """Measure by the leaner of two formats while a client changes it: by that, audio lasts longer."""
        asked = bytes_per_second(frame, "input", self._bytes_per_second)
        self._bytes_per_second = min(self._bytes_per_second, asked)

    def _too_large(self, frame: Frame) -> Refused:
        limit = self._frame_bytes.get(frame.type, self._default_frame_bytes)
        message = f"The event is too large: it has {len(frame.text)} bytes, and {limit} are allowed."
        return Refused("event_too_large", message, event_id=frame.event_id)

    def _check_responses(self) -> None:
        self._tokens.check(1)
        self._responses.check(1)

    # What is put out later

    def _slow(self, now: float, out: Outbox) -> None:
        """Have the client read again when all is paid for; what comes when it is still not is refused."""
        if not self._refuses:
            free_at = max(self._pace.events_free_at, self._pace.audio_free_at)
            latest = now + LONGEST_PAUSE
            self._may_refuse = free_at > latest
            out.pause("client", min(free_at, latest))

    def _near(self) -> list[Budget]:
        return [each for each in (self._seconds, self._responses, self._tokens) if each.near]

    def _set_alarm(self, now: float) -> None:
        self.wake_at = now if self._teller.opted_in and self._near() else self._ends_at


class Meter(Filter):
    """Stands nearest to the upstream, and tells `Limits` what the service reports before others keep any of it."""

    upstream_types = ("session.created", "session.updated", "error", "response.created", "response.done")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Count a frame."""
        self._limits.heard(frame, now)
        out.to_client(frame)


def _events_in(rules: LimitRules) -> Rate:
    rate = rules.events_per_second
    return Rate() if rate is None else Rate(rate, rules.events_burst or EVENTS_BURST * rate)


def _tokens_in(done: Frame) -> int:
    match done.event:
        case {"response": {"usage": {"total_tokens": int(total)}}} if total > 0:
            return total
        case _:
            return 0
