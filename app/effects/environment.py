"""Secrets that a configuration names as `${NAME}`: taken from the environment when a toolbox opens.

A sentence about them tells the name of the variable or of the header, and never what it holds.
"""

import re
from collections.abc import Mapping

__all__ = ["headers_from", "with_environment"]

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name (RFC 9110, section 5.1)."""
PRINTABLE = re.compile(r"[\x20-\x7e]*")
OWN = frozenset({"accept-encoding", "connection", "content-length", "host", "transfer-encoding"})
"""Headers that belong to whoever writes the message on the wire."""


def with_environment(texts: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Put in each `${NAME}` what the environment has for it. Raises `ValueError` where it has nothing."""

    def value(found: re.Match[str]) -> str:
        if not environ.get(found[1]):
            raise ValueError(f"The environment variable {found[1]} is not set.")
        return environ[found[1]]

    return {key: VARIABLE.sub(value, text) for key, text in texts.items()}


def headers_from(texts: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return headers with their secrets in them. Raises `ValueError` for what can't be one."""
    headers = with_environment(texts, environ)
    for name, value in headers.items():
        if not NAME.fullmatch(name) or name.lower() in OWN:
            raise ValueError(f"'{name}' is no header that can be set.")
        if not PRINTABLE.fullmatch(value):
            raise ValueError(f"The header '{name}' would hold characters that HTTP does not take.")
    return headers
