"""What a response costs: tokens of text and audio, in and out, that add up; and what is left of the quota.

The rates are the service's own where it tells them (audio: 10 tokens a second heard, 20 spoken), text is four
characters a token.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.simulator.items import Entry, text_of

__all__ = ["Quota", "Tally", "spoken_tokens", "text_tokens"]

HEARD_MS = 100
SPOKEN_MS = 50
MINUTE = 60


def text_tokens(text: str) -> int:
    """Count the tokens of a text."""
    return -(-len(text) // 4)


def spoken_tokens(milliseconds: float) -> int:
    """Count the tokens of what the assistant says aloud."""
    return -(-int(milliseconds) // SPOKEN_MS)


@dataclass(slots=True)
class Tally:
    """The tokens of one response, as they come."""

    text_in: int = 0
    audio_in: int = 0
    text_out: int = 0
    audio_out: int = 0

    @classmethod
    def of(cls, context: Sequence[Entry], instructions: str) -> "Tally":
        """Count what the model is given to read and to hear."""
        texts = [instructions, *(text_of(entry.item) + entry.item.get("output", "") for entry in context)]
        heard = sum(int(entry.audio_ms) // HEARD_MS for entry in context)
        return cls(sum(text_tokens(text) for text in texts), heard)

    @property
    def out(self) -> int:
        """Tokens that were said so far."""
        return self.text_out + self.audio_out

    def told(self, *, images: bool) -> dict[str, Any]:
        """Return the `usage` of `response.done`; GA counts images too. Nothing is ever cached."""
        seen = {"image_tokens": 0} if images else {}
        none = {"text_tokens": 0, "audio_tokens": 0, **seen}
        read = {"text_tokens": self.text_in, "audio_tokens": self.audio_in, **seen}
        return {
            "total_tokens": self.text_in + self.audio_in + self.out,
            "input_tokens": self.text_in + self.audio_in,
            "output_tokens": self.out,
            "input_token_details": {**read, "cached_tokens": 0, "cached_tokens_details": none},
            "output_token_details": {"text_tokens": self.text_out, "audio_tokens": self.audio_out},
        }


@dataclass(slots=True)
class Quota:
    """Tokens a minute, which come back as time passes. `spent` is as of `at`, in seconds."""

    limit: int
    spent: float = 0
    at: float = 0

    def spend(self, tokens: int, now: float) -> list[dict[str, Any]]:
        """Take tokens; returns the `rate_limits` of `rate_limits.updated`."""
        restored = (now - self.at) * self.limit / MINUTE
        self.spent, self.at = max(0.0, self.spent - restored) + tokens, now
        remaining = max(0, int(self.limit - self.spent))
        reset = round(self.spent * MINUTE / self.limit, 3)
        return [{"name": "tokens", "limit": self.limit, "remaining": remaining, "reset_seconds": reset}]
