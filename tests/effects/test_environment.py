"""Secrets that a configuration names, taken from the environment."""

import pytest

from app.effects.environment import headers_from, with_environment

ENVIRON = {"KEY": "canary-secret", "EMPTY": "", "BROKEN": "canary\r\nx: y", "FOREIGN": "canäry"}


def test_variables_are_put_in() -> None:
    """`${NAME}` anywhere in a value; all else stays."""
    assert with_environment({"a": "Bearer ${KEY}", "b": "$KEY {KEY}"}, ENVIRON) == {
        "a": "Bearer canary-secret",
        "b": "$KEY {KEY}",
    }


@pytest.mark.parametrize("name", ["MISSING", "EMPTY"])
def test_missing_variable_is_named(name: str) -> None:
    """One that is empty counts as missing: an empty secret is a mistake."""
    with pytest.raises(ValueError, match=f"The environment variable {name} is not set"):
        headers_from({"api-key": f"${{{name}}}"}, ENVIRON)


def test_headers_hold_their_secrets() -> None:
    """What is a header is taken."""
    assert headers_from({"api-key": "${KEY}", "X-Plain": "yes"}, ENVIRON) == {
        "api-key": "canary-secret",
        "X-Plain": "yes",
    }


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\n", "Host", "content-length", "Accept-Encoding"])
def test_what_is_no_header_of_the_operators_is_refused(name: str) -> None:
    """Neither nonsense, nor what belongs to whoever writes the message."""
    with pytest.raises(ValueError, match="is no header that can be set"):
        headers_from({name: "x"}, ENVIRON)


@pytest.mark.parametrize("name", ["BROKEN", "FOREIGN"])
def test_secret_that_is_no_headers_value_is_not_told(name: str) -> None:
    """The sentence names the header, and not what it would hold."""
    with pytest.raises(ValueError, match="'api-key' would hold characters") as refused:
        headers_from({"api-key": f"${{{name}}}"}, ENVIRON)
    assert "can" not in str(refused.value)
