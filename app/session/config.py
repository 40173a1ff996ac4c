"""How long sessions may last, and how long they may take."""

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat

__all__ = ["SessionConfig"]


class SessionConfig(BaseModel):
    """How long a session may last, be silent, stall, and take to end, in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    idle: PositiveFloat = Field(default=600, description="Seconds without an event either way.")
    maximum_duration: PositiveFloat = Field(default=3600, description="Seconds that a session may last.")
    send_timeout: PositiveFloat = Field(default=30, description="Seconds for a message to find room on its way.")
    close_timeout: PositiveFloat = Field(default=5, description="Seconds for a closing handshake.")
    credential_grace: NonNegativeFloat = Field(
        default=60, description="Seconds that a session goes on after its user's credential has ended."
    )
    drain: NonNegativeFloat = Field(default=25, description="Seconds that running sessions have at a shutdown.")
