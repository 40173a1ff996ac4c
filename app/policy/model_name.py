"""The client's model is a name: what stands behind it is the operator's, and neither learns of the other.

Upwards a `session.model` is taken out (the relay has pinned the deployment in the URL), and the model of a
transcription session becomes the target's deployment. Downwards `session.model` shows the name asked for.
"""

from typing import Any

from app.policy.chain import Filter, Outbox
from app.protocol.frame import Frame

__all__ = ["ModelName"]

UPDATE = "session.update"
REPORTS = frozenset({"session.created", "session.updated"})


class ModelName(Filter):
    """Keeps the client's name and the target's deployment apart.

    `shown` is the name that the client asked for, or is to see, if any; `deployment` is given for transcription
    sessions only, since their model is chosen in the session and not in the URL.
    """

    client_types = (UPDATE,)
    upstream_types = REPORTS

    def __init__(self, shown: str | None, deployment: str | None) -> None:
        self._shown = shown
        self._deployment = deployment

    def from_client(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - names know no time
        """Forward no model name of the client's."""
        out.to_upstream(self.forwarded(frame))

    def forwarded(self, frame: Frame) -> Frame:
        """Return what the upstream may see of a client's frame."""
        return self._renamed(frame, self._upwards) if frame.type == UPDATE else frame

    def from_upstream(self, frame: Frame, now: float, out: Outbox) -> None:  # noqa: ARG002 - names know no time
        """Show the client the name that it asked for."""
        out.to_client(self._renamed(frame, self._downwards) if frame.type in REPORTS else frame)

    def _renamed(self, frame: Frame, rename: Any) -> Frame:
        session = frame.event.get("session")
        if not isinstance(session, dict):
            return frame
        renamed = rename(session)
        return frame if renamed == session else Frame.of({**frame.event, "session": renamed})

    def _upwards(self, session: dict[str, Any]) -> dict[str, Any]:
        without = {key: value for key, value in session.items() if key != "model"}
        return without if self._deployment is None else _with_transcription(without, self._deployment)

    def _downwards(self, session: dict[str, Any]) -> dict[str, Any]:
        if self._shown is None:
            return session
        named = {**session, "model": self._shown} if "model" in session else session
        return named if self._deployment is None else _with_transcription(named, self._shown)


def _with_transcription(session: dict[str, Any], model: str) -> dict[str, Any]:
    """Put `model` where a transcription session names one, and only there."""
    match session:
        case {"audio": {"input": {"transcription": {"model": str()} as inner} as heard} as audio}:
            renamed = {**heard, "transcription": {**inner, "model": model}}
            return {**session, "audio": {**audio, "input": renamed}}
        case _:
            return session
