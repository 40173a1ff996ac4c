"""The two generations of the Realtime API, translated: inside the relay is GA, whoever speaks outside.

The table of `translation.json` says what stands for what; code stands where structure changes. Objects live as
long as a session and remember what the other side cannot tell. Events are dicts with a `type`, never changed in
place.
"""

from app.protocol.dialect.detection import generation_of
from app.protocol.dialect.passage import Fallbacks
from app.protocol.dialect.preview_client import PreviewClient
from app.protocol.dialect.preview_upstream import PreviewUpstream
from app.protocol.dialect.tables import RENAMED_TO_GA, RENAMED_TO_PREVIEW

__all__ = [
    "RENAMED_TO_GA",
    "RENAMED_TO_PREVIEW",
    "Fallbacks",
    "PreviewClient",
    "PreviewUpstream",
    "generation_of",
]
