"""A response of the model's, event by event, for the tests of guardrails."""

from typing import Any

from tests.policy.guardrails.conversing import Event, item, own


class Response:
    """The events of one response of the model's, with one message in it."""

    def __init__(self, number: int = 1, *, text: bool = False) -> None:
        self.id, self.item_id = f"resp_{number}", f"item_{number}"
        self.kind, self.word = ("text", "text") if text else ("audio", "transcript")
        self.stem = "response.output_text" if text else "response.output_audio_transcript"
        self.of = {"response_id": self.id, "output_index": 0}
        self.at = {**self.of, "item_id": self.item_id, "content_index": 0}

    def created(self) -> Event:
        return {"type": "response.created", "response": {"id": self.id, "status": "in_progress", "output": []}}

    def begun(self) -> list[Event]:
        """Return what comes before any content."""
        new = item(self.item_id, "in_progress")
        return [
            self.created(),
            {"type": "response.output_item.added", **self.of, "item": new},
            {"type": "conversation.item.added", "previous_item_id": None, "item": new},
        ]

    def part_added(self) -> Event:
        return {"type": "response.content_part.added", **self.at, "part": {"type": self.kind, self.word: ""}}

    def delta(self, text: str) -> Event:
        return {"type": f"{self.stem}.delta", **self.at, "delta": text}

    def audio(self, data: str) -> Event:
        return {"type": "response.output_audio.delta", **self.at, "delta": data}

    def audio_done(self) -> Event:
        return {"type": "response.output_audio.done", **self.at}

    def told(self, text: str) -> Event:
        """Return the event that tells the whole text."""
        return {"type": f"{self.stem}.done", **self.at, self.word: text}

    def part_done(self, text: str) -> Event:
        return {"type": "response.content_part.done", **self.at, "part": {"type": self.kind, self.word: text}}

    def item(self, text: str, status: str = "completed") -> Event:
        return item(self.item_id, status, {"type": f"output_{self.kind}", self.word: text})

    def item_done(self, text: str, status: str = "completed") -> Event:
        return {"type": "conversation.item.done", "previous_item_id": None, "item": self.item(text, status)}

    def output_done(self, text: str, status: str = "completed") -> Event:
        return {"type": "response.output_item.done", **self.of, "item": self.item(text, status)}

    def done(self, text: str, status: str = "completed", **more: Any) -> Event:
        output = [self.item(text, "completed" if status == "completed" else "incomplete")]
        return {"type": "response.done", "response": {"id": self.id, "status": status, "output": output, **more}}

    def ends(self, text: str, status: str = "completed") -> list[Event]:
        """Return what comes behind the whole text."""
        whole = "completed" if status == "completed" else "incomplete"
        return [
            self.part_done(text),
            self.item_done(text, whole),
            self.output_done(text, whole),
            self.done(text, status),
        ]

    def content(self, text: str) -> list[Event]:
        """Return the content, up to its whole text."""
        spoken = [self.delta(text), self.audio("AAAA"), self.audio("BBBB"), self.audio_done(), self.told(text)]
        return [self.part_added(), *(spoken if self.kind == "audio" else [self.delta(text), self.told(text)])]

    def cancelling(self) -> tuple[str, Event]:
        """Return the relay's order to stop it."""
        return "to upstream", own("response.cancel", response_id=self.id)
