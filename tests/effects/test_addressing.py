"""A tool's URL with places for arguments, and what a model may make of it."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.effects.addressing import UrlTemplate, read_url
from app.effects.calling import ToolFailure


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.com/",
        "/only/a/path",
        "https:///no-host",
        "https://user:secret@example.com/",
        "https://@example.com/",
        "https://example.com/#part",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com\\@evil.example/",
        "https://[::1/",
        "https://example.com:port/",
    ],
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    """An address is http or https, with a host and no secrets."""
    with pytest.raises(ValueError, match="URL"):
        read_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://{host}.example.com/",
        "{scheme}://example.com/",
        "https://example.com:{port}/",
        "https://{user}@example.com/",
        "https://example.com/{",
        "https://example.com/{a b}",
        "https://example.com/}x{",
        "https://example.com/{{a}}",
        "https://example.com/{1}",
    ],
)
def test_places_stand_in_path_and_query_alone(text: str) -> None:
    """No model chooses a scheme, a host, a port or a user."""
    with pytest.raises(ValueError, match="URL"):
        UrlTemplate.of(text)


def test_template_tells_its_names() -> None:
    """What it needs, and what its query has already."""
    template = UrlTemplate.of("https://example.com/{a}/x?k=1&q={b}&empty=")
    assert template.names == {"a", "b"}
    assert template.fixed == {"k", "q", "empty"}


@pytest.mark.parametrize(
    ("value", "target"),
    [
        ("plain", b"/v1/plain/x?q=plain"),
        ("a/b", b"/v1/a%2Fb/x?q=a%2Fb"),
        ("a?b#c&d=e", b"/v1/a%3Fb%23c%26d%3De/x?q=a%3Fb%23c%26d%3De"),
        ("%2e%2e", b"/v1/%252e%252e/x?q=%252e%252e"),
        ("ü", b"/v1/%C3%BC/x?q=%C3%BC"),
        ("a.b", b"/v1/a%2Eb/x?q=a%2Eb"),
        (" \r\n", b"/v1/%20%0D%0A/x?q=%20%0D%0A"),
        (7, b"/v1/7/x?q=7"),
        (1.5, b"/v1/1%2E5/x?q=1%2E5"),
        (True, b"/v1/true/x?q=true"),
    ],
)
def test_value_is_encoded_to_the_last_character(value: object, target: bytes) -> None:
    """A value stays in its place whatever it holds."""
    template = UrlTemplate.of("https://example.com/v1/{a}/x?q={a}")
    assert template.filled({"a": value}).raw_path == target


@pytest.mark.parametrize("value", [".", "..", "../secret", "a/../../b", "..\\secret", "x/.", ""])
def test_value_that_climbs_is_refused(value: str) -> None:
    """Servers that decode before they route would climb, and an empty value names the whole collection."""
    with pytest.raises(ToolFailure, match="invalid arguments"):
        UrlTemplate.of("https://example.com/v1/{a}").filled({"a": value})


def test_values_that_climb_together_are_refused() -> None:
    """Two dots from two places are two dots."""
    with pytest.raises(ToolFailure, match="invalid arguments"):
        UrlTemplate.of("https://example.com/v1/{a}{b}/x").filled({"a": ".", "b": "."})


def test_query_may_hold_dots_and_nothing() -> None:
    """What would climb in a path is a word like any other in a query."""
    assert (
        UrlTemplate.of("https://example.com/?q={a}&r={b}").filled({"a": "..", "b": ""}).raw_path
        == b"/?q=%2E%2E&r="
    )


@pytest.mark.parametrize(
    ("more", "query"),
    [
        ({}, b"k=1"),
        ({"a": "x y", "n": None}, b"k=1&a=x%20y"),
        ({"a": [1, "b&c"]}, b"k=1&a=1&a=b%26c"),
        ({"a&b": {"c": 1}}, b"k=1&a%26b=%7B%22c%22%3A1%7D"),
    ],
)
def test_more_goes_into_the_query(more: dict[str, Any], query: bytes) -> None:
    """Lists repeat their name, objects are JSON, and null is left out."""
    assert UrlTemplate.of("https://example.com/x?k=1").filled({}, more).query == query


def test_address_that_is_too_long_is_refused() -> None:
    """The model is told to be brief."""
    with pytest.raises(ToolFailure, match="invalid arguments"):
        UrlTemplate.of("https://example.com/{a}").filled({"a": "x" * 70_000})


@given(st.text(), st.text())
def test_no_value_leaves_its_place(path: str, query: str) -> None:
    """Host, number of segments and names in the query are the operator's, whatever the model says."""
    template = UrlTemplate.of("https://example.com/v1/{a}/end?q={b}&last=1")
    try:
        url = template.filled({"a": path, "b": query})
    except ToolFailure:
        return
    asked = httpx.Request("GET", url).url
    assert (asked.scheme, asked.netloc) == ("https", b"example.com")
    head, _, tail = asked.raw_path.partition(b"?")
    assert head.startswith(b"/v1/")
    assert head.endswith(b"/end")
    assert head.count(b"/") == 3
    assert list(httpx.QueryParams(tail)) == ["q", "last"]
    if "\ufffd" not in query and query.isprintable():
        assert httpx.QueryParams(tail)["q"] == query
