"""A tool's URL with `{argument}` in its path or query, and what a model may make of it.

A model fills places in it, and never adds one: whatever it gives is percent-encoded to the last character, and
what would climb out of its place in the path all the same (`..`, or nothing at all) is refused.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import msgspec
from pydantic import AfterValidator

from app.effects.arguments import invalid

__all__ = ["Url", "UrlTemplate", "read_url"]

PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}")
PLAIN = re.compile(rb"[^A-Za-z0-9_-]")
SEPARATORS = re.compile(r"[/\\]")


def read_url(text: str) -> httpx.URL:
    """Return the URL that an operator wrote. Raises `ValueError` for what is no plain http(s) address."""
    try:
        parts = urlsplit(text)
        url = httpx.URL(text)
    except (ValueError, httpx.InvalidURL):
        raise ValueError("This is no URL.") from None
    if re.search(r"[\s\\\x00-\x1f]", text) or parts.scheme not in ("http", "https") or not url.host:
        raise ValueError("The URL must begin with https:// or http:// and a host.")
    if "@" in parts.netloc or "#" in text:
        raise ValueError("The URL must have no user, password or fragment; secrets belong in the headers.")
    return url


def _readable(text: str) -> str:
    read_url(text)
    return text


Url = Annotated[str, AfterValidator(_readable)]
"""A URL in a configuration, as it was written."""


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """`scheme://host` as it is, and a path and a query with places to fill."""

    base: str
    path: str
    query: str

    @classmethod
    def of(cls, text: str) -> "UrlTemplate":
        """Read it. Raises `ValueError`."""
        read_url(PLACE.sub("x", text))
        parts = urlsplit(text)
        made = cls(f"{parts.scheme}://{parts.netloc}", parts.path, parts.query)
        if re.search(r"[{}]", made.base + PLACE.sub("", f"{made.path}?{made.query}")):
            raise ValueError("The URL may have {argument} in its path and its query, and braces nowhere else.")
        return made

    @property
    def names(self) -> frozenset[str]:
        """The arguments that it needs."""
        return frozenset(PLACE.findall(self.path + self.query))

    @property
    def fixed(self) -> frozenset[str]:
        """The names in its query, which no argument may add to."""
        return frozenset(name for name, _ in parse_qsl(self.query, keep_blank_values=True))

    def filled(self, given: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> httpx.URL:
        """Return the URL with these arguments in their places and `more` in the query. Raises `ToolFailure`."""
        path = PLACE.sub(lambda found: _encoded(given[found[1]]), self.path)
        if self.path != path and self._climbs(path, given):
            raise invalid([{"loc": (), "msg": "an argument can't be part of the tool's address"}])
        query = PLACE.sub(lambda found: _encoded(given[found[1]]), self.query)
        pairs = [f"{_encoded(name)}={_encoded(value)}" for name, value in _pairs(more or {})]
        whole = "&".join(each for each in (query, *pairs) if each)
        try:
            return httpx.URL(f"{self.base}{path}" + (f"?{whole}" if whole else ""))
        except httpx.InvalidURL:
            raise invalid([{"loc": (), "msg": "too long for the tool's address"}]) from None

    def _climbs(self, path: str, given: Mapping[str, Any]) -> bool:
        empty = any(_text(given[name]) == "" for name in PLACE.findall(self.path))
        return empty or any(part in (".", "..") for part in SEPARATORS.split(unquote(path)))


def _pairs(more: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in more.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield name, each


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _encoded(value: object) -> str:
    return PLAIN.sub(lambda found: b"%%%02X" % found[0][0], _text(value).encode("utf-8", "replace")).decode()
