"""The languages of one session: what the client speaks, what the upstream speaks, and GA between them.

Each frame is translated once, at the edge that it comes in by or goes out by. Where an edge speaks GA it costs
nothing; where both speak preview, what nobody changed leaves as it came. A client whose handshake does not say
what it speaks is known by its first `session.update` or `response.create` that has a shape of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.protocol.catalogue import GenerationName
from app.protocol.dialect import RENAMED_TO_GA, RENAMED_TO_PREVIEW, PreviewClient, PreviewUpstream, generation_of
from app.protocol.frame import APPEND, Frame

__all__ = ["OURS", "Spoken", "Translation"]

TELLING = frozenset({"session.update", "response.create", "transcription_session.update"})
OURS = ("relay.", "extension.")
"""How the types of the relay's own events begin, for clients that know them: the same in both generations."""

SESSION = frozenset({"session.created", "session.updated"})


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the handshakes told.

    `decided` is false where the client's generation is a guess by its path. The versions are dates, of preview.
    """

    client: GenerationName = "ga"
    upstream: GenerationName = "ga"
    decided: bool = True
    client_version: str | None = None
    upstream_version: str | None = None
    transcription: bool = False


class Translation:
    """Translates the frames of one session. `lost` collects, in words, what could not be said; each thing once.

    `plain` tells that both sides speak GA and nothing can change that: then there is nothing to ask.
    """

    def __init__(self, spoken: Spoken) -> None:
        self._spoken = spoken
        self._decided = spoken.decided
        self._reported: Frame | None = None
        self.lost: list[str] = []
        self.client: GenerationName = spoken.client
        self.plain = False
        self._speak(spoken.client)

    @property
    def swallowed(self) -> int:
        """How many events of the upstream's a preview client was not sent."""
        return 0 if self._client is None else self._client.swallowed.total()

    def from_client(self, frame: Frame) -> list[Frame]:
        """Return what the client said, in GA. Raises `Refused` in the client's own words."""
        if not self._decided and frame.type in TELLING:
            self._decide(generation_of(frame.event))
        if self._client is None or frame.type == APPEND or frame.type.startswith(OURS):
            return [frame]
        return [Frame.of(event) for event in self._client.read(frame.event)]

    def to_upstream(self, frame: Frame) -> list[Frame]:
        """Return what the upstream is to be told. Raises `Refused` for what it cannot do."""
        if self._upstream is None or frame.type == APPEND:
            return [frame]
        return _written(frame, {}, self._upstream.write)

    def from_upstream(self, frame: Frame) -> list[Frame]:
        """Return what the upstream said, in GA."""
        frames = [frame] if self._upstream is None else _read(frame, RENAMED_TO_GA, self._upstream.read)
        if not self._decided and frames and frames[0].type in SESSION:
            self._reported = frame
        return frames

    def to_client(self, frame: Frame) -> list[Frame]:
        """Return what the client is to be told: nothing, where its generation has no word for it."""
        if self._client is None or frame.type.startswith(OURS):
            return [frame]
        return _written(frame, RENAMED_TO_PREVIEW, self._client.write)

    def _decide(self, generation: GenerationName | None) -> None:
        if generation is None:
            return
        self._decided = True
        if generation != self.client:
            self._speak(generation)
        self._reported = None
        self.plain = self._client is None and self._upstream is None

    def _speak(self, client: GenerationName) -> None:
        """Take the client for a speaker of this generation from here on."""
        self.client = client
        spoken, both = self._spoken, client == self._spoken.upstream == "preview"
        self._client = (
            None
            if client == "ga"
            else PreviewClient(
                api_version=spoken.client_version,
                transcription=spoken.transcription,
                warn=self.lost.append,
                keep=both,
            )
        )
        self._upstream = (
            None
            if spoken.upstream == "ga"
            else PreviewUpstream(
                transcription=spoken.transcription,
                warn=self.lost.append,
                keep=both,
                api_version=spoken.upstream_version,
            )
        )
        self.plain = self._decided and self._client is None and self._upstream is None
        if self._reported is not None:  # what a translator learns from the session that it has not seen
            for each in self.from_upstream(self._reported):
                self.to_client(each)


def _read(
    frame: Frame,
    renamed: Mapping[str, str],
    read: Callable[[dict[str, Any]], list[dict[str, Any]]],
) -> list[Frame]:
    """Bring an upstream's frame into GA; of what it becomes the one that says the same remembers how it came.

    That is the one of the same type, which others may precede, else the first.
    """
    if frame.type in renamed:
        return [frame.renamed(renamed[frame.type])]
    frames = [Frame.of(event) for event in read(frame.event)]
    same = [each for each in frames if each.type == frame.type] or frames
    for each in same[:1]:
        each.origin = frame
    return frames


def _written(
    frame: Frame,
    renamed: Mapping[str, str],
    write: Callable[[dict[str, Any]], list[dict[str, Any]]],
) -> list[Frame]:
    """Bring a frame out of GA; one that came in the same words, and was not changed, leaves in them."""
    if frame.origin is not None:
        return [frame.origin]
    if frame.type in renamed:
        return [frame.renamed(renamed[frame.type])]
    return [Frame.of(event) for event in write(frame.event)]
