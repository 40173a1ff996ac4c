"""Filters, and the chain that they stand in; at its ends actions come out.

A filter never waits: it is asked about one frame at a time, and what it puts out goes on to its neighbour on that
side, or out of the chain as an action. What a filter does not put out is swallowed. Order matters: the first of
the list is nearest to the client.
"""

from collections.abc import Sequence

from app.policy.actions import Action, Cancel, Effect, Pause, Start, ToClient, ToUpstream
from app.policy.routes import ALL, Routes, Ruled
from app.protocol.frame import Frame
from app.wire import Side

__all__ = ["Alarm", "Chain", "Filter", "Outbox"]


class Alarm:
    """Says whether any filter of a chain has set its `wake_at` since somebody looked."""

    __slots__ = ("moved",)

    def __init__(self) -> None:
        self.moved = True


class Filter:
    """One rule on the way of the frames. As it stands it lets everything pass; a filter overrides what it rules.

    `from_client` may raise `Refused`, and any method `Ended`; what was put out beside a refusal is lost.
    `wake_at` is when `tick` is wanted, on the clock of `now`; None for never. `client_types` and `upstream_types`
    name the events that it rules, for a filter to which all others are nothing: those pass by without asking it.
    `alarm` is its chain's, once it stands in one.
    """

    client_types: Ruled = ALL
    upstream_types: Ruled = ALL
    alarm = Alarm()
    _wake_at: float | None = None

    @property
    def wake_at(self) -> float | None:
        """When `tick` is wanted."""
        return self._wake_at

    @wake_at.setter
    def wake_at(self, at: float | None) -> None:
        self._wake_at = at
        self.alarm.moved = True

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

    __slots__ = ("_chain", "_client_side", "_place", "_upstream_side")

    def __init__(self, chain: "Chain", place: int, routes: Routes) -> None:
        self._chain = chain
        self._place = place
        self._client_side = routes.client_side[place]
        self._upstream_side = routes.upstream_side[place]

    def to_upstream(self, frame: Frame) -> None:
        """Hand a frame to the next filter towards the upstream, or let it leave the chain behind the last."""
        chain, place = self._chain, self._upstream_side[frame.type]
        if place is None:
            chain.actions.append(ToUpstream(frame))
        else:
            each, out = chain.links[place]
            each.from_client(frame, chain.now, out)

    def to_client(self, frame: Frame) -> None:
        """Hand a frame to the next filter towards the client, or let it leave the chain before the first."""
        chain, place = self._chain, self._client_side[frame.type]
        if place is None:
            chain.actions.append(ToClient(frame))
        else:
            each, out = chain.links[place]
            each.from_upstream(frame, chain.now, out)

    def start(self, effect: Effect) -> None:
        """Begin an effect; its result comes back to this filter's `done`."""
        self._chain.start(self._place, effect)

    def cancel(self, effect_id: str) -> None:
        """Cancel an effect of this filter's."""
        self._chain.cancel(effect_id)

    def pause(self, side: Side, until: float) -> None:
        """Stop reading from one side until then: backpressure for a sender that is too fast."""
        self._chain.actions.append(Pause(side, until))


def _routes(filters: Sequence[Filter]) -> Routes:
    """Find the ways through these filters; one that overrides nothing rules nothing."""
    return Routes.through(
        tuple(() if type(each).from_client is Filter.from_client else each.client_types for each in filters),
        tuple(() if type(each).from_upstream is Filter.from_upstream else each.upstream_types for each in filters),
    )


class Chain:
    """The filters of one session, in order. Each input is answered with the actions that it led to.

    A frame passes by a filter that does not rule its type in its direction, without asking it.
    """

    def __init__(self, filters: Sequence[Filter]) -> None:
        self.filters = tuple(filters)
        routes = _routes(filters)
        self.links = [(each, Outbox(self, place, routes)) for place, each in enumerate(filters)]
        self._from_client, self._from_upstream = routes.upstream_side[-1], routes.client_side[-1]
        self._timed = [each for each in filters if type(each).tick is not Filter.tick]
        self.alarm = Alarm()
        for each in self._timed:
            each.alarm = self.alarm
        self._owners: dict[str, int] = {}
        self.now = 0.0
        self.actions: list[Action] = []

    @property
    def wake_at(self) -> float | None:
        """When the earliest filter wants its `tick`, or None."""
        return min((each.wake_at for each in self._timed if each.wake_at is not None), default=None)

    def from_client(self, frame: Frame, now: float) -> list[Action]:
        """Send a frame of the client's through all filters; the first hop is made here, without an outbox."""
        place = self._from_client[frame.type]
        if place is None:
            return [ToUpstream(frame)]
        actions: list[Action] = []
        self.now, self.actions = now, actions
        each, out = self.links[place]
        each.from_client(frame, now, out)
        self.actions = []  # else the last frame would lie here while a session is silent
        return actions

    def from_upstream(self, frame: Frame, now: float) -> list[Action]:
        """Send a frame of the upstream's through all filters, in the reverse order."""
        place = self._from_upstream[frame.type]
        if place is None:
            return [ToClient(frame)]
        actions: list[Action] = []
        self.now, self.actions = now, actions
        each, out = self.links[place]
        each.from_upstream(frame, now, out)
        self.actions = []
        return actions

    def close(self) -> None:
        """Forget what was begun; let go of the filters, and these of all that they hold."""
        self.links.clear()
        self.actions.clear()
        self._owners.clear()
        for each in self.filters:
            vars(each).clear()

    def refused(self, now: float) -> list[Action]:
        """Tell all filters that a message of the client's was refused."""
        self.now, self.actions = now, []
        for each, out in self.links:
            each.refused(now, out)
        return self._taken()

    def done(self, effect_id: str, result: object, now: float) -> list[Action]:
        """Give the result of an effect to the filter that began it; one that was cancelled has no owner."""
        self.now, self.actions = now, []
        place = self._owners.pop(effect_id, None)
        if place is not None:
            each, out = self.links[place]
            each.done(effect_id, result, now, out)
        return self._taken()

    def tick(self, now: float) -> list[Action]:
        """Wake the filters whose time has come."""
        self.now, self.actions = now, []
        for each, out in self.links:
            if each.wake_at is not None and each.wake_at <= now:
                each.tick(now, out)
        return self._taken()

    def _taken(self) -> list[Action]:
        """Return what was put out, of which nothing is kept."""
        actions, self.actions = self.actions, []
        return actions

    def start(self, place: int, effect: Effect) -> None:
        """Begin an effect on behalf of the filter at `place`."""
        self._owners[effect.id] = place
        self.actions.append(Start(effect))

    def cancel(self, effect_id: str) -> None:
        """Cancel an effect and forget whose it was."""
        if self._owners.pop(effect_id, None) is not None:
            self.actions.append(Cancel(effect_id))
