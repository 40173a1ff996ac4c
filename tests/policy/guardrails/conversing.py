"""What the tests of guardrails share: the filter, a judge that nobody runs, and the events of a conversation."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.policy.actions import Effect
from app.policy.chain import Filter
from app.policy.guardrails import GuardrailRules, Guardrails, Judgement, Verdict
from app.policy.teller import Teller

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

Event = dict[str, Any]

ALLOWED, BLOCKED = Verdict(allowed=True), Verdict(allowed=False)
NO = "I can't help with that."
CREATE: Event = {"type": "response.create"}
COMMIT: Event = {"type": "input_audio_buffer.commit"}


class OneId(Teller):
    """Gives every event of the relay's own the same id: that they differ is tested elsewhere."""

    def new_event_id(self) -> str:
        """Return it."""
        return "event_relay"


@dataclass(frozen=True, slots=True)
class Task:
    """An effect that nobody runs here."""

    id: str

    async def run(self) -> object:
        """Fail: a filter only asks for effects."""
        raise AssertionError


class Judge:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def __call__(self, judgement: Judgement) -> Effect:
        self.asked.append((judgement.kind, judgement.text))
        return Task(judgement.id)


def guard(
    judge: Judge | None = None, *, recorded: bytes | None = None, auto: bool = True, **rules: Any
) -> Guardrails:
    """Return the filter with these rules; `auto`: speech is answered without asking."""
    told = GuardrailRules(**rules)
    return Guardrails(told, judge or Judge(), OneId("s"), recorded, lambda: auto)


def own(kind: str, **fields: Any) -> Event:
    """Return an event of the relay's own."""
    return {"type": kind, "event_id": "event_relay", **fields}


def deleted(item_id: str) -> tuple[str, Event]:
    """Return the relay's order to delete an item."""
    return "to upstream", own("conversation.item.delete", item_id=item_id)


AUTOMATIC = ("to upstream", own("response.create"))


def refusal(event_id: str | None = None) -> tuple[str, Event]:
    """Return what a client hears of an event that is blocked."""
    message = (
        "This event was blocked by a guardrail and has not reached the model."
        " Change its text and send it again, or go on without it."
    )
    error = {
        "type": "invalid_request_error",
        "code": "blocked_by_guardrail",
        "message": message,
        "param": None,
        "event_id": event_id,
    }
    return "to client", own("error", error=error)


def hears(script: "Playbook", events: Iterable[Event]) -> "Playbook":
    """Tell that the client hears these events, in order."""
    for each in events:
        script << ("to client", each)
    return script


def through(script: "Playbook", *events: Event) -> "Playbook":
    """Tell that these events of the upstream's pass as they come."""
    for each in events:
        script >> ("upstream", each) << ("to client", each)
    return script


def swallowed(script: "Playbook", *events: Event) -> "Playbook":
    """Tell that nothing comes of these events of the upstream's, for now."""
    for each in events:
        script >> ("upstream", each)
    return script


def item(item_id: str, status: str, *content: Event, role: str = "assistant") -> Event:
    """Return an item."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": status,
        "role": role,
        "content": list(content),
    }


NOTHING = {
    "total_tokens": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "input_token_details": {"text_tokens": 0, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 0, "audio_tokens": 0},
}


def answer(
    number: int = 1, *, after: str | None = None, audio: Sequence[str] = (), text: bool = False
) -> list[Event]:
    """Return the events of the relay's own answer; `audio` is what its audio deltas hold, in base64."""
    kind, word = ("text", "text") if text else ("audio", "transcript")
    response_id, item_id = f"resp_relay_{number}", f"item_relay_{number}"
    begun = item(item_id, "in_progress")
    whole = item(item_id, "completed", {"type": f"output_{kind}", word: NO})
    of = {"response_id": response_id, "output_index": 0}
    at = {**of, "item_id": item_id, "content_index": 0}
    response = {
        "object": "realtime.response",
        "id": response_id,
        "status_details": None,
        "conversation_id": None,
        "metadata": None,
        "output_modalities": [kind],
        "max_output_tokens": "inf",
    }
    spoken = [
        own("response.output_audio_transcript.delta", **at, delta=NO),
        *(own("response.output_audio.delta", **at, delta=piece) for piece in audio),
        own("response.output_audio.done", **at),
        own("response.output_audio_transcript.done", **at, transcript=NO),
    ]
    written = [own("response.output_text.delta", **at, delta=NO), own("response.output_text.done", **at, text=NO)]
    return [
        own("response.created", response={**response, "status": "in_progress", "output": [], "usage": None}),
        own("response.output_item.added", **of, item=begun),
        own("conversation.item.added", previous_item_id=after, item=begun),
        own("response.content_part.added", **at, part={"type": kind, word: ""}),
        *(written if text else spoken),
        own("response.content_part.done", **at, part={"type": kind, word: NO}),
        own("conversation.item.done", previous_item_id=after, item=whole),
        own("response.output_item.done", **of, item=whole),
        own("response.done", response={**response, "status": "completed", "output": [whole], "usage": NOTHING}),
    ]


def buffer(kind: str, item_id: str = "user_1") -> Event:
    """Return an event of the input audio buffer: `speech_started`, `committed`."""
    return {"type": f"input_audio_buffer.{kind}", "item_id": item_id}


def transcribed(kind: str, text: str, item_id: str = "user_1") -> Event:
    """Return an event of a transcription: `delta` or `completed`."""
    word = {"delta": "delta", "completed": "transcript", "segment": "text"}[kind]
    about = {"item_id": item_id, "content_index": 0}
    return {"type": f"conversation.item.input_audio_transcription.{kind}", **about, word: text}


def heard_item(kind: str, transcript: str | None = None, item_id: str = "user_1") -> Event:
    """Return an item of the user's speech as an event tells it."""
    part = {"type": "input_audio", "transcript": transcript}
    return {"type": f"conversation.item.{kind}", "item": item(item_id, "completed", part, role="user")}


def written(text: str, **fields: Any) -> Event:
    """Return a client's event that adds a text of the user's."""
    part = {"type": "input_text", "text": text}
    return {
        "type": "conversation.item.create",
        **fields,
        "item": {"type": "message", "role": "user", "content": [part]},
    }
