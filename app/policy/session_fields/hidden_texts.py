"""Finds what the client may not see in what the service writes of its own accord: in the words of an error.

A service quotes what it refuses, in part and escaped, so a run of characters counts and not the whole. What is
found once too often costs a client the words of an error; what is not found would cost the operator a secret.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

__all__ = ["HiddenTexts", "hidden_texts", "texts_of"]

NEVER = re.compile(r"(?!)")
RUN = 12
"""Characters that a text and a hidden one have in common before it is a quotation; a shorter one counts whole."""

ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
ESCAPES = re.compile(r"\\[nrtbf]")
APART = re.compile(r"[\W_]+")
"""What writers of messages change: spaces, quotes, punctuation. It counts as one space."""


class HiddenTexts:
    """The texts that are hidden, and the names, which count as whole words only."""

    def __init__(self, texts: Iterable[str], names: Iterable[str] = ()) -> None:
        plain = {_plain(each) for each in texts} - {""}
        self._long = [each for each in plain if len(each) >= RUN]
        short = [each for each in plain if len(each) < RUN]
        self._words = _any_of((each for each in short if each.isascii()), r"\w")
        self._signs = [each for each in short if not each.isascii()]  # many scripts have no gaps between words
        self._names = _any_of(names, r"[\w-]")

    def quoted_in(self, value: Any) -> bool:
        """Tell whether any string in a value, at any depth, quotes what is hidden."""
        return any(self._quoted_in_text(text) for text in strings_in(value))

    def _quoted_in_text(self, text: str) -> bool:
        plain = _plain(text)
        if self._names.search(text) or self._words.search(plain) or any(each in plain for each in self._signs):
            return True
        runs = set(_runs(plain)) if self._long else set()
        return bool(runs) and any(run in runs for each in self._long for run in _runs(each))


@lru_cache(maxsize=64)
def hidden_texts(texts: frozenset[str], names: frozenset[str]) -> HiddenTexts:
    """Return these, the same for all sessions of a profile: a prompt may be long."""
    return HiddenTexts(texts, names)


def _any_of(words: Iterable[str], inner: str) -> re.Pattern[str]:
    """Return what finds any of the words, each by itself: with no `inner` character on either side."""
    listed = "|".join(re.escape(each) for each in words if each)
    return re.compile(rf"(?<!{inner})(?:{listed})(?!{inner})") if listed else NEVER


def _plain(text: str) -> str:
    """Return a text as it is compared: without case, escapes and punctuation."""
    text = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return APART.sub(" ", ESCAPES.sub(" ", text)).strip().casefold()


def _runs(plain: str) -> Iterator[str]:
    return (plain[start : start + RUN] for start in range(len(plain) - RUN + 1))


def texts_of(field: str, value: Any) -> set[str]:
    """Return what of a hidden field's value would give it away: not the words of the protocol in it."""
    match field, value:
        case "prompt", Mapping():
            return {each for key in ("id", "version", "variables") for each in strings_in(value.get(key))}
        case "tools", _:
            short = {each["description"] for each in value if isinstance(each.get("description"), str)}
            return short | {text for text in strings_in(value) if len(text) >= RUN}
        case _, Mapping():
            return {text for key, each in value.items() if key != "type" for text in strings_in(each)}
        case _:
            return set(strings_in(value))


def strings_in(value: Any) -> Iterator[str]:
    """Yield every string in a value, keys included, at any depth."""
    left = [value]
    while left:
        match left.pop():
            case str(text):
                yield text
            case Mapping() as fields:
                left += fields.keys()
                left += fields.values()
            case list() | tuple() as values:
                left += values
