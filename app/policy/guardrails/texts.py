"""What stands in a client's event for the model to read: the text that is judged, and speech that cannot be."""

from collections.abc import Container, Iterator, Mapping
from typing import Any

__all__ = ["holds_audio", "text_of"]

UNREAD = frozenset(
    {
        "approval_request_id",
        "audio",
        "call_id",
        "detail",
        "id",
        "image_url",
        "language",
        "model",
        "object",
        "role",
        "status",
        "type",
    }
)
"""Keys of items and of a session's parts whose values are no words: names of things, sounds and pictures."""

INPUTS = ("input", "input_items", "append_input_items")
"""Keys of a response's own input: GA's, and those of preview's draft, which a preview upstream may know."""

Event = Mapping[str, Any]


def text_of(event: Event) -> str:
    """Return all text that a client's event gives the model, a line for each piece."""
    return "\n".join(each for each in _texts(event) if each.strip())


def holds_audio(event: Event) -> bool:
    """Tell whether an event brings audio within an item, which nobody transcribes."""
    return any(
        "audio" in part or part.get("type") == "input_audio" for item in _items(event) for part in _parts(item)
    )


def _texts(event: Event) -> Iterator[str]:
    for holder in (event.get("session"), event.get("response")):
        if isinstance(holder, dict):
            told = [holder.get(key) for key in ("instructions", "prompt", "tools")]
            yield from _words([*told, _transcription(holder)], frozenset())
    for item in _items(event):
        yield from _words(item, UNREAD)


def _transcription(session: Event) -> Any:
    """Return what the model that writes down is told, beside what it is."""
    match session:
        case {"audio": {"input": {"transcription": {**told}}}}:
            return {key: value for key, value in told.items() if key not in UNREAD}
        case _:
            return None


def _items(event: Event) -> Iterator[Event]:
    response = event.get("response")
    lists = [response.get(key) for key in INPUTS] if isinstance(response, dict) else []
    given = [item for each in lists if isinstance(each, list) for item in each]
    yield from (item for item in (event.get("item"), *given) if isinstance(item, dict))


def _parts(item: Event) -> Iterator[Event]:
    """Yield the parts of an item; a tool's output may have parts, too."""
    for key in ("content", "output"):
        parts = item.get(key)
        yield from (part for part in (parts if isinstance(parts, list) else ()) if isinstance(part, dict))


def _words(value: Any, unread: Container[str]) -> Iterator[str]:
    """Yield all strings in a value but those under some keys."""
    match value:
        case str():
            yield value
        case dict():
            for key, each in value.items():
                if key not in unread:
                    yield from _words(each, unread)
        case list():
            for each in value:
                yield from _words(each, unread)
