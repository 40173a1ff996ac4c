"""Tests of app.policy.chain: effects, which belong to the filter that began them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

CREATE: dict[str, Any] = {"type": "response.create"}
CANCEL: dict[str, Any] = {"type": "response.cancel"}


@dataclass(frozen=True, slots=True)
class Call:
    """An effect that nobody runs here."""

    id: str

    async def run(self) -> object:
        """Fail: a chain only tells of effects."""
        raise AssertionError


class Calls(Filter):
    """Holds each `response.create` back until its effect is done; `response.cancel` cancels the last."""

    def __init__(self, prefix: str = "call") -> None:
        self._prefix = prefix
        self._count = 0

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Begin or cancel."""
        if frame.type == "response.create":
            self._count += 1
            out.start(Call(f"{self._prefix}{self._count}"))
        elif frame.type == "response.cancel":
            out.cancel(f"{self._prefix}{self._count}")
        else:
            super().from_client(frame, now, out)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:
        """Go on with the result."""
        out.to_upstream(Frame.of({**CREATE, "of": effect_id, "result": result, "at": now}))


class Marks(Filter):
    """Writes into every frame that goes up that it came by."""

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Mark it."""
        out.to_upstream(Frame.of({**frame.event, "marked": True}))


def test_the_result_of_an_effect_comes_to_who_began_it(play: "Play") -> None:
    """Of two filters alike each gets its own; what it then says goes on from its place."""
    script = play([Calls("a"), Calls("b"), Marks()])
    script >> ("client", CREATE) << ("start", "a1")
    script.at(3.0) >> ("done", ("a1", "yes")) << ("start", "b1")
    result = {**CREATE, "of": "b1", "result": "no", "at": 4.0, "marked": True}
    script.at(4.0) >> ("done", ("b1", "no")) << ("to upstream", result)


def test_a_result_comes_once(play: "Play") -> None:
    """A second result of the same effect, or one of an effect that nobody began, has no owner."""
    script = play([Calls()])
    script >> ("client", CREATE) << ("start", "call1")
    script >> ("done", ("call1", 1)) << ("to upstream", {**CREATE, "of": "call1", "result": 1, "at": 0.0})
    script >> ("done", ("call1", 2))
    script >> ("done", ("call7", 3))


def test_a_cancelled_effect_has_no_result(play: "Play") -> None:
    """It is cancelled once, and what it may still have brought has no owner."""
    script = play([Calls()])
    script >> ("client", CREATE) << ("start", "call1")
    script >> ("client", CANCEL) << ("cancel", "call1")
    script >> ("client", CANCEL)
    script >> ("done", ("call1", "too late"))


def test_a_finished_effect_is_not_cancelled(play: "Play") -> None:
    """Whoever cancels what is done already does nothing."""
    script = play([Calls()])
    script >> ("client", CREATE) << ("start", "call1")
    script >> ("done", ("call1", 1)) << ("to upstream", {**CREATE, "of": "call1", "result": 1, "at": 0.0})
    script >> ("client", CANCEL)
