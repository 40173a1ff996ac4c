"""The relay of one session as a function of its inputs: text in, actions out. Pure, and it never waits.

`data` is the UTF-8 text of one message, `now` a clock in seconds that never runs backwards. Each input answers
with the actions to carry out, in order. It raises `Refused` for one frame of the client's, and `Ended` for the
session.
"""

from app.policy.chain import Action, Chain
from app.protocol.frame import Frame, from_client, from_upstream

__all__ = ["Relay"]

AUDIO_DELTAS = frozenset({"response.output_audio.delta", "response.audio.delta"})


class Relay:
    """The core: reads frames, asks the chain, and remembers what the rest needs to know.

    `expired` tells that the service has announced its own session cap; `first_audio_at` is a time on the clock
    of `now`.
    """

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.expired = False
        self.first_audio_at: float | None = None

    @property
    def wake_at(self) -> float | None:
        """When `tick` is wanted, or None."""
        return self._chain.wake_at

    def from_client(self, data: bytes, now: float) -> list[Action]:
        """Take a message of the client's. Raises `Refused` where it is none that may pass."""
        return self._chain.from_client(from_client(data), now)

    def from_upstream(self, data: bytes, now: float) -> list[Action]:
        """Take a message of the upstream's. Raises `Ended` where it is no event."""
        frame = from_upstream(data)
        if frame.type == "error":
            self.expired = self.expired or _says_expired(frame)
        elif self.first_audio_at is None and frame.type in AUDIO_DELTAS:
            self.first_audio_at = now
        return self._chain.from_upstream(frame, now)

    def done(self, effect_id: str, result: object, now: float) -> list[Action]:
        """Take the result of an effect, or the exception that it raised."""
        return self._chain.done(effect_id, result, now)

    def tick(self, now: float) -> list[Action]:
        """Let those whose time has come look at the clock."""
        return self._chain.tick(now)


def _says_expired(frame: Frame) -> bool:
    match frame.event:
        case {"error": {"code": "session_expired"}}:
            return True
        case _:
            return False
