"""Which items a client may put into the conversation: whose words, of what kind, how long.

What breaks a rule is refused with words that say what is allowed, and so is a shape that the rules cannot read:
nothing of it is cut out, since half of what somebody said is something else.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator

from app.errors import Refused

__all__ = ["ItemRules"]

Role = Literal["user", "assistant", "system"]

UNREAD = frozenset({"audio", "image_url", "type"})
"""Where a part of an item's content has what is no text."""
NAMES = frozenset({"type", "id", "object", "role", "status", "call_id"})
"""Where an item says what it is, and no more."""


class ItemRules(BaseModel):
    """What an item of the client's may be. "any" is no rule; as they stand, users speak and write."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    roles: tuple[Role, ...] | None = Field(default=("user",), description='Roles of messages, or `"any"`.')
    types: tuple[str, ...] | None = Field(
        default=("message",), description='Types of items (`message`, `function_call_output`, …), or `"any"`.'
    )
    content: tuple[str, ...] | None = Field(
        default=("input_text", "input_audio"), description='Types of the parts of a message, or `"any"`.'
    )
    max_characters: PositiveInt | None = Field(
        default=None, description='Characters of all text in one item, a tool\'s output included, or `"any"`.'
    )

    @field_validator("*", mode="before")
    @classmethod
    def _any(cls, given: Any) -> Any:
        return None if given == "any" else given

    @classmethod
    def open(cls) -> Self:
        """Return rules that let every item pass."""
        return cls(roles=None, types=None, content=None)

    @classmethod
    def locked(cls) -> Self:
        """Return rules under which users speak and write, and no more."""
        return cls()

    @property
    def none(self) -> bool:
        """Whether nothing is ruled at all."""
        return all(rule is None for rule in (self.roles, self.types, self.content, self.max_characters))

    def check(self, item: Any, path: str) -> None:
        """Raise `Refused` for an item that may not pass; `path` is where it stands in the client's event."""
        if self.none:
            return
        if not isinstance(item, Mapping):
            raise _unreadable(path, "an object")
        kind = _word(item, "type", path)
        _expect(kind, self.types, f"{path}.type")
        if kind == "message" or "role" in item:
            _expect(_word(item, "role", path), self.roles, f"{path}.role")
        if kind == "message" or "content" in item:
            self._check_content(item.get("content"), f"{path}.content")
        self._check_length(item, path)

    def _check_content(self, content: Any, path: str) -> None:
        if not isinstance(content, list):
            raise _unreadable(path, "a list")
        for index, part in enumerate(content):
            where = f"{path}[{index}]"
            if not isinstance(part, Mapping):
                raise _unreadable(where, "an object")
            _expect(_word(part, "type", where), self.content, f"{where}.type")

    def _check_length(self, item: Mapping[str, Any], path: str) -> None:
        if self.max_characters is None:
            return
        said = {key: value for key, value in item.items() if key not in NAMES}
        if sum(map(len, _texts(said))) > self.max_characters:
            words = f"The item at '{path}' has more than {self.max_characters} characters of text."
            raise Refused("item_not_allowed", words, param=path)


def _word(given: Mapping[str, Any], key: str, path: str) -> str:
    value = given.get(key)
    if not isinstance(value, str):
        raise _unreadable(f"{path}.{key}", "a string")
    return value


def _expect(word: str, allowed: tuple[str, ...] | None, path: str) -> None:
    if allowed is not None and word not in allowed:
        listed = ", ".join(f"'{each}'" for each in allowed) or "none"
        words = f"The value of '{path}' is not allowed here. Allowed: {listed}."
        raise Refused("item_not_allowed", words, param=path)


def _unreadable(path: str, what: str) -> Refused:
    return Refused("invalid_value", f"Invalid value for '{path}': {what} is expected.", param=path)


def _texts(value: Any) -> Iterator[str]:
    """Yield every string in a value that may be text, at any depth; a frame is as deep as a stack can be."""
    left = [value]
    while left:
        match left.pop():
            case str(text):
                yield text
            case list(values):
                left += values
            case dict(fields):
                left += [each for key, each in fields.items() if not (key in UNREAD and isinstance(each, str))]
