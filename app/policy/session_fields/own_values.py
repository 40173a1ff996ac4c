"""Remembers what a client itself has set in fields whose server's value is hidden.

What the upstream reports there is shown only if it is the client's own: an update may be refused, and then the
server's value still holds. A value is known again by its digest, so that nothing is kept twice. The server's own
is never taken for the client's: else a guess could be tried against what the service reports.
"""

import hashlib
from typing import Any

import msgspec

__all__ = ["OwnValues"]

_encoder = msgspec.json.Encoder(order="deterministic")

NESTED = b""
"""Stands for what is nested too deep for any service, and is never the client's own."""
NOBODYS = frozenset({NESTED})
MOST = 1024
"""Values that are remembered; of more, the oldest is forgotten."""


class OwnValues:
    """The values of one session's client."""

    def __init__(self) -> None:
        self._own: dict[bytes, None] = {}
        self._servers = NOBODYS

    def reserve(self, field: str, value: Any) -> None:
        """Note a value as the server's."""
        self._servers = self._servers.union(_digests(field, value))

    def note(self, field: str, value: Any) -> None:
        """Remember a value; each of a list of tools by itself."""
        for digest in _digests(field, value):
            if digest not in self._servers:
                self._own[digest] = None
        while len(self._own) > MOST:
            del self._own[next(iter(self._own))]

    def holds(self, field: str, value: Any) -> bool:
        """Tell whether a reported value, or an entry of a list, is the client's own."""
        return _digest(field, value) in self._own


def _digests(field: str, value: Any) -> list[bytes]:
    return [_digest(field, each) for each in value] if isinstance(value, list) else [_digest(field, value)]


def _digest(field: str, value: Any) -> bytes:
    """Return the same for what a service makes of a value: it fills in a type, and null for what was not given."""
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if each is not None and key != "type"}
    try:
        text = _encoder.encode([field, value])
    except RecursionError:
        return NESTED
    return hashlib.sha256(text).digest()
