"""Filters, the chain that they stand in, and the actions that come out at its ends.

A filter never waits: it is asked about one frame at a time, and what it puts out goes on to its neighbour on that
side, or out of the chain as an action. What a filter does not put out is swallowed. Order matters: the first of
the list is nearest to the client.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.protocol.frame import Frame
from app.wire import Side

__all__ = [
    "Action",
    "Cancel",
    "Chain",
    "Effect",
    "Filter",
    "Outbox",
    "Pause",
    "Start",
    "ToClient",
    "ToUpstream",
]


class Effect(Protocol):
    """Work that takes time (a tool call, a judgement); the session runs it beside the pumps."""

    @property
    def id(self) -> str:
        """The name by which `Cancel` and `done` refer to it; unique within the session."""

    async def run(self) -> object:
        """Do the work. The result, or the exception that it raised, comes back through `done`."""


@dataclass(frozen=True, slots=True)
class ToClient:
    """Send this frame to the client."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class ToUpstream:
    """Send this frame to the upstream."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Start:
    """Begin an effect."""

    effect: Effect


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel an effect; its `done` will not come."""

    effect_id: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Read nothing more from `side` until the clock shows `until` (seconds)."""

    side: Side
    until: float


Action = ToClient | ToUpstream | Start | Cancel | Pause


class Filter:
    """One rule on the way of the frames. As it stands it lets everything pass; a filter overrides what it rules.

    `from_client` may raise `Refused`, and any method `Ended`; what was put out beside a refusal is lost.
    `wake_at` is when `tick` is wanted, on the clock of `now`; None for never.
    """

    wake_at: float | None = None

    def from_client(self, frame: Frame, now: float, out: "Outbox") -> None:  # noqa: ARG002 - overridden
        """Take a frame on its way to the upstream."""
        out.to_upstream(frame)

    def from_upstream(self, frame: Frame, now: float, out: "Outbox") -> None:  # noqa: ARG002 - overridden
        """Take a frame on its way to the client."""
        out.to_client(frame)

    def refused(self, now: float, out: "Outbox") -> None:
        """Take note that a message of the client's was refused, by whomever, and nothing of it has gone on."""

    def done(self, effect_id: str, result: object, now: float, out: "Outbox") -> None:
        """Take the result of an effect that this filter began; an exception is a result too."""

    def tick(self, now: float, out: "Outbox") -> None:
        """Look at the clock: `wake_at` has come. Whoever is woken sets `wake_at` anew."""


class Outbox:
    """Where one filter puts out what it lets pass or says itself; it goes on from that filter's place."""

    __slots__ = ("_chain", "_place", "client_side", "upstream_side")

    def __init__(self, chain: "Chain", place: int) -> None:
        self._chain = chain
        self._place = place
        self.client_side: _Stop | None = None
        self.upstream_side: _Stop | None = None

    def to_upstream(self, frame: Frame) -> None:
        """Hand a frame to the next filter towards the upstream, or let it leave the chain behind the last."""
        if self.upstream_side is None:
            self._chain.actions.append(ToUpstream(frame))
        else:
            ask, out = self.upstream_side
            ask(frame, self._chain.now, out)

    def to_client(self, frame: Frame) -> None:
        """Hand a frame to the next filter towards the client, or let it leave the chain before the first."""
        if self.client_side is None:
            self._chain.actions.append(ToClient(frame))
        else:
            ask, out = self.client_side
            ask(frame, self._chain.now, out)

    def start(self, effect: Effect) -> None:
        """Begin an effect; its result comes back to this filter's `done`."""
        self._chain.start(self._place, effect)

    def cancel(self, effect_id: str) -> None:
        """Cancel an effect of this filter's."""
        self._chain.cancel(effect_id)

    def pause(self, side: Side, until: float) -> None:
        """Stop reading from one side until then: backpressure for a sender that is too fast."""
        self._chain.actions.append(Pause(side, until))


_Stop = tuple[Callable[[Frame, float, Outbox], None], Outbox]
"""Where a frame goes next: what takes it, and where that puts out what it lets pass."""


class Chain:
    """The filters of one session, in order. Each input is answered with the actions that it led to.

    A frame passes by a filter that rules nothing in its direction without asking it.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.filters = tuple(filters)
        self._links = [(each, Outbox(self, place)) for place, each in enumerate(filters)]
        self._client = Outbox(self, -1)
        self._upstream = Outbox(self, len(filters))
        self._connect()
        self._timed = [each for each in filters if type(each).tick is not Filter.tick]
        self._owners: dict[str, int] = {}
        self.now = 0.0
        self.actions: list[Action] = []

    @property
    def wake_at(self) -> float | None:
        """When the earliest filter wants its `tick`, or None."""
        return min((each.wake_at for each in self._timed if each.wake_at is not None), default=None)

    def from_client(self, frame: Frame, now: float) -> list[Action]:
        """Send a frame of the client's through all filters."""
        self._begin(now)
        self._client.to_upstream(frame)
        return self.actions

    def from_upstream(self, frame: Frame, now: float) -> list[Action]:
        """Send a frame of the upstream's through all filters, in the reverse order."""
        self._begin(now)
        self._upstream.to_client(frame)
        return self.actions

    def refused(self, now: float) -> list[Action]:
        """Tell all filters that a message of the client's was refused."""
        self._begin(now)
        for each, out in self._links:
            each.refused(now, out)
        return self.actions

    def done(self, effect_id: str, result: object, now: float) -> list[Action]:
        """Give the result of an effect to the filter that began it; one that was cancelled has no owner."""
        self._begin(now)
        place = self._owners.pop(effect_id, None)
        if place is not None:
            each, out = self._links[place]
            each.done(effect_id, result, now, out)
        return self.actions

    def tick(self, now: float) -> list[Action]:
        """Wake the filters whose time has come."""
        self._begin(now)
        for each, out in self._links:
            if each.wake_at is not None and each.wake_at <= now:
                each.tick(now, out)
        return self.actions

    def _begin(self, now: float) -> None:
        self.now = now
        self.actions = []

    def _connect(self) -> None:
        """Tell each place where its frames go next: the nearest filter that rules something in the direction."""
        stop: _Stop | None = None
        for each, out in self._links:
            out.client_side = stop
            stop = (each.from_upstream, out) if type(each).from_upstream is not Filter.from_upstream else stop
        self._upstream.client_side, stop = stop, None
        for each, out in reversed(self._links):
            out.upstream_side = stop
            stop = (each.from_client, out) if type(each).from_client is not Filter.from_client else stop
        self._client.upstream_side = stop

    def start(self, place: int, effect: Effect) -> None:
        """Begin an effect on behalf of the filter at `place`."""
        self._owners[effect.id] = place
        self.actions.append(Start(effect))

    def cancel(self, effect_id: str) -> None:
        """Cancel an effect and forget whose it was."""
        if self._owners.pop(effect_id, None) is not None:
            self.actions.append(Cancel(effect_id))
