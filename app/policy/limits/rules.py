"""What an operator says about how much a client may send."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from app.protocol.catalogue import GA
from app.protocol.frame import APPEND

__all__ = ["LimitRules"]


def _known(sizes: Mapping[str, int]) -> Mapping[str, int]:
    unknown = [kind for kind in sizes if kind not in GA.client]
    if unknown:
        raise ValueError(f"a client has no event {', '.join(map(repr, unknown))} in the GA protocol")
    return sizes


class LimitRules(BaseModel):
    """How much a client may send, and use. What is unset has no limit."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    frame_bytes: Annotated[Mapping[str, PositiveInt], AfterValidator(_known)] = Field(
        default={}, description="Bytes of one message, by the type of its event, in GA's words."
    )
    default_frame_bytes: PositiveInt | None = Field(
        default=None, description="Bytes of one message of any other type."
    )
    events_per_second: PositiveFloat | None = Field(default=None, description="Events in the long run.")
    events_burst: PositiveFloat | None = Field(
        default=None, description="Events that may come at once. Unset: two seconds' worth."
    )
    audio_rate: PositiveFloat | None = Field(
        default=None, description="Seconds of audio per second, in the long run; 1 is as fast as people speak."
    )
    audio_burst: PositiveFloat = Field(default=10.0, description="Seconds of audio that may come at once.")
    too_fast: Literal["slow", "refuse"] = Field(
        default="slow",
        description="What becomes of a client over a rate: the relay reads no faster, or answers with an `error`.",
    )
    audio_seconds: PositiveFloat | None = Field(
        default=None, description="Seconds of audio that a session may send."
    )
    responses: PositiveInt | None = Field(default=None, description="Responses that a session may have.")
    tokens: PositiveInt | None = Field(
        default=None, description="Tokens that the responses of a session may use, in and out."
    )

    @property
    def any(self) -> bool:
        """Whether anything is limited at all."""
        rates = (self.default_frame_bytes, self.events_per_second, self.audio_rate)
        totals = (self.audio_seconds, self.responses, self.tokens)
        return bool(self.frame_bytes) or any(each is not None for each in rates + totals)

    @classmethod
    def open(cls) -> "LimitRules":
        """Return the rules of the base `open`: none."""
        return cls()

    @classmethod
    def locked(cls) -> "LimitRules":
        """Return the rules of the base `locked`: more than a person with a microphone can use.

        An append may hold a quarter of a minute at once, so that nobody is slowed for longer than a few seconds.
        """
        return cls(
            frame_bytes={APPEND: 2**20},
            default_frame_bytes=2**18,
            events_per_second=200.0,
            audio_rate=2.0,
            audio_burst=10.0,
        )
