"""Tells a client's generation by the shape of what it sends, whatever its handshake said.

The Azure clients of the official SDKs open the preview's path and then speak GA, so that the first event that has
a shape of its own decides. Audio before it tells nothing.
"""

from collections.abc import Mapping
from typing import Any

from app.protocol.catalogue import GenerationName
from app.protocol.dialect.passage import OMIT
from app.protocol.dialect.shape import fetch
from app.protocol.dialect.tables import MARKERS

__all__ = ["generation_of"]

TELLING = frozenset({"session.update", "response.create"})


def generation_of(event: Mapping[str, Any]) -> GenerationName | None:
    """Return the generation that a client event is written in, or None where it reads the same in both."""
    if event.get("type") == "transcription_session.update":
        return "preview"
    if event.get("type") not in TELLING:
        return None
    if _has(event, "ga"):
        return "ga"
    return "preview" if _has(event, "preview") else None


def _has(event: Mapping[str, Any], generation: GenerationName) -> bool:
    return any(fetch(event, tuple(path.split("."))) is not OMIT for path in MARKERS[generation])
