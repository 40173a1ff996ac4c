"""Tests of app.session.conversation: effects, which run beside the pumps."""

import asyncio
from typing import TYPE_CHECKING

from app.errors import Ended, Ending
from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame
from app.session import SessionConfig

if TYPE_CHECKING:
    from tests.session.conftest import Converse, Seen


class Call:
    """An effect that the test finishes, and that knows what became of it."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.result: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def run(self) -> object:
        """Wait for the result."""
        self.begun.set()
        try:
            return await self.result
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class Calls(Filter):
    """The client's `call` begins the next effect, its `drop` cancels the last; any other frame passes.

    Both frames are passed on first. The upstream's `drop` cancels too. `asked` is set by each `call`.
    """

    def __init__(self, *calls: Call) -> None:
        self._waiting = list(calls)
        self._last = ""
        self.asked = asyncio.Event()

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Begin, cancel, or both."""
        super().from_client(frame, now, out)
        if frame.type in ("call", "call and drop"):
            call = self._waiting.pop(0)
            self._last = call.id
            out.start(call)
            self.asked.set()
        if frame.type in ("drop", "call and drop"):
            out.cancel(self._last)

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:
        """Cancel."""
        if frame.type == "drop":
            out.cancel(self._last)
        else:
            super().from_upstream(frame, now, out)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:  # noqa: ARG002 - Filter's signature
        """Tell the client of the result, and of an exception its kind; end where that is the result."""
        if isinstance(result, Ended):
            raise result
        told = type(result).__name__ if isinstance(result, Exception) else result
        out.to_client(Frame.of({"type": "done", "of": effect_id, "result": told}))


async def test_an_effect_runs_beside_the_pumps(converse: "Converse") -> None:
    """While it lasts both sides go on; its result comes back to who began it."""
    call = Call("c1")
    talk = converse(Calls(call))
    await talk.client.says({"type": "call"}, {"type": "up"})
    await talk.upstream.says({"type": "down"})
    assert await talk.upstream.hears_all(2) == ["call", "up"]
    assert await talk.client.hears_all(2) == ["session.created", "down"]
    call.result.set_result("yes")
    assert await talk.client.hears() == {"type": "done", "of": "c1", "result": "yes"}


async def test_effects_end_in_any_order(converse: "Converse") -> None:
    """Two run at once, and each result has its own name."""
    first, second = Call("c1"), Call("c2")
    talk = converse(Calls(first, second))
    await talk.client.says({"type": "call"}, {"type": "call"})
    await talk.client.hears()
    second.result.set_result(2)
    assert await talk.client.hears() == {"type": "done", "of": "c2", "result": 2}
    first.result.set_result(1)
    assert await talk.client.hears() == {"type": "done", "of": "c1", "result": 1}


async def test_a_failed_effect_is_a_result_too(converse: "Converse") -> None:
    """The exception goes to the filter, and the session lives."""
    call = Call("c1")
    talk = converse(Calls(call))
    await talk.client.says({"type": "call"})
    await talk.client.hears()
    call.result.set_exception(ValueError("canary"))
    assert await talk.client.hears() == {"type": "done", "of": "c1", "result": "ValueError"}
    await talk.client.leaves()
    assert (await talk.ended()).ending is Ending.CLIENT_LEFT


async def test_a_filter_may_end_the_session_over_a_result(converse: "Converse") -> None:
    """`Ended` from `done` ends it as from a frame."""
    call = Call("c1")
    talk = converse(Calls(call))
    await talk.client.says({"type": "call"})
    call.result.set_result(Ended(Ending.POLICY))
    assert (await talk.ended()).ending is Ending.POLICY
    assert (await talk.client.closed()).code == 1008


async def test_a_cancelled_effect_has_no_result(converse: "Converse") -> None:
    """It is cancelled where it stands, and the next begins."""
    first, second = Call("c1"), Call("c2")
    talk = converse(Calls(first, second))
    await talk.client.says({"type": "call"})
    async with asyncio.timeout(5):
        await first.begun.wait()
        await talk.client.says({"type": "drop"}, {"type": "call"})
        await first.cancelled.wait()
    second.result.set_result("yes")
    await talk.client.hears()
    assert await talk.client.hears() == {"type": "done", "of": "c2", "result": "yes"}


async def test_an_effect_that_is_cancelled_at_once_never_runs(converse: "Converse") -> None:
    """One answer may begin it and cancel it."""
    call = Call("c1")
    talk = converse(Calls(call))
    await talk.client.says({"type": "call and drop"}, {"type": "up"})
    assert await talk.upstream.hears_all(2) == ["call and drop", "up"]
    await talk.client.leaves()
    assert (await talk.ended()).ending is Ending.CLIENT_LEFT
    assert not call.begun.is_set()


async def test_a_cancel_may_overtake_its_start(converse: "Converse") -> None:
    """The answer that begins an effect waits for room; another cancels it meanwhile: it never begins."""
    call = Call("c1")
    calls = Calls(call)
    talk = converse(calls, upstream_buffer=1)
    await talk.client.says({"type": "fills the buffer"}, {"type": "call"})
    async with asyncio.timeout(5):
        await calls.asked.wait()
    await talk.upstream.says({"type": "drop"}, {"type": "down"})
    assert await talk.client.hears_all(2) == ["session.created", "down"]
    await talk.client.says({"type": "up"})
    assert await talk.upstream.hears_all(3) == ["fills the buffer", "call", "up"]
    await talk.client.leaves()
    assert (await talk.ended()).ending is Ending.CLIENT_LEFT
    assert not call.begun.is_set()


async def test_the_end_of_a_session_cancels_its_effects(converse: "Converse") -> None:
    """None outlives it."""
    call = Call("c1")
    talk = converse(Calls(call))
    await talk.client.says({"type": "call"})
    async with asyncio.timeout(5):
        await call.begun.wait()
    await talk.client.leaves()
    assert (await talk.ended()).ending is Ending.CLIENT_LEFT
    assert call.cancelled.is_set()


class Lingering(Call):
    """An effect that needs a moment to stop."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.stopped = False

    async def run(self) -> object:
        """Wait for the result, and clean up."""
        try:
            return await super().run()
        finally:
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.02)
            self.stopped = True


async def test_an_effect_that_lingers_is_waited_for(converse: "Converse") -> None:
    """The session is over when the last of its tasks is; nobody hurries it."""
    call = Lingering("c1")
    talk = converse(Calls(call))
    await talk.client.says({"type": "call"})
    async with asyncio.timeout(5):
        await call.begun.wait()
    talk.session.end(Ended(Ending.DRAINING))
    assert (await talk.ended()).ending is Ending.DRAINING
    assert call.stopped


class BothWays(Filter):
    """The client's `call` begins an effect, whose result is told to either side; any other frame passes."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.told = asyncio.Event()

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:
        """Begin, or pass."""
        if frame.type == "call":
            out.start(self._call)
        else:
            super().from_client(frame, now, out)

    def done(self, effect_id: str, result: object, now: float, out: Outbox) -> None:  # noqa: ARG002 - at any time
        """Tell both."""
        for put in (out.to_client, out.to_upstream):
            put(Frame.of({"type": str(result)}))
        self.told.set()


async def test_an_answer_for_both_sides_is_overtaken_on_neither(converse: "Converse", tap: "Seen") -> None:
    """While it waits behind another for a slow client, nobody who answers later gets to the upstream first."""
    call = Call("c1")
    both = BothWays(call)
    talk = converse(both, client_buffer=1)
    await talk.client.says({"type": "call"})
    await call.begun.wait()
    await talk.upstream.says({"type": "holds the turn"})
    await tap.has_seen(3)
    call.result.set_result("early")
    await both.told.wait()
    await talk.client.says({"type": "late"})
    await tap.has_seen(4)
    assert await talk.client.hears_all(3) == ["session.created", "holds the turn", "early"]
    assert await talk.upstream.hears_all(2) == ["early", "late"]


class Deaf(Call):
    """An effect that does not heed its cancellation."""

    async def run(self) -> object:
        """Wait on, whatever is asked."""
        while not self.result.done():
            try:
                await super().run()
            except asyncio.CancelledError:
                continue
        return None


async def test_an_effect_that_does_not_end_keeps_no_connection(converse: "Converse") -> None:
    """An operator's tool may swallow its cancellation: both sides are closed all the same."""
    call = Deaf("c1")
    talk = converse(Calls(call), config=SessionConfig(close_timeout=0.05))
    await talk.client.says({"type": "call"})
    await call.begun.wait()
    await talk.client.leaves()
    assert (await talk.upstream.closed()).code == 1000
    call.result.cancel()
