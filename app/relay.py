"""The relay of one session as a function of its inputs: text in, actions out. Pure, and it never waits.

`data` is the UTF-8 text of one message, `now` a clock in seconds that never runs backwards. Each input answers
with the actions to carry out, in order, and may raise `Ended`, which ends the session. Inside is GA: frames are
translated as they come in and as they go out.
"""

from collections.abc import Callable

from app.errors import Refused
from app.policy.actions import Action, ToClient, ToUpstream
from app.policy.chain import Alarm, Chain
from app.policy.teller import Teller
from app.protocol.frame import Frame, from_client, from_upstream
from app.protocol.translation import Translation
from app.wire import Heard, Tap, Traffic

__all__ = ["Relay"]

AUDIO_DELTA = "response.output_audio.delta"


class Relay:
    """The core: reads frames, translates them, asks the chain, and remembers what the rest needs to know.

    `expired` tells that the service has announced its own session cap; `first_audio_at` is a time on the clock
    of `now`. `heard` counts what came. `silent`: a client's frame that is refused is dropped, and nobody told.
    """

    def __init__(
        self, chain: Chain, translation: Translation, tap: Tap, teller: Teller, *, silent: bool = False
    ) -> None:
        self._chain = chain
        self.translation = translation
        self._tap = tap
        self._teller = teller
        self._silent = silent
        self.heard = Heard(Traffic(), Traffic())
        self.expired = False
        self.first_audio_at: float | None = None

    @property
    def alarm(self) -> Alarm:
        """Whether `wake_at` has moved."""
        return self._chain.alarm

    @property
    def wake_at(self) -> float | None:
        """When `tick` is wanted, or None."""
        return self._chain.wake_at

    def close(self) -> None:
        """End: nothing comes any more, and what does is answered with nothing."""
        self._chain.close()

    def from_client(self, data: bytes, now: float) -> list[Action]:
        """Take a message of the client's; one that may not pass is answered by an `error`."""
        heard = self.heard.client
        heard.at = now
        heard.frames += 1
        heard.bytes += len(data)
        try:
            frame = from_client(data)
            return self._chain.from_client(frame, now) if self.translation.plain else self._translated(frame, now)
        except Refused as refused:
            return self.refused(refused, now)

    def refused(self, refused: Refused, now: float) -> list[Action]:
        """Say what comes of a message of the client's that may not pass."""
        return [*self._told(refused), *self._outside(self._chain.refused(now), now)]

    def _told(self, refused: Refused) -> list[Action]:
        self._tap.refused(refused.code)
        return [] if self._silent else [ToClient(self._teller.error(refused))]

    def _translated(self, frame: Frame, now: float) -> list[Action]:
        actions = [
            action for each in self.translation.from_client(frame) for action in self._chain.from_client(each, now)
        ]
        return self._outside(actions, now)

    def from_upstream(self, data: bytes, now: float) -> list[Action]:
        """Take a message of the upstream's. Raises `Ended` where it is no event."""
        heard = self.heard.upstream
        heard.at = now
        heard.frames += 1
        heard.bytes += len(data)
        frame = from_upstream(data)
        if self.translation.plain:
            return self._heard(frame, now)
        actions = [action for each in self.translation.from_upstream(frame) for action in self._heard(each, now)]
        return self._outside(actions, now)

    def _heard(self, frame: Frame, now: float) -> list[Action]:
        """Tell the chain what the upstream says; what the client sent before may be refused in answer to it."""
        if self.first_audio_at is None or frame.type == "error":
            self._look_at(frame, now)
        try:
            return self._chain.from_upstream(frame, now)
        except Refused as refused:
            return self._after(refused)

    def _after(self, refused: Refused) -> list[Action]:
        """Say a refusal of what was sent before, behind what the chain has put out by then: that is not undone."""
        return [*self._chain.actions, *self._told(refused)]

    def done(self, effect_id: str, result: object, now: float) -> list[Action]:
        """Take the result of an effect, or the exception that it raised."""
        return self._unasked(lambda: self._chain.done(effect_id, result, now), now)

    def tick(self, now: float) -> list[Action]:
        """Let those whose time has come look at the clock."""
        return self._unasked(lambda: self._chain.tick(now), now)

    def _unasked(self, ask: Callable[[], list[Action]], now: float) -> list[Action]:
        """Take an answer to nothing that the client has just sent; what it sent before may be refused in it."""
        try:
            actions = ask()
        except Refused as refused:
            actions = self._after(refused)
        return self._outside(actions, now)

    def _outside(self, actions: list[Action], now: float) -> list[Action]:
        """Say the frames in the words of those whom they go to."""
        if self.translation.plain:
            return actions
        said = [each for action in actions for each in self._said(action, now)]
        return said + self._losses()

    def _said(self, action: Action, now: float) -> list[Action]:
        match action:
            case ToClient(frame):
                return [ToClient(each) for each in self.translation.to_client(frame)]
            case ToUpstream(frame):
                return self._said_to_upstream(frame, now)
            case _:
                return [action]

    def _said_to_upstream(self, frame: Frame, now: float) -> list[Action]:
        """Say it, or answer as an upstream would that cannot do it: the filters must learn of that, too."""
        try:
            return [ToUpstream(each) for each in self.translation.to_upstream(frame)]
        except Refused as refused:
            self._tap.refused(refused.code)
            answer = self._teller.error(refused)
        return [each for action in self._heard(answer, now) for each in self._said(action, now)]

    def _losses(self) -> list[Action]:
        """Tell the operator, and a client that wants to know, what a translation could not say."""
        lost = list(self.translation.lost)
        self.translation.lost.clear()
        for words in lost:
            self._tap.lost(words)
        return [self._warning(words) for words in lost] if self._teller.opted_in else []

    def _warning(self, words: str) -> Action:
        return ToClient(self._teller.event("relay.warning", about="translation", message=words))

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
