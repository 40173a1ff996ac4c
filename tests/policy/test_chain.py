"""Tests of app.policy.chain: the way of a frame through filters, and what each may do on it."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from app.errors import Ended, Ending, Refused
from app.policy.actions import ToClient, ToUpstream
from app.policy.chain import Chain, Filter, Outbox
from app.protocol.frame import Frame, from_client, from_upstream

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

CREATE: dict[str, Any] = {"type": "response.create"}
CANCEL: dict[str, Any] = {"type": "response.cancel"}
DONE: dict[str, Any] = {"type": "response.done"}
ERROR: dict[str, Any] = {"type": "error"}


class Swallows(Filter):
    """Lets nothing pass, either way."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Drop it."""

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Drop it."""


class Marks(Filter):
    """Writes its name into every frame that comes by, in the order of the visits."""

    def __init__(self, name: str) -> None:
        self._name = name

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Mark it on its way up."""
        out.to_upstream(self._marked(frame))

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Mark it on its way down."""
        out.to_client(self._marked(frame))

    def _marked(self, frame: Frame) -> Frame:
        return Frame.of({**frame.event, "by": [*frame.event.get("by", ()), self._name]})


class Rules(Filter):
    """Rules nothing."""


class Answers(Filter):
    """Answers the client itself, tells the upstream something else, and tells the client what it did."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Answer before, and after."""
        out.to_client(DONE_FRAME)
        out.to_upstream(Frame.of(CANCEL))
        out.to_client(frame)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Send it back where it came from."""
        out.to_upstream(frame)


DONE_FRAME = Frame.of(DONE)


@dataclass(frozen=True, slots=True)
class Call:
    """An effect that nobody runs here."""

    id: str

    async def run(self) -> object:
        """Fail: a chain only tells of effects."""
        raise AssertionError


class Ticks(Filter):
    """Tells the client every ten seconds."""

    def __init__(self, first: float) -> None:
        self.wake_at = first

    def tick(self, now: float, out: Outbox) -> None:
        """Tell, and sleep on."""
        self.wake_at = now + 10
        out.to_client(Frame.of({**DONE, "at": now}))


class Pauses(Filter):
    """Wants a second of quiet after each frame of the client's."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Pass it, then pause."""
        super().from_client(frame, now, out)
        out.pause("client", now + 1)


class Refuses(Filter):
    """Refuses what the client says, and ends at what the upstream says."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Refuse."""
        raise Refused("invalid_value", "No.")

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """End."""
        raise Ended(Ending.POLICY)


@pytest.mark.parametrize("filters", [[], [Filter()], [Filter(), Filter()]])
def test_a_filter_as_it_stands_lets_everything_pass(filters: list[Filter]) -> None:
    """The very frame that went in comes out on the other side, byte for byte, and a tick brings nothing."""
    up, down = from_client(b'{"type":"response.create"}'), from_upstream(b' {"type":"response.done"}')
    chain = Chain(filters)
    assert chain.from_client(up, 0.0) == [ToUpstream(up)]
    assert chain.from_upstream(down, 0.0) == [ToClient(down)]
    assert chain.wake_at is None
    assert chain.tick(99.0) == chain.done("nobody's", None, 99.0) == []


def test_a_filter_without_done_and_tick_ignores_both() -> None:
    """Only who begins effects, or asks for the time, need override them."""

    class Begins(Filter):
        def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
            out.start(Call("call1"))

    sleepless = Begins()
    sleepless.wake_at = 1.0
    chain = Chain([sleepless])
    chain.from_client(Frame.of(CREATE), 0.0)
    assert chain.done("call1", "result", 0.0) == []
    assert chain.wake_at is None
    assert chain.tick(1.0) == []


def test_frames_pass_the_filters_in_order(play: "Play") -> None:
    """The first filter is nearest to the client: first on the way up, last on the way down."""
    script = play([Marks("1"), Marks("2"), Marks("3")])
    script >> ("client", CREATE) << ("to upstream", {**CREATE, "by": ["1", "2", "3"]})
    script >> ("upstream", DONE) << ("to client", {**DONE, "by": ["3", "2", "1"]})


def test_what_a_filter_does_not_put_out_is_swallowed(play: "Play") -> None:
    """No action, and no word of it to the filters behind."""
    script = play([Filter(), Swallows(), Refuses()])
    script >> ("client", CREATE)
    script = play([Refuses(), Swallows(), Filter()])
    script >> ("upstream", DONE)


def test_an_answer_goes_on_from_its_filters_place(play: "Play") -> None:
    """What the second of three says passes only its neighbours on that side; actions come in the order said."""
    script = play([Marks("1"), Answers(), Marks("3")])
    (
        script
        >> ("client", CREATE)
        << ("to client", {**DONE, "by": ["1"]})
        << ("to upstream", {**CANCEL, "by": ["3"]})
        << ("to client", {**CREATE, "by": ["1", "1"]})
    )
    script >> ("upstream", ERROR) << ("to upstream", {**ERROR, "by": ["3", "3"]})


def test_only_those_whose_time_has_come_are_woken(play: "Play") -> None:
    """At the time itself, not before; in the order of the list."""
    script = play([Marks("1"), Ticks(7.0), Filter(), Ticks(5.0)])
    script.at(4.9) >> ("tick", None)
    script.at(5.0) >> ("tick", None) << ("to client", {**DONE, "at": 5.0, "by": ["1"]})
    script.at(14.9) >> ("tick", None) << ("to client", {**DONE, "at": 14.9, "by": ["1"]})
    at_last = ("to client", {**DONE, "at": 24.9, "by": ["1"]})
    script.at(24.9) >> ("tick", None) << at_last << at_last


def test_the_chain_wakes_for_the_earliest() -> None:
    """`wake_at` is the least of those that want to be woken; None where nobody does."""
    late, early = Ticks(9.0), Ticks(8.0)
    chain = Chain([Filter(), late, early])
    assert chain.wake_at == 8.0
    chain.tick(8.0)
    assert chain.wake_at == 9.0
    late.wake_at = early.wake_at = None
    assert chain.wake_at is None
    assert chain.tick(99.0) == []


def test_a_pause_is_an_action_among_the_others(play: "Play") -> None:
    """It comes in its order, with its side and time, and nothing is withheld by it."""
    script = play([Pauses()])
    script.at(2.0) >> ("client", CREATE) << ("to upstream", CREATE) << ("pause", ("client", 3.0))
    script.at(2.5) >> ("client", CREATE) << ("to upstream", CREATE) << ("pause", ("client", 3.5))


def test_refusals_and_ends_come_through(play: "Play") -> None:
    """What a filter raises is the chain's answer, and the next input starts anew."""
    script = play([Marks("1"), Refuses()])
    script >> ("client", CREATE) << ("refused", "invalid_value")
    script >> ("upstream", DONE) << ("ended", Ending.POLICY)
    script >> ("tick", None)


def test_answers_do_not_share_their_list() -> None:
    """The actions of one input are not changed by the next."""
    chain = Chain([])
    first = chain.from_client(Frame.of(CREATE), 0.0)
    chain.from_client(Frame.of(CANCEL), 0.0)
    assert [action.frame.type for action in first if isinstance(action, ToUpstream)] == ["response.create"]


def test_who_rules_nothing_costs_nothing(play: "Play") -> None:
    """However many stand in the chain, a frame goes straight to those who rule something, in both directions."""
    many = [Rules() for _ in range(sys.getrecursionlimit())]
    script = play([*many, Marks("a"), *many, Marks("b"), *many])
    script >> ("client", CREATE) << ("to upstream", {**CREATE, "by": ["a", "b"]})
    script >> ("upstream", DONE) << ("to client", {**DONE, "by": ["b", "a"]})
    nobody = play(many)
    nobody >> ("client", CREATE) << ("to upstream", CREATE)
    nobody >> ("upstream", DONE) << ("to client", DONE)
