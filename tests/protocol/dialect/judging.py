"""Judges events by the official SDK's models and by the catalogue: what a client of that generation can rely on.

Required fields and types are the SDK's; keys beyond its models only where the catalogue lists them, null only
where the catalogue says so.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, get_args

from openai.types import realtime as ga
from openai.types.beta import realtime as beta
from openai.types.beta.realtime.transcription_session import TranscriptionSession

from app.protocol.catalogue import GENERATIONS, Generation, GenerationName

__all__ = ["judge"]

Event = dict[str, Any]
Side = Literal["client", "server"]

UNIONS = {
    ("ga", "client"): ga.RealtimeClientEvent,
    ("ga", "server"): ga.RealtimeServerEvent,
    ("preview", "client"): beta.RealtimeClientEvent,
    ("preview", "server"): beta.RealtimeServerEvent,
}


def _models(union: Any) -> dict[str, Any]:
    members = get_args(get_args(union)[0])
    return {get_args(each.model_fields["type"].annotation)[0]: each for each in members}


MODELS = {key: _models(union) for key, union in UNIONS.items()}

NULLABLE = {"previous_item_id"}
"""Null on the wire; the SDK's `Optional` says so, the catalogue does not."""


def judge(generation: GenerationName, side: Side, event: Event) -> None:
    """Fail where an event is none of its generation's."""
    described = getattr(GENERATIONS[generation], side)
    assert event["type"] in described, f"{generation} has no {event['type']}"
    walk = _Walk(GENERATIONS[generation])
    plain = walk.object([*described[event["type"]]["fields"], {"name": "type"}], event, "")
    assert walk.unknown == []
    model = MODELS[generation, side].get(event["type"])
    if model is not None:
        model.model_validate(_as_the_sdk_knows(plain, with_secret=side == "server"))
    elif event["type"] == "transcription_session.created":
        TranscriptionSession.model_validate(_as_the_sdk_knows(plain, with_secret=True)["session"])


def _as_the_sdk_knows(event: Event, *, with_secret: bool) -> Event:
    """Leave out what its models are too narrow for (`TOO_NARROW`), add a secret that never travels by socket."""
    out = dict(event)
    for key in ("session", "response"):
        if isinstance(out.get(key), dict):
            out[key] = _widened(out[key]) | ({"client_secret": SECRET} if with_secret else {})
    return out


def _widened(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _widened(each) for key, each in value.items() if not TOO_NARROW.get(key, _never)(each)}
    if isinstance(value, list):
        return [_widened(each) for each in value if not _is_reference(each)]
    return value


def _is_reference(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "item_reference"


def _never(value: Any) -> bool:  # noqa: ARG001 - one of a table of questions
    return False


SECRET = {"value": "", "expires_at": 0}
TOO_NARROW: Mapping[str, Callable[[Any], bool]] = {
    # The beta models list the models of their day, and take no object as `tool_choice`; neither generation's have
    # item references, which the service takes.
    "model": lambda value: isinstance(value, str),
    "tool_choice": lambda value: isinstance(value, dict) and value.get("type") == "function",
}


class _Walk:
    """Collects the keys that the catalogue lacks, and leaves out the nulls that it allows."""

    def __init__(self, generation: Generation) -> None:
        self._types = generation.types
        self.unknown: list[str] = []

    def object(self, fields: Iterable[Mapping[str, Any]], value: Event, path: str) -> Event:
        known = {field["name"]: field for field in self._all(fields)}
        self.unknown += [f"{path}.{key}" for key in value if key not in known]
        kept = {key: each for key, each in value.items() if key in known}
        return {
            key: self.value(known[key], each, f"{path}.{key}")
            for key, each in kept.items()
            if each is not None or not (known[key].get("nullable") or key in NULLABLE)
        }

    def _all(self, fields: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        out: list[Mapping[str, Any]] = []
        for field in fields:
            out += self._all(self._types[field["extends"]]) if "extends" in field else [field]
        return out

    def value(self, field: Mapping[str, Any], value: Any, path: str) -> Any:
        if isinstance(value, dict):
            refs = [each["ref"] for each in [field, *field.get("any_of", ())] if "ref" in each]
            fitting = [ref for ref in refs if all(self._may_be(ref, tag, value) for tag in ("type", "role"))]
            if not fitting:
                self.unknown += [path] if refs else []
                return value
            return self.object([each for ref in fitting for each in self._types[ref]], value, path)
        if isinstance(value, list) and "items" in field:
            return [self.value(field["items"], each, f"{path}[]") for each in value]
        return value

    def _may_be(self, ref: str, tag: str, value: Event) -> bool:
        fields = self._all(self._types[ref])
        enum = next((each.get("enum") for each in fields if each["name"] == tag), None)
        return enum is None or tag not in value or value[tag] in enum
