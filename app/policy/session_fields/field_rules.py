"""The rule that an operator writes for one field: who may set it, to what, and what the client sees.

A rule that is made for its field is complete: it has one way, a value that the service takes, and what the client
sees in place of what it may not see.
"""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.policy.session_fields.field_values import flaw_in
from app.policy.session_fields.fields import OMIT, SessionField

__all__ = ["FieldRule", "Range", "Word"]

OFF = "off"
"""Null, where a field has one: TOML has no word for it."""

Mode = Literal["free", "server", "fixed", "default", "within"]
Word = Literal["free", "server"]

STRICT = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Range(BaseModel):
    """The numbers that a client may choose from; a bound that is not given is none."""

    model_config = STRICT

    minimum: int | float | None = Field(default=None, description="The least.")
    maximum: int | float | None = Field(default=None, description="The most.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("a range needs a 'minimum', a 'maximum' or both")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("the 'minimum' is more than the 'maximum'")
        return self

    @property
    def bounds(self) -> list[int | float]:
        """The bounds that there are."""
        return [each for each in (self.minimum, self.maximum) if each is not None]

    def clamped(self, value: Any) -> Any:
        """Return the number of the range that is nearest to a value, `OMIT` for what is no number.

        The service's "inf" for a limit of tokens counts as more than any maximum.
        """
        if value == "inf" and self.maximum is not None:
            return self.maximum
        if isinstance(value, bool) or not isinstance(value, int | float):
            return OMIT
        if self.minimum is not None and value < self.minimum:
            return self.minimum
        return self.maximum if self.maximum is not None and value > self.maximum else value


class FieldRule(BaseModel):
    """Who may set one field: `"free"`, `"server"`, or a table with `fixed`, `default` or `within`."""

    model_config = STRICT

    word: Word | None = Field(default=None, exclude=True, description="The rule, if it is a word.")
    fixed: Any = Field(default=None, description="The value; the client cannot change it.")
    default: Any = Field(default=None, description="The value at the beginning; the client may change it.")
    within: tuple[Any, ...] | Range | None = Field(
        default=None,
        description="The values that the client may choose from: a list, or `{minimum, maximum}` for numbers.",
    )
    hidden: bool | None = Field(default=None, description="The client does not see the server's value.")
    shown: Any = Field(default=None, description="What the client sees in place of it.")

    @model_validator(mode="before")
    @classmethod
    def _spelt_out(cls, given: Any) -> Any:
        if given in ("free", "server"):
            return {"word": given}
        if not isinstance(given, Mapping | FieldRule) or (isinstance(given, Mapping) and "word" in given):
            raise ValueError("a rule is \"free\", \"server\", or a table with 'fixed', 'default' or 'within'")
        return given

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = self.model_fields_set
        modes = given & {"word", "fixed", "within"} or given & {"default"}
        if len(modes) != 1 or (modes & {"word", "fixed"} and "default" in given):
            raise ValueError(
                "a table has exactly one of 'fixed', 'default' and 'within'; 'within' may have a 'default' too"
            )
        if "shown" in given and self.hidden is False:
            raise ValueError("'shown' stands for what is hidden: it cannot go with 'hidden = false'")
        return self

    @property
    def mode(self) -> Mode:
        """Which of the five ways it is."""
        if self.word is not None:
            return self.word
        given = self.model_fields_set
        return "fixed" if "fixed" in given else "within" if "within" in given else "default"

    @property
    def opening(self) -> Any:
        """The value to begin with, `OMIT` for the service's own."""
        return self.default if "default" in self.model_fields_set else OMIT

    @property
    def servers(self) -> Any:
        """The value that the server sets, once or for good; `OMIT` where it sets none."""
        return self.opening if self.imposed is OMIT else self.imposed

    @property
    def imposed(self) -> Any:
        """The value that holds, whatever the client sets; `OMIT` where there is none."""
        return self.fixed if self.mode == "fixed" else OMIT

    def allowed(self, value: Any) -> Any:
        """Return what comes of a value that a client sets: itself, another, or `OMIT` where it may not."""
        match self.mode:
            case "free" | "default":
                return value
            case "within" if isinstance(self.within, Range):
                return self.within.clamped(value)
            case "within":  # the operator's own value goes out, since true equals 1 here and not there
                return next((each for each in self.within or () if each == value), OMIT)
            case _:
                return OMIT

    def for_field(self, field: SessionField) -> "FieldRule":
        """Return the rule with null for "off", and with what is hidden and shown told. Raises `ValueError`."""
        told = {key: _meant(field, getattr(self, key)) for key in self.model_fields_set & {"fixed", "default"}}
        if "within" in self.model_fields_set:
            told |= self._choice(field)
        hidden = self.hidden if self.hidden is not None else field.private and self.word is None
        if hidden or "shown" in self.model_fields_set:
            told |= {"hidden": True, "shown": self._shown(field)}
        rule = self.model_copy(update=told)
        if rule.mode == "within" and rule.opening is not OMIT and rule.allowed(rule.opening) != rule.opening:
            raise ValueError("the 'default' is not one of the values 'within'")
        return rule

    def _choice(self, field: SessionField) -> dict[str, Any]:
        """Return the choice as it is meant, with a value to begin with: the service's own may be none of them."""
        told = "default" in self.model_fields_set
        if not isinstance(self.within, Range):
            values = tuple(_meant(field, each) for each in self.within or ())
            return {"within": values, **({} if told or not values else {"default": values[0]})}
        for each in self.within.bounds:
            _meant(field, each)
        if told:
            return {}
        if field.name == "max_output_tokens":  # the service's own is no limit at all
            return {} if self.within.maximum is None else {"default": self.within.maximum}
        raise ValueError("a range needs a 'default': the service's own value may be beyond it")

    def _shown(self, field: SessionField) -> Any:
        if "shown" in self.model_fields_set:
            return _meant(field, self.shown)
        if field.empty is OMIT:
            raise ValueError("no value here means nothing, so 'hidden' needs a 'shown'")
        return field.empty


def _meant(field: SessionField, value: Any) -> Any:
    """Return the value that is meant. Raises `ValueError` for one that the service would refuse."""
    meant = None if value == OFF and field.nullable else value
    if flaw := flaw_in(field.facts, meant):
        raise ValueError(f"the value {flaw}")
    return meant
