"""Items and their content parts: an assistant's parts have other names, GA's images and MCP items have no equal.

Only `item.content[].type` differs; the `part` of `response.content_part.*` is `text` or `audio` in both
generations (seen on the wire).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.protocol.catalogue import GA, PREVIEW
from app.protocol.dialect.passage import Passage, invalid
from app.protocol.dialect.shape import Conversion, Shape
from app.protocol.dialect.tables import CONVERSIONS, TABLES

__all__ = ["ITEMS", "is_foreign", "item_to_ga", "item_to_preview"]

Fields = Iterable[Mapping[str, Any]]

ITEM = Shape(TABLES["item"], {})

PARTS_TO_GA: Mapping[str, str] = CONVERSIONS["content_parts"]["assistant"]
PARTS_TO_PREVIEW: Mapping[str, str] = {ga: preview for preview, ga in PARTS_TO_GA.items()}
PREVIEW_PART_KEYS = frozenset(CONVERSIONS["content_parts"]["preview_only_keys"])
IMAGES: Sequence[str] = CONVERSIONS["content_parts"]["ga_only"]
REFERENCE = "item_reference"


def _names(fields: Fields) -> frozenset[str]:
    return frozenset(field["name"] for field in fields)


def _enum(fields: Fields, name: str) -> list[Any]:
    return next((list(field.get("enum", ())) for field in fields if field["name"] == name), [])


def _field(fields: Fields, name: str) -> Mapping[str, Any]:
    return next(field for field in fields if field["name"] == name)


def _ga_types() -> Iterable[Fields]:
    item = _field(GA.client["conversation.item.create"]["fields"], "item")
    return (GA.types[each["ref"]] for each in item["any_of"])


ITEM_TYPES = _enum(PREVIEW.types["ConversationItemWithReference"], "type")
ITEM_KEYS: Mapping[tuple[str, str | None], frozenset[str]] = {
    (kind, role): _names(fields)
    for fields in _ga_types()
    for kind in _enum(fields, "type")
    for role in _enum(fields, "role") or [None]
} | {(REFERENCE, None): _names(GA.types["ResponseItemReference"])}
"""What GA knows of an item, by its type, and a message's by its role too."""

PART_FIELDS: Mapping[str, Fields] = {
    role: GA.types[_field(fields, "content")["items"]["ref"]]
    for fields in _ga_types()
    for role in _enum(fields, "role")
}
PART_KEYS: Mapping[str, frozenset[str]] = {role: _names(fields) for role, fields in PART_FIELDS.items()}
PREVIEW_KEYS = _names(PREVIEW.types["ConversationItemContent"])
PREVIEW_PART_TYPES = [
    kind for kind in _enum(PREVIEW.types["ConversationItemContent"], "type") if kind != REFERENCE
]
PART_TYPES = PREVIEW_PART_TYPES + [kind for fields in PART_FIELDS.values() for kind in _enum(fields, "type")]
"""A preview client may use GA's names too."""


def is_foreign(item: Any) -> bool:
    """Whether a GA item is of a kind that preview does not have (MCP)."""
    return isinstance(item, dict) and str(item.get("type")).startswith("mcp_")


def item_to_ga(item: Any, passage: Passage) -> Any:
    """Return a preview item as GA.

    A client's item keeps only the keys that GA knows of its kind, since GA refuses the rest and preview ignored
    it.
    """
    if not isinstance(item, dict):
        return passage.tolerated(item)
    if passage.strict and item.get("type", REFERENCE) not in ITEM_TYPES:
        raise invalid(f"{passage.path}.type", ITEM_TYPES)
    out = ITEM.to_ga(item, passage)
    if isinstance(out.get("content"), list):
        out["content"] = _content_to_ga(out, passage)
    known = ITEM_KEYS.get(_kind(out)) if passage.strict else None
    return out if known is None else {key: value for key, value in out.items() if key in known}


def _kind(item: Mapping[str, Any]) -> tuple[str, str | None]:
    kind, role = item.get("type"), item.get("role")
    return str(kind), str(role) if kind == "message" else None


def _content_to_ga(item: Mapping[str, Any], passage: Passage) -> list[Any]:
    role = _role(item, PARTS_TO_GA)
    return [_part_to_ga(part, role, passage.at(f"content[{index}]")) for index, part in enumerate(item["content"])]


def _role(item: Mapping[str, Any], assistants: Mapping[str, str]) -> str:
    """Tell whose message it is; where it does not say, by its parts."""
    kinds = [part.get("type") for part in item["content"] if isinstance(part, dict)]
    guess = "assistant" if any(kind in assistants for kind in kinds if isinstance(kind, str)) else "user"
    role = item.get("role", guess)
    return role if isinstance(role, str) else guess


def _part_to_ga(part: Any, role: str, passage: Passage) -> Any:
    if not isinstance(part, dict):
        return passage.tolerated(part)
    kind = part.get("type")
    if passage.strict and "type" in part and kind not in PART_TYPES:
        raise invalid(f"{passage.path}.type", PREVIEW_PART_TYPES)
    out = _renamed(part, PARTS_TO_GA) if role == "assistant" else part
    if passage.strict:
        foreign = PREVIEW_KEYS - PART_KEYS.get(role, PREVIEW_KEYS - PREVIEW_PART_KEYS)
        return {key: value for key, value in out.items() if key not in foreign and value is not None}
    return out if passage.keep else {key: value for key, value in out.items() if key not in PREVIEW_PART_KEYS}


def _renamed(part: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    kind = part.get("type")
    return {**part, "type": names[kind]} if isinstance(kind, str) and kind in names else dict(part)


def item_to_preview(item: Any, passage: Passage) -> Any:
    """Return a GA item as preview; MCP items and images are refused from a client, images left out of a report."""
    if not isinstance(item, dict):
        return item
    if passage.strict and is_foreign(item):
        raise invalid(f"{passage.path}.type", ITEM_TYPES)
    out = ITEM.to_preview(item, passage)
    if isinstance(out.get("content"), list):
        out["content"] = _content_to_preview(out, passage)
    return out


def _content_to_preview(item: Mapping[str, Any], passage: Passage) -> list[Any]:
    names = PARTS_TO_PREVIEW if _role(item, PARTS_TO_PREVIEW) == "assistant" else {}
    parts = []
    for index, part in enumerate(item["content"]):
        image = isinstance(part, dict) and part.get("type") in IMAGES and not passage.keep
        if image and passage.asked:
            raise invalid(f"{passage.path}.content[{index}].type", PREVIEW_PART_TYPES)
        if not image:
            parts.append(_renamed(part, names) if isinstance(part, dict) else part)
    return parts


def items_to_ga(items: Any, passage: Passage) -> Any:
    """Return a list of preview items as GA; a message that only refers to other items becomes those references."""
    if not isinstance(items, list):
        return passage.tolerated(items)
    out: list[Any] = []
    for index, item in enumerate(items):
        references = _references(item)
        out += references or [item_to_ga(item, passage.at(f"[{index}]"))]
    return out


def _references(item: Any) -> list[dict[str, Any]]:
    match item:
        case {"type": "message", "content": [*parts]} if parts and all(map(_is_reference, parts)):
            return [{"type": REFERENCE, "id": part["id"]} for part in parts]
        case _:
            return []


def _is_reference(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == REFERENCE and "id" in part


def items_to_preview(items: Any, passage: Passage) -> Any:
    """Return a list of GA items as preview: of a response's output, or, where a client asks, of its input.

    The input of a preview response has no spoken part of an assistant's: its transcript stands for it.
    """
    if not isinstance(items, list):
        return items
    kept = [item for item in items if passage.asked or passage.keep or not is_foreign(item)]
    out = [item_to_preview(item, passage.at(f"[{index}]")) for index, item in enumerate(kept)]
    return [_as_input(item) for item in out] if passage.strict else out


def _as_input(item: Any) -> Any:
    match item:
        case {"role": "assistant", "content": [*parts]}:
            return {**item, "content": [_written(part) for part in parts]}
        case _:
            return item


def _written(part: Any) -> Any:
    match part:
        case {"type": "audio"}:
            return {"type": "text", "text": part.get("transcript") or ""}
        case _:
            return part


ITEMS = Conversion(items_to_ga, items_to_preview)
