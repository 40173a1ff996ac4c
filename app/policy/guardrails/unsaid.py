"""Says what the model said, without what was blocked: other words in its place, or none.

Pure functions of one frame: where the texts of content stand in it, and the frame with some of them replaced.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.protocol.frame import Frame

__all__ = ["DELTAS", "Key", "is_text", "keys_of", "replaced", "texts_of"]

Key = tuple[str, int]
"""Names a content part: the item's id and the part's index."""

DELTAS = frozenset(
    {"response.output_audio.delta", "response.output_audio_transcript.delta", "response.output_text.delta"}
)
TEXTS = {"response.output_audio_transcript.done": "transcript", "response.output_text.done": "text"}
"""The events that tell a part's whole text, and where."""

PARTS = frozenset({"response.content_part.added", "response.content_part.done"})
WORDS = ("transcript", "text")

Event = dict[str, Any]


def keys_of(event: Mapping[str, Any]) -> list[Key]:
    """Return the parts that an event tells of."""
    match event:
        case {"item_id": str(item_id), "content_index": int(index)}:
            return [(item_id, index)]
        case _:
            return [
                (item["id"], index)
                for item in _items(event)
                for index, part in enumerate(_content(item))
                if isinstance(part, dict)
            ]


def texts_of(event: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Yield the texts that an event tells whole; empty only where it says that nothing was said."""
    match event:
        case {"type": str(kind), "item_id": str(item_id), "content_index": int(index)} if kind in TEXTS:
            text = event.get(TEXTS[kind])
            yield (item_id, index), text if isinstance(text, str) else ""
        case {"item_id": str(item_id), "content_index": int(index), "part": dict(part)}:
            yield from _worded((item_id, index), part)
        case _:
            for item in _items(event):
                for index, part in enumerate(_content(item)):
                    yield from _worded((item["id"], index), part)


def _worded(key: Key, part: Any) -> Iterator[tuple[Key, str]]:
    words = [part[word] for word in WORDS if part.get(word)] if isinstance(part, dict) else []
    if words:
        yield key, "\n".join(map(str, words))


def _items(event: Mapping[str, Any]) -> Iterator[Event]:
    """Yield the items that an event tells of: its own, or a response's output."""
    response = event.get("response")
    output = response.get("output") if isinstance(response, dict) else None
    for item in [event.get("item"), *(output if isinstance(output, list) else ())]:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            yield item


def _content(item: Mapping[str, Any]) -> list[Any]:
    content = item.get("content")
    return content if isinstance(content, list) else []


def replaced(frame: Frame, words: Mapping[Key, str]) -> Frame | None:
    """Return the frame with these words in place of what the parts hold; None for a delta of such a part."""
    event = frame.event
    match event:
        case {"type": str(kind), "item_id": str(item_id), "content_index": int(index)}:
            said = words.get((item_id, index))
            return frame if said is None else _part_event(kind, frame, said)
        case _ if not any(key in words for key in keys_of(event)):
            return frame
        case {"item": dict(item)}:
            return Frame.of({**event, "item": _item(item, words)})
        case _:
            response = event["response"]
            items = [_item(each, words) if isinstance(each, dict) else each for each in response["output"]]
            return Frame.of({**event, "response": _completed({**response, "output": items}, words)})


def _part_event(kind: str, frame: Frame, said: str) -> Frame | None:
    event = frame.event
    if kind in DELTAS:
        return None
    if kind in TEXTS:
        return Frame.of({**event, TEXTS[kind]: said})
    if "part" not in event:
        return frame
    return Frame.of({**event, "part": _part(event["part"], "" if kind.endswith(".added") else said)})


def _part(part: Any, said: str) -> Event:
    """Return a part of the same kind that holds nothing but these words."""
    kind = part.get("type") if isinstance(part, dict) else "audio"
    return {"type": kind, "text" if is_text(part) else "transcript": said}


def is_text(part: Any) -> bool:
    """Tell whether a part is written and not spoken, as an event or as an item tells it."""
    return isinstance(part, dict) and part.get("type") in ("text", "output_text")


def _item(item: Event, words: Mapping[Key, str]) -> Event:
    keys = [(str(item.get("id")), index) for index in range(len(_content(item)))]
    said = {key[1]: words[key] for key in keys if key in words}
    if not said:
        return item
    content = [_part(part, said[index]) if index in said else part for index, part in enumerate(item["content"])]
    whole = any(said.values()) and item.get("status") == "incomplete"
    return {**item, "content": content, **({"status": "completed"} if whole else {})}


def _completed(response: Event, words: Mapping[Key, str]) -> Event:
    """Return the response as completed, where it was cut because something stands in place of what it said."""
    instead = any(words.get(key) for key in keys_of({"response": response}))
    if not instead or response.get("status") != "cancelled":
        return response
    return {**response, "status": "completed", "status_details": None}
