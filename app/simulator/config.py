"""How a simulated service is set up.

The defaults let anybody in, in both generations: strict is what the service does with events.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from app.protocol.catalogue import GenerationName

__all__ = ["SimulatorConfig"]


class SimulatorConfig(BaseModel):
    """What the service serves, whom it admits, and how fast it answers.

    `style` is how refusals look: Azure's by HTTP status, OpenAI's by 101, an `error` event and a close.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    generation: GenerationName | None = Field(
        default=None, description="The one generation served; None: by path."
    )
    style: Literal["azure", "openai"] = "azure"
    keys: tuple[str, ...] = Field(
        default=(), repr=False, description="Keys and tokens that are let in; none: any."
    )
    forbidden: tuple[str, ...] = Field(
        default=(), repr=False, description="Tokens that are known, but lack the role."
    )
    deployments: tuple[str, ...] = Field(default=(), description="Deployments that exist; none: any.")
    session_seconds: PositiveFloat = Field(default=3600, description="Seconds until a session expires.")
    pace: PositiveFloat = Field(default=10, description="How many times faster than real time it speaks.")
    text_interval: NonNegativeFloat = Field(default=0.01, description="Seconds between two deltas of text.")
    close_timeout: PositiveFloat = Field(
        default=2, description="Seconds for a closing handshake, and for the end."
    )
    tokens_per_minute: PositiveInt = Field(default=100_000, description="The quota told in `rate_limits.updated`.")
