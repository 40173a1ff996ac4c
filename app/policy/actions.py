"""What comes out of a chain: what the session is to do, in order."""

from typing import Protocol

import msgspec

from app.protocol.frame import Frame
from app.wire import Side

__all__ = ["Action", "Cancel", "Effect", "Pause", "Start", "ToClient", "ToUpstream"]


class Effect(Protocol):
    """Work that takes time (a tool call, a judgement); the session runs it beside the pumps."""

    @property
    def id(self) -> str:
        """The name by which `Cancel` and `done` refer to it; unique within the session."""

    async def run(self) -> object:
        """Do the work. The result, or the exception that it raised, comes back through `done`."""


class ToClient(msgspec.Struct, frozen=True, gc=False):
    """Send this frame to the client."""

    frame: Frame


class ToUpstream(msgspec.Struct, frozen=True, gc=False):
    """Send this frame to the upstream."""

    frame: Frame


class Start(msgspec.Struct, frozen=True, gc=False):
    """Begin an effect."""

    effect: Effect


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """Cancel an effect; its `done` will not come."""

    effect_id: str


class Pause(msgspec.Struct, frozen=True, gc=False):
    """Read nothing more from `side` until the clock shows `until` (seconds)."""

    side: Side
    until: float


Action = ToClient | ToUpstream | Start | Cancel | Pause
