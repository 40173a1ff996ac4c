"""What an operator says about turns."""

from pydantic import BaseModel, ConfigDict, Field, PositiveInt

__all__ = ["TurnRules"]


class TurnRules(BaseModel):
    """Whether requests for responses take turns."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    guard: bool = Field(
        default=False,
        description="Let a `response.create` wait while a response is under way, instead of the service's error.",
    )
    max_waiting: PositiveInt = Field(default=8, description="How many may wait; a further one is refused.")

    @classmethod
    def open(cls) -> "TurnRules":
        """Return the rules of the base `open`: the service's own."""
        return cls()

    @classmethod
    def locked(cls) -> "TurnRules":
        """Return the rules of the base `locked`."""
        return cls(guard=True)
