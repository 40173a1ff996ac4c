"""What an operator says about guardrails."""

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

__all__ = ["GuardrailRules"]

MEBIBYTE = 1024 * 1024


class GuardrailRules(BaseModel):
    """What is judged, and what becomes of what is blocked. The kinds follow from the judges that are given."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user_speech: bool = Field(default=False, description="Judge the transcript of what the user says.")
    user_text: bool = Field(
        default=False, description="Judge the text of items, instructions and inputs that a client sends."
    )
    model_output: bool = Field(default=False, description="Judge what the model says or writes.")
    hold_output: bool = Field(
        default=False,
        description="Hold what the model says until it is judged. Without this it flows at once, and what is"
        " blocked is cut off when the verdict comes.",
    )
    max_held_bytes: PositiveInt = Field(
        default=8 * MEBIBYTE,
        description="Bytes of events that a session holds in each direction; output beyond is blocked.",
    )
    judge_timeout: PositiveFloat = Field(
        default=10, description="Seconds for a transcript and for a verdict; what is late is blocked."
    )
    replacement: str = Field(
        default="I can't help with that.",
        min_length=1,
        description="What the user is told in place of what is blocked.",
    )
