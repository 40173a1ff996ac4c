"""Errors speak of a client's event in the words of the upstream's generation: paths are put into the client's.

The longest known prefix of a path wins, and ends at ".", "[" or the end of the path.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.protocol.dialect.tables import PARAMS_TO_GA, PARAMS_TO_PREVIEW

__all__ = ["error_to_ga", "error_to_preview", "param_to_ga", "param_to_preview"]

Pairs = Sequence[tuple[str, str]]

QUOTED = re.compile(r"'((?:session|response)\.[^']*)'")
"""How the service names a path in a message."""
IN_FORMAT = re.compile(r"(_audio_format)\.(?:type|rate)$")
"""Preview's format is a word: it has nothing inside."""


def param_to_preview(path: str) -> str:
    """Return a GA path as preview: `session.audio.output.voice` → `session.voice`."""
    return IN_FORMAT.sub(r"\1", _renamed(path, PARAMS_TO_PREVIEW))


def param_to_ga(path: str) -> str:
    """Return a preview path as GA."""
    return _renamed(path, PARAMS_TO_GA)


def _renamed(path: str, pairs: Pairs) -> str:
    for prefix, other in pairs:
        rest = path.removeprefix(prefix)
        if path.startswith(prefix) and rest[:1] in {"", ".", "["}:
            return other + rest
    return path


def error_to_preview(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return GA's `error` event with the paths of preview in `param` and, where quoted, in `message`."""
    return _with_paths(event, param_to_preview)


def error_to_ga(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return preview's `error` event with the paths of GA."""
    return _with_paths(event, param_to_ga)


def _with_paths(event: Mapping[str, Any], rename: Any) -> dict[str, Any]:
    error = event.get("error")
    if not isinstance(error, dict):
        return dict(event)
    new = dict(error)
    if isinstance(error.get("param"), str):
        new["param"] = rename(error["param"])
    if isinstance(error.get("message"), str):
        new["message"] = QUOTED.sub(lambda found: f"'{rename(found[1])}'", error["message"])
    return {**event, "error": new}
