"""The relay of one session as a function of its inputs: text in, actions out. Pure, and it never waits.

`data` is the UTF-8 text of one message, `now` a clock in seconds that never runs backwards. Each input answers
with the actions to carry out, in order. It raises `Refused` for one frame of the client's, and `Ended` for the
session. Inside is GA: frames are translated as they come in and as they go out.
"""

import itertools

from app.policy.chain import Action, Chain, ToClient, ToUpstream
from app.protocol.frame import Frame, from_client, from_upstream
from app.protocol.translation import Translation
from app.wire import Tap

__all__ = ["Relay"]

AUDIO_DELTA = "response.output_audio.delta"


class Relay:
    """The core: reads frames, translates them, asks the chain, and remembers what the rest needs to know.

    `expired` tells that the service has announced its own session cap; `first_audio_at` is a time on the clock
    of `now`. `announce`: the client opted in to `relay.*` events, and hears what a translation loses.
    """

    def __init__(self, chain: Chain, translation: Translation, tap: Tap, *, announce: bool = False) -> None:
        self._chain = chain
        self.translation = translation
        self._tap = tap
        self._announce = announce
        self._numbers = itertools.count(1)
        self.expired = False
        self.first_audio_at: float | None = None

    @property
    def wake_at(self) -> float | None:
        """When `tick` is wanted, or None."""
        return self._chain.wake_at

    def from_client(self, data: bytes, now: float) -> list[Action]:
        """Take a message of the client's. Raises `Refused` where it is none that may pass."""
        frame = from_client(data)
        if self.translation.plain:
            return self._chain.from_client(frame, now)
        actions = [
            action for each in self.translation.from_client(frame) for action in self._chain.from_client(each, now)
        ]
        return self._outside(actions)

    def from_upstream(self, data: bytes, now: float) -> list[Action]:
        """Take a message of the upstream's. Raises `Ended` where it is no event."""
        frame = from_upstream(data)
        if self.translation.plain:
            self._look_at(frame, now)
            return self._chain.from_upstream(frame, now)
        actions: list[Action] = []
        for each in self.translation.from_upstream(frame):
            self._look_at(each, now)
            actions += self._chain.from_upstream(each, now)
        return self._outside(actions)

    def done(self, effect_id: str, result: object, now: float) -> list[Action]:
        """Take the result of an effect, or the exception that it raised."""
        return self._outside(self._chain.done(effect_id, result, now))

    def tick(self, now: float) -> list[Action]:
        """Let those whose time has come look at the clock."""
        return self._outside(self._chain.tick(now))

    def _outside(self, actions: list[Action]) -> list[Action]:
        """Say the frames in the words of those whom they go to."""
        if self.translation.plain:
            return actions
        said = [each for action in actions for each in self._said(action)]
        return said + self._losses()

    def _said(self, action: Action) -> list[Action]:
        match action:
            case ToClient(frame):
                return [ToClient(each) for each in self.translation.to_client(frame)]
            case ToUpstream(frame):
                return [ToUpstream(each) for each in self.translation.to_upstream(frame)]
            case _:
                return [action]

    def _losses(self) -> list[Action]:
        """Tell the operator, and a client that wants to know, what a translation could not say."""
        lost = list(self.translation.lost)
        self.translation.lost.clear()
        for words in lost:
            self._tap.lost(words)
        return [self._warning(words) for words in lost] if self._announce else []

    def _warning(self, words: str) -> Action:
        event_id = f"event_relay_lost_{next(self._numbers)}"
        return ToClient(
            Frame.of({"type": "relay.warning", "event_id": event_id, "about": "translation", "message": words})
        )

    def _look_at(self, frame: Frame, now: float) -> None:
        if frame.type == "error":
            self.expired = self.expired or _says_expired(frame)
        elif self.first_audio_at is None and frame.type == AUDIO_DELTA:
            self.first_audio_at = now


def _says_expired(frame: Frame) -> bool:
    match frame.event:
        case {"error": {"code": "session_expired"}}:
            return True
        case _:
            return False
