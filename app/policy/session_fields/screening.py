"""What has to hold in a session whose user's speech is judged before it is answered.

The service must not answer a turn by itself, and it must write down what was said, whatever the client asks. The
client sees the session that it asked for, and `auto_answer` tells whether it expects an answer to each turn.
"""

from collections.abc import Mapping
from typing import Any

from app.policy.session_fields.fields import FIELDS, replaced
from app.protocol.dialect.shape import fetch

__all__ = ["Screening"]

SERVER_VAD = {"type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 200}
"""What the service begins with, as both generations report it on the wire (Azure's reference says 200 ms too).

It is sent whole: whether an update of some keys leaves the others as they are is not documented.
"""
TRANSCRIPTION_MODEL = "whisper-1"
"""The model that every service has."""

DETECTION, TRANSCRIPTION = "turn_detection", "transcription"


class Screening:
    """Changes updates on their way to the upstream, and reports on their way back. `values` are by field.

    `responds`: the service answers at all; a transcription session only writes down.
    """

    def __init__(self, *, responds: bool = True) -> None:
        self._responds = responds
        self._detects = True
        self._answers = True
        self._transcribes = False
        self._model = TRANSCRIPTION_MODEL

    @property
    def auto_answer(self) -> bool:
        """Whether the client expects an answer to each turn, without asking for it."""
        return self._responds and self._detects and self._answers

    def begun(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the first update: what it does not name is the service's, and has to hold too."""
        usual = {TRANSCRIPTION: None, DETECTION: SERVER_VAD} if self._responds else {TRANSCRIPTION: None}
        return self.asked({**usual, **values})

    def asked(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values of an update, changed where they are named; what cannot be read is left out."""
        out = dict(values)
        if DETECTION in out and self._responds:
            out |= self._unanswered(out.pop(DETECTION))
        if TRANSCRIPTION in out:
            out |= self._written_down(out.pop(TRANSCRIPTION))
        return out

    def _unanswered(self, detection: Any) -> dict[str, Any]:
        match detection:
            case None:
                self._detects = False
                return {DETECTION: None}
            case dict():
                self._detects, self._answers = True, detection.get("create_response") is not False
                return {DETECTION: {**detection, "create_response": False}}
            case _:
                return {}

    def _written_down(self, transcription: Any) -> dict[str, Any]:
        match transcription:
            case None:
                self._transcribes = False
                return {TRANSCRIPTION: {"model": self._model}}
            case dict():
                self._transcribes = True
                if isinstance(transcription.get("model"), str):
                    self._model = transcription["model"]
                return {TRANSCRIPTION: {**transcription, "model": self._model}}
            case _:
                return {}

    def reported(self, session: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the service's session as the client asked for it."""
        at = FIELDS[DETECTION].path
        detection = fetch(session, at)
        if detection is None or isinstance(detection, dict):
            self._detects = detection is not None
        if self._responds and isinstance(detection, dict) and detection.get("create_response") is False:
            session = replaced(session, at, {**detection, "create_response": self._answers})
        at = FIELDS[TRANSCRIPTION].path
        return session if self._transcribes or not fetch(session, at, None) else replaced(session, at, None)
