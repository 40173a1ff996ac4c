"""What the tests of policy share: a playbook, which reads as a conversation, and a tap that remembers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from app.errors import Ended, Refused
from app.policy.actions import Action, Cancel, Pause, Start, ToClient, ToUpstream
from app.policy.chain import Chain, Filter
from app.protocol.frame import Frame
from app.wire import Side

Line = tuple[str, Any]
"""Who speaks, and what: see `Playbook`."""


class Playbook:
    """A conversation with a chain, told line by line: `>>` puts something in, `<<` is what must come out of it.

    In go `("client", event)`, `("upstream", event)`, `("done", (effect_id, result))` and `("tick", None)`. Out
    come `("to client", event)`, `("to upstream", event)`, `("start", effect_id)`, `("cancel", effect_id)`,
    `("pause", (side, until))`, and `("refused", code)` or `("ended", ending)`. Every action must be told, in
    order, before the next thing goes in, and before the test ends. `at(now)` sets the clock, in seconds.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._untold: list[Line] = []
        self._now = 0.0

    def at(self, now: float) -> "Playbook":
        """Set the clock, in seconds."""
        self._now = now
        return self

    def __rshift__(self, line: Line) -> "Playbook":
        self.close()
        try:
            self._untold = [told(action) for action in self._put_in(line)]
        except Refused as refused:
            self._untold = [("refused", refused.code), *map(told, self._chain.refused(self._now))]
        except Ended as ended:
            self._untold = [("ended", ended.ending)]
        return self

    def __lshift__(self, expected: Line) -> "Playbook":
        assert self._untold, f"nothing came out where {expected} was told"
        assert self._untold.pop(0) == expected
        return self

    def close(self) -> None:
        """Fail where something came out that was not told."""
        assert self._untold == []

    def _put_in(self, line: Line) -> list[Action]:
        match line:
            case ("client", event):
                return self._chain.from_client(Frame.of(event), self._now)
            case ("upstream", event):
                return self._chain.from_upstream(Frame.of(event), self._now)
            case ("done", (effect_id, result)):
                return self._chain.done(effect_id, result, self._now)
            case ("tick", None):
                return self._chain.tick(self._now)
        raise AssertionError(line)


def told(action: Action) -> Line:
    """Put an action as a line of the playbook."""
    match action:
        case ToClient(frame):
            return "to client", frame.event
        case ToUpstream(frame):
            return "to upstream", frame.event
        case Start(effect):
            return "start", effect.id
        case Cancel(effect_id):
            return "cancel", effect_id
        case Pause(side, until):
            return "pause", (side, until)


class Seen:
    """A tap that remembers which events were unknown, and expects no other call."""

    def __init__(self) -> None:
        self.unknown_events: list[str] = []

    def refused(self, code: str) -> None:
        """Fail: the session counts refusals, not the filter."""
        raise AssertionError(code)

    def unknown(self, event_type: str) -> None:
        """Remember the type."""
        self.unknown_events.append(event_type)

    def lost(self, words: str) -> None:
        """Fail: no test here loses anything."""
        raise AssertionError(words)

    def delayed(self, side: Side, seconds: float) -> None:
        """Fail: no filter measures."""
        raise AssertionError(side, seconds)


@pytest.fixture
def play() -> Iterator[Callable[[Sequence[Filter]], Playbook]]:
    """Return a function that opens a playbook for a chain of filters; each is closed when the test ends."""
    opened: list[Playbook] = []

    def open_one(filters: Sequence[Filter]) -> Playbook:
        opened.append(Playbook(Chain(filters)))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.fixture
def tap() -> Seen:
    """A tap that remembers."""
    return Seen()
