"""Tests of the ways through a chain: a filter that is not asked about a type has nothing to say of it."""

from typing import TYPE_CHECKING, Any, cast

import pytest

from app.policy import Profile
from app.policy.actions import ToClient, ToUpstream
from app.policy.chain import Chain, Filter, Outbox
from app.policy.limits import LimitRules
from app.policy.routes import ALL, AllBut, Ruled
from app.policy.session_fields import ItemRules, ResponseRules, SessionRules
from app.policy.turns import TurnRules
from app.protocol.catalogue import GA
from app.protocol.frame import Frame
from tests.policy.test_init import TOOLS, chain

if TYPE_CHECKING:
    from tests.policy.conftest import Seen

STRICT = Profile(
    "strict",
    session=SessionRules.locked(),
    response=ResponseRules.locked(),
    items=ItemRules.locked(),
    limits=LimitRules(tokens=10, responses=1, audio_seconds=1.0),
    turns=TurnRules(guard=True),
)
KINDS = ["SessionNews", "Gate", "SessionFields", "TurnGuard", "Meter", "ModelName"]
"""Those that name what they rule. One that is missing here is found by `test_all_of_them_are_held_to_it`."""

TYPES = [*GA.client, *GA.server, "relay.no.such", "no.such"]


class Recorded:
    """An outbox that remembers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def __getattr__(self, name: str) -> Any:
        """Remember whatever is done."""
        return lambda *given: self.told.append((name, *given))


def filters(tap: "Seen") -> dict[str, Filter]:
    """Return the filters of a strict session with everything on."""
    return {type(each).__name__: each for each in chain(tap, STRICT, opted_in=True, tools=TOOLS).filters}


def test_all_of_them_are_held_to_it(tap: "Seen") -> None:
    """Whoever names types is in the table."""
    naming = [
        name for name, each in filters(tap).items() if (each.client_types, each.upstream_types) != (ALL, ALL)
    ]
    assert naming == KINDS


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("side", ["client", "upstream"])
@pytest.mark.parametrize("kind", TYPES)
def test_what_a_filter_does_not_rule_it_passes_on(tap: "Seen", name: str, side: str, kind: str) -> None:
    """As the frame that it was, and it does nothing else; nor does it want to be woken for it."""
    each = filters(tap)[name]
    ruled = each.client_types if side == "client" else each.upstream_types
    if kind in ruled:
        return
    frame, out, before = (
        Frame.of({"type": kind, "session": {}, "response": {}, "item": {}}),
        Recorded(),
        each.wake_at,
    )
    asked, passes = (each.from_client, "to_upstream") if side == "client" else (each.from_upstream, "to_client")
    asked(frame, 1.0, cast("Outbox", out))
    assert out.told == [(passes, frame)]
    assert each.wake_at == before


class Names(Filter):
    """Marks what it rules, and names that."""

    client_types: Ruled = ("a",)
    upstream_types: Ruled = ("b",)

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - a filter's arguments
        """Mark it."""
        out.to_upstream(self._marked(frame))

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - a filter's arguments
        """Mark it."""
        out.to_client(self._marked(frame))

    def _marked(self, frame: Frame) -> Frame:
        return Frame.of({**frame.event, "by": frame.event.get("by", "") + self.mark})


class All(Names):
    """Marks all."""

    client_types = upstream_types = ALL


class Most(Names):
    """Marks all but the letter a."""

    client_types = upstream_types = AllBut(frozenset("a"))


class Up(Names):
    """Rules nothing on the way down."""

    from_upstream = Filter.from_upstream


@pytest.mark.parametrize(
    ("kind", "up", "down"),
    [("a", "1234", "42"), ("b", "245", "5421"), ("c", "245", "542"), ("", "245", "542")],
)
def test_a_frame_meets_those_that_rule_its_type(kind: str, up: str, down: str) -> None:
    """In their order, either way, and whatever stands between."""
    marking = Chain([Names("1"), All("2"), Up("3"), All("4"), Most("5")])
    (sent,) = marking.from_client(Frame.of({"type": kind}), 0.0)
    (told,) = marking.from_upstream(Frame.of({"type": kind}), 0.0)
    assert isinstance(sent, ToUpstream)
    assert isinstance(told, ToClient)
    assert (sent.frame.event["by"], told.frame.event["by"]) == (up, down)


def test_a_frame_that_nobody_rules_is_passed_by_all() -> None:
    """It leaves as it came."""
    frame = Frame.of({"type": "c"})
    marking = Chain([Names("1"), Up("2")])
    assert marking.from_client(frame, 0.0) == [ToUpstream(frame)]
    assert marking.from_upstream(frame, 0.0) == [ToClient(frame)]
