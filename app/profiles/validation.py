"""One section of a profile, made into its model; what does not fit is complained of at its line.

A complaint says what would fit, and never what stands there: no value is repeated, whoever worded the reason.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.profiles.lines import Path
from app.profiles.source import Source

__all__ = ["is_table", "known_keys", "validated", "without"]

M = TypeVar("M", bound=BaseModel)

LEAST_WORD = 8
"""Characters from which on a value is cut out of a reason also where it stands without quotes."""


def validated(source: Source, path: Path, model: type[M], given: Mapping[str, Any]) -> M | None:
    """Return the section at `path`; None where it does not fit, and everything about it was complained of."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        complaints = [
            _complaint(model, given, each) for each in error.errors(include_url=False, include_context=False)
        ]
    for way, reason in dict.fromkeys(complaints):
        source.complain((*path, *way), reason)
    return None


def is_table(source: Source, path: Path, value: object) -> bool:
    """Tell whether it is a table, and complain where it is none."""
    if isinstance(value, Mapping):
        return True
    source.complain(path, "is no table")
    return False


def known_keys(source: Source, path: Path, table: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return the part of a table that is known; complain of the rest."""
    known = set(known)
    for key in table.keys() - known:
        source.complain((*path, key), _unknown(key, known))
    return {key: value for key, value in table.items() if key in known}


def without(value: Any, reason: str) -> str:
    """Cut out of a sentence whatever it repeats of the value; it may begin with it."""
    for word in sorted(_words(value), key=len, reverse=True):
        for quoted in (repr(word), f"'{word}'", f'"{word}"'):
            reason = reason.replace(quoted, "'…'")
        if len(word) >= LEAST_WORD:
            reason = reason.replace(word, "…")
    return reason.removeprefix("'…'").lstrip(": ").removesuffix(".")


def _complaint(model: type[BaseModel], given: Mapping[str, Any], error: ErrorDetails) -> tuple[Path, str]:
    way, value = _way(given, error["loc"])
    match error["type"]:
        case "missing":
            return (*way, error["loc"][-1]), "is missing"
        case "extra_forbidden":
            return way, _unknown(str(way[-1]), _known(model, way[:-1]))
        case "union_tag_invalid" | "union_tag_not_found":
            return way, "is none of the kinds that there are"
        case _:
            return way, without(value, error["msg"].removeprefix("Value error, "))


def _way(value: Any, location: tuple[int | str, ...]) -> tuple[Path, Any]:
    """Return the way into the tables, and what is there. pydantic also names members of unions, which are none."""
    way: Path = ()
    for part in location:
        listed = isinstance(value, list | tuple) and isinstance(part, int)
        if listed or (isinstance(value, Mapping) and part in value):
            way, value = (*way, part), value[part]
    return way, value


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, sorted(known), 1)
    return f"is no key that there is{f'; did you mean {near[0]}?' if near else ''}"


def _words(value: Any) -> Iterator[str]:
    match value:
        case Mapping():
            for each in value.values():
                yield from _words(each)
        case list() | tuple():
            for each in value:
                yield from _words(each)
        case str():
            yield value


def _known(model: type[BaseModel], way: Path) -> set[str]:
    """Return the keys that there are in the table at `way`. A name of the operator's choice is passed over."""
    models: set[type[BaseModel]] = {model}
    for part in way:
        fields = [
            each.model_fields[part] for each in models if isinstance(part, str) and part in each.model_fields
        ]
        if fields:
            models = {inner for field in fields for inner in _models(field.annotation)}
    return {name for each in models for name in each.model_fields}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
