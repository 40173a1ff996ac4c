"""What stands in a client's event for the model to read: the text that is judged, and speech that cannot be."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["holds_audio", "text_of"]

READ = ("output", "arguments", "reason")
"""Keys of an item that the model reads: a tool's output, a call's arguments, the reason of an approval."""

SAID = ("text", "transcript")
"""Keys of a content part that the model reads."""

INPUTS = ("input", "input_items", "append_input_items")
"""Keys of a response's own input: GA's, and those of preview's draft, which a preview upstream may know."""

Event = Mapping[str, Any]


def text_of(event: Event) -> str:
    """Return all text that a client's event gives the model, a line for each piece."""
    return "\n".join(each for each in _texts(event) if each.strip())


def holds_audio(event: Event) -> bool:
    """Tell whether an event brings audio within an item, which nobody transcribes."""
    return any(part.get("type") == "input_audio" for item in _items(event) for part in _parts(item))


def _texts(event: Event) -> Iterator[str]:
    for holder in (event.get("session"), event.get("response")):
        if isinstance(holder, dict):
            yield from _strings(holder, ("instructions",))
            yield from _all_strings([holder.get("prompt"), holder.get("tools")])
    for item in _items(event):
        yield from _strings(item, READ)
        for part in _parts(item):
            yield from _strings(part, SAID)


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


def _all_strings(value: Any) -> Iterator[str]:
    """Yield all that is written in prompt variables, or in the tools that a client offers."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _all_strings(each)
        case list():
            for each in value:
                yield from _all_strings(each)


def _strings(holder: Event, keys: tuple[str, ...]) -> Iterator[str]:
    yield from (holder[key] for key in keys if isinstance(holder.get(key), str))
