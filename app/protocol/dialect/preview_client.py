"""A client that speaks preview, on a relay whose inside is GA."""

from collections import Counter
from typing import Any

from app.protocol.dialect.client_state import ClientState
from app.protocol.dialect.from_preview import FromPreview
from app.protocol.dialect.passage import Fallbacks, Once, Warn, ignore
from app.protocol.dialect.to_preview import ToPreview

__all__ = ["PreviewClient"]

Event = dict[str, Any]


class PreviewClient:
    """Translates one session's events for a preview client. Both ways share what either learned.

    `api_version` is the date that the client named: where the clients of a version know a fixed set of events,
    they get no others. `transcription`: the socket was opened with `intent=transcription`. `warn` is called once a
    session for each thing that is lost, with words that hold no content. `transcription_model` completes an empty
    `input_audio_transcription`. `keep`: the upstream speaks preview too, so what GA lacks stays where it stands,
    and nothing is refused for want of a translation.
    """

    def __init__(
        self,
        *,
        api_version: str | None = None,
        transcription: bool = False,
        warn: Warn = ignore,
        transcription_model: str | None = None,
        keep: bool = False,
    ) -> None:
        state = ClientState(transcription, keep)
        self._from = FromPreview(state, Once(warn), Fallbacks(transcription_model=transcription_model))
        self._to = ToPreview(state, api_version)

    @property
    def swallowed(self) -> Counter[str]:
        """How often a server event was not sent to the client, by GA's type."""
        return self._to.swallowed

    def read(self, event: Event) -> list[Event]:
        """Return the GA client events that stand for a preview one, in order.

        Raises `Refused` in the client's words, with its `event_id`: `unknown_parameter` for a key that its
        protocol lacks, `invalid_value` for a value that has no translation.
        """
        return self._from.read(event)

    def write(self, event: Event) -> list[Event]:
        """Return the preview server events that stand for a GA one: one or none. Never raises."""
        return self._to.write(event)
