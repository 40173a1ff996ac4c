"""What may pass: the rules that a session runs under. Pure."""

from app.policy.chain import Chain
from app.policy.gate import Gate
from app.policy.model_name import ModelName
from app.protocol.catalogue import GENERATIONS, GenerationName
from app.wire import Tap

__all__ = ["OPEN", "make_chain"]

OPEN = "open"
"""The profile that every session runs under: a client may configure its session; unknown events are refused."""


def make_chain(generation: GenerationName, *, shown: str | None, deployment: str | None, tap: Tap) -> Chain:
    """Make the filters of one session: THE list, in order from the client to the upstream.

    `shown` is the model name that the client sees; `deployment` is the target's, for a transcription session.
    """
    return Chain([Gate(GENERATIONS[generation], tap), ModelName(shown, deployment)])
