"""One conversation: two sockets, the relay between them, and how it ends.

Two pumps, each *read, ask the relay, do what it says, only then read again*: backpressure is thereby end to end.
Where there are lanes, most messages take a `shortcut` past the pumps. Only `Session` decides how a session ends;
what that means outside is `Ending`'s. Whatever ends one side ends the other within `close_timeout`.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, assert_never

from app.errors import Ended, Ending, Refused
from app.policy.actions import Action, Cancel, Effect, Pause, Start
from app.relay import Relay
from app.session.config import SessionConfig
from app.session.delivery import Beside, Delivery
from app.session.leg import ClientLeg, Leg, UpstreamLeg
from app.session.shortcut import SAMPLED, use_lanes
from app.session.tasks import Tasks
from app.telemetry import log_fault
from app.wire import Socket, Tap

__all__ = ["Session"]


class Session:
    """A running conversation; `name` stands for it in the log and towards the upstream."""

    def __init__(
        self, name: str, sockets: tuple[Socket, Socket], relay: Relay, config: SessionConfig, tap: Tap
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = self._loop.time
        self.name = name
        self.client: Leg = ClientLeg(sockets[0], self._clock, relay)
        self.upstream: Leg = UpstreamLeg(sockets[1], self._clock, relay)
        self.relay = relay
        self._config = config
        self._tap = tap
        self._started_at = self._clock()
        self.alarm = relay.alarm
        self._end: asyncio.Future[Ended] = self._loop.create_future()
        self._tasks = Tasks()
        self.delivery = Delivery(self.client, self.upstream)
        self._effects: dict[str, asyncio.Task[None]] = {}
        self._called_off: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def run(self, created: bytes) -> Ended:
        """Hold the conversation, beginning with the upstream's first event, and return how it ended.

        When it returns, or is cancelled, both sockets are closed and no task or timer is left.
        """
        self._watch()
        try:
            self._spawn(self._begin(created))
            ended = await self._end
            await self._stop()
            await self._close(ended)
        except asyncio.CancelledError:
            self.client.socket.abort()
            self.upstream.socket.abort()
            raise
        finally:
            await self._stop()
            self.relay.close()
        return ended

    def end(self, ended: Ended) -> None:
        """End the session; the first who ends it says how."""
        if not self._end.done():
            self._end.set_result(ended)
            self.delivery.under_way += 1  # what comes now is dealt with by nobody

    def fail(self, error: Exception) -> None:
        """End it for what was raised: whatever broke, both peers must hear of it."""
        if isinstance(error, Ended):
            error.__traceback__ = error.__context__ = None  # which hold the session that keeps this
            self.end(error)
        else:
            log_fault(error, session=self.name)
            self.end(Ended(Ending.RELAY_FAULT, detail=type(error).__name__))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._tasks.spawn(work, self.fail)

    @property
    def seconds(self) -> float:
        """How long the session has lasted."""
        return self._clock() - self._started_at

    @property
    def first_audio_after(self) -> float | None:
        """Seconds from the beginning to the upstream's first audio, or None."""
        at = self.relay.first_audio_at
        return None if at is None else at - self._started_at

    # The pumps

    async def _begin(self, created: bytes) -> None:
        """Tell the client of the session before anything is heard of it; then both pumps run."""
        await self._take(self.upstream, created)
        use_lanes(self)
        self._spawn(self._pump(self.client))
        await self._pump(self.upstream)

    async def _pump(self, leg: Leg) -> None:
        while True:
            try:
                data = await leg.recv()
            except Refused as refused:
                await self._carry_out(self.relay.refused(refused, self._clock()))
            else:
                await self._take(leg, data)

    async def _take(self, leg: Leg, data: bytes) -> None:
        now = self._clock()
        await self._carry_out(leg.ask(data, now))
        self.settle(leg, now)

    async def _carry_out(self, actions: list[Action]) -> None:
        if self.alarm.moved:
            self._set_alarm()
        await self.delivery.carry_out(actions, self.do_beside)

    def settle(self, leg: Leg, since: float) -> None:
        """Set the alarm where it has moved; time one message in some, which came at `since`."""
        if self.alarm.moved:
            self._set_alarm()
        if leg.heard.frames % SAMPLED == 1:
            self._tap.delayed(leg.side, self._clock() - since)

    # What is done beside

    def do_beside(self, action: Beside) -> None:
        """Do what needs no socket."""
        match action:
            case Start(effect):
                if effect.id not in self._called_off:
                    self._effects[effect.id] = self._spawn(self._run_effect(effect))
            case Cancel(effect_id):
                if task := self._effects.pop(effect_id, None):
                    task.cancel()
                else:  # the answer that begins it still waits for room
                    self._called_off.add(effect_id)
            case Pause(side, until):
                (self.client if side == "client" else self.upstream).pause(until)
            case _:
                assert_never(action)

    async def _run_effect(self, effect: Effect) -> None:
        try:
            result = await effect.run()
        except Exception as error:  # noqa: BLE001 - a failed effect is a result too
            result = error
        self._effects.pop(effect.id, None)
        await self._carry_out(self.relay.done(effect.id, result, self._clock()))

    # Time

    def _watch(self) -> None:
        """Hold the session to its times. One timer a session, and none per frame."""
        now, config = self._clock(), self._config
        if now - self._started_at >= config.maximum_duration:
            self.end(Ended(Ending.MAXIMUM_DURATION))
        elif now - self._last_event_at >= config.idle:
            self.end(Ended(Ending.IDLE))
        elif self.client.stalled_for(now) >= config.send_timeout:
            self.end(Ended(Ending.CLIENT_TOO_SLOW))
        elif self.upstream.stalled_for(now) >= config.send_timeout:
            self.end(Ended(Ending.UPSTREAM_FAILED, detail="the upstream reads too slowly"))
        else:
            self._timers["watch"] = self._loop.call_later(self._next_look(now), self._watch)

    @property
    def _last_event_at(self) -> float:
        return max(self._started_at, self.client.heard.at, self.upstream.heard.at)

    def _next_look(self, now: float) -> float:
        """Seconds until something may be due. A send can begin at any time: a look at each third of its limit."""
        idle_at = self._last_event_at + self._config.idle
        over_at = self._started_at + self._config.maximum_duration
        return min(self._config.send_timeout / 3, idle_at - now, over_at - now)

    def _set_alarm(self) -> None:
        """Have the relay's `tick` called when a filter wants it."""
        self.alarm.moved = False
        wake_at = self.relay.wake_at
        alarm = self._timers.get("tick")
        if wake_at is None or (alarm is not None and alarm.when() <= wake_at):
            return
        if alarm is not None:
            alarm.cancel()
        self._timers["tick"] = self._loop.call_at(wake_at, self._on_alarm)

    def _on_alarm(self) -> None:
        del self._timers["tick"]
        self.alarm.moved = True
        self._spawn(self._tick())

    async def _tick(self) -> None:
        await self._carry_out(self.relay.tick(self._clock()))

    # The end

    async def _stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        await self._tasks.stop(self._config.close_timeout)

    async def _close(self, ended: Ended) -> None:
        """Close both sides at once."""
        async with asyncio.TaskGroup() as closing:
            limit = self._config.close_timeout
            closing.create_task(self.client.close(ended.close_code, ended.reason, limit))
            closing.create_task(self.upstream.close(1000, "", limit))
