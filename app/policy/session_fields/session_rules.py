"""The rules of a whole session, field by field, and of what a response has beside them.

As they stand, they lock: what a profile does not name, its client does not set.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from app.policy.session_fields.field_rules import FieldRule, Word
from app.policy.session_fields.fields import FIELDS, OMIT
from app.policy.session_fields.hidden_texts import texts_of

__all__ = ["ResponseRules", "SessionRules"]

STRICT = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

SERVER = FieldRule.model_validate("server")
FREE = FieldRule.model_validate("free")


class SessionRules(BaseModel):
    """The rule of each field of a session. As they stand, the client sets nothing."""

    model_config = STRICT

    instructions: FieldRule = Field(default=SERVER, description="`instructions`: what the model is told.")
    tools: FieldRule = Field(default=SERVER, description="`tools`: the client's own, beside the server's.")
    tool_choice: FieldRule = Field(default=SERVER, description="`tool_choice`.")
    voice: FieldRule = Field(default=SERVER, description="`audio.output.voice`.")
    speed: FieldRule = Field(default=SERVER, description="`audio.output.speed`.")
    input_format: FieldRule = Field(default=SERVER, description="`audio.input.format`.")
    output_format: FieldRule = Field(default=SERVER, description="`audio.output.format`.")
    turn_detection: FieldRule = Field(default=SERVER, description="`audio.input.turn_detection`; may be `off`.")
    transcription: FieldRule = Field(default=SERVER, description="`audio.input.transcription`; may be `off`.")
    noise_reduction: FieldRule = Field(default=SERVER, description="`audio.input.noise_reduction`; may be `off`.")
    max_output_tokens: FieldRule = Field(default=SERVER, description="`max_output_tokens` of a response.")
    output_modalities: FieldRule = Field(default=SERVER, description="`output_modalities`: audio or text.")
    truncation: FieldRule = Field(default=SERVER, description="`truncation` of long conversations.")
    tracing: FieldRule = Field(default=SERVER, description="`tracing`; may be `off`.")
    prompt: FieldRule = Field(default=SERVER, description="`prompt`: one stored with the service; may be `off`.")
    include: FieldRule = Field(default=SERVER, description="`include`; may be `off`.")
    reasoning: FieldRule = Field(default=SERVER, description="`reasoning`.")
    parallel_tool_calls: FieldRule = Field(default=SERVER, description="`parallel_tool_calls`.")
    temperature: FieldRule = Field(default=SERVER, description="`temperature`, on a preview upstream only.")
    other: Word = Field(default="server", description="Every key that is none of these.")

    @field_validator(*FIELDS)
    @classmethod
    def _fits(cls, rule: FieldRule, info: ValidationInfo) -> FieldRule:
        return rule.for_field(FIELDS[str(info.field_name)])

    @classmethod
    def open(cls) -> Self:
        """Return rules under which the client may set everything."""
        return cls(**dict.fromkeys(FIELDS, FREE), other="free")

    @classmethod
    def locked(cls) -> Self:
        """Return rules under which it sets nothing."""
        return cls()

    def of(self, name: str) -> FieldRule:
        """Return the rule of one field."""
        rule: FieldRule = getattr(self, name)
        return rule

    # What each session asks for is worked out once.

    @property
    def _rules(self) -> Mapping[str, FieldRule]:
        return {name: self.of(name) for name in FIELDS}

    @cached_property
    def hidden(self) -> Mapping[str, FieldRule]:
        """The rules under which the client does not see the server's value."""
        return {name: rule for name, rule in self._rules.items() if rule.hidden}

    @cached_property
    def hidden_texts(self) -> frozenset[str]:
        """What would give those values away."""
        told = {name: rule.servers for name, rule in self.hidden.items() if rule.servers is not OMIT}
        return frozenset(text for name, value in told.items() for text in texts_of(name, value))

    @cached_property
    def hidden_places(self) -> re.Pattern[str]:
        """Where those values stand, as a service names the place."""
        places = "|".join(re.escape(".".join(FIELDS[name].path)) for name in self.hidden)
        return re.compile(rf"\b(?:session|response)\.(?:{places})(?![\w])")

    @cached_property
    def hidden_labels(self) -> frozenset[str]:
        """The labels of the MCP servers that the client does not see."""
        listed = self.tools.servers if "tools" in self.hidden else OMIT
        tools = listed if isinstance(listed, Sequence) else ()
        return frozenset(each["server_label"] for each in tools if each.get("type") == "mcp")

    @cached_property
    def imposed(self) -> Mapping[str, Any]:
        """The values that hold whatever a client asks for."""
        return {name: rule.imposed for name, rule in self._rules.items() if rule.imposed is not OMIT}

    @cached_property
    def opening(self) -> Mapping[str, Any]:
        """The values that hold until a client asks for others."""
        return {name: rule.opening for name, rule in self._rules.items() if rule.opening is not OMIT}

    @cached_property
    def all_free(self) -> bool:
        """Whether nothing is ruled at all."""
        return self.other == "free" and all(rule.mode == "free" for rule in self._rules.values())


class ResponseRules(BaseModel):
    """Who may set what `response.create` has beside the session's fields."""

    model_config = STRICT

    input: Word = Field(default="server", description="`input`: items in place of the conversation.")
    conversation: Word = Field(default="server", description="`conversation`: answers outside of it.")
    metadata: Word = Field(default="free", description="`metadata`: the client's own marks.")

    @classmethod
    def open(cls) -> Self:
        """Return rules under which the client may set everything."""
        return cls(input="free", conversation="free", metadata="free")

    @classmethod
    def locked(cls) -> Self:
        """Return rules under which it sets its own marks only."""
        return cls()

    @property
    def all_free(self) -> bool:
        """Whether nothing is ruled at all."""
        return self.input == self.conversation == self.metadata == "free"
