"""The names that settings have in the environment: listed, checked for misspellings, and put into sentences.

Works on any pydantic settings class; knows nothing of what the settings mean. No function here shows a value.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

__all__ = ["Variable", "example", "explained", "misspelt", "variables"]

INJECTED = re.compile(r"RELAY_(PORT|SERVICE_)")
"""Kubernetes sets these for a service that is called relay."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable: its name, what it does, and its default as one would write it ("" for none)."""

    name: str
    description: str
    default: str


def variables(model: type[BaseModel], prefix: str) -> Iterator[Variable]:
    """Yield every variable of a settings class; `<NAME>` stands for a name of the operator's choice."""
    for key, field in model.model_fields.items():
        name = field.validation_alias if isinstance(field.validation_alias, str) else f"{prefix}{key}".upper()
        inner, nested = _nested(field)
        if inner is not None:
            yield from variables(inner, f"{name}__{'<NAME>__' if nested else ''}")
        else:
            yield Variable(f"{name}__<NAME>" if nested else name, field.description or "", _default(field))


def misspelt(names: Iterable[str], known: Iterable[Variable], prefix: str) -> str | None:
    """Return a sentence about the first name with the prefix that no setting takes, or None.

    Only the part before the first `__` is looked at: below it the settings class checks for itself.
    """
    heads = {variable.name.partition("__")[0] for variable in known}
    for name in names:
        upper = name.upper()
        if upper.startswith(prefix) and upper.partition("__")[0] not in heads and not INJECTED.match(upper):
            near = difflib.get_close_matches(upper.partition("__")[0], heads, 1)
            hint = f" Did you mean {near[0]}…?" if near else ""
            return f"{name} is not a setting of this relay.{hint}"
    return None


def explained(error: ValidationError, prefix: str, names: Mapping[str, str]) -> str:
    """Turn a validation error into sentences with the variables' names, and without their values.

    `names` gives the variable for a field whose name is not made from the prefix; under "" for the whole.
    """
    return " ".join(
        f"{_variable(each['loc'], prefix, names)}: {each['msg'].removeprefix('Value error, ')}."
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    )


def example(known: Iterable[Variable]) -> str:
    """Write all variables as an example file, each under its description, and all of them switched off."""
    return "\n".join(f"# {each.description}\n# {each.name}={each.default}\n" for each in known)


def _variable(loc: tuple[int | str, ...], prefix: str, names: Mapping[str, str]) -> str:
    parts = [str(part) for part in loc]
    if not parts:
        return names.get("", "The settings")
    head = names.get(parts[0], parts[0] if parts[0].isupper() else f"{prefix}{parts[0]}".upper())
    return "__".join([head, *(part.upper() for part in parts[1:])])


def _nested(field: FieldInfo) -> tuple[type[BaseModel] | None, bool]:
    """Return the settings class inside a field, if any, and whether it stands under names (a mapping)."""
    kind: Any = field.annotation
    mapping = (
        get_origin(kind) is not None
        and isinstance(get_origin(kind), type)
        and issubclass(get_origin(kind), Mapping)
    )
    if mapping:
        kind = get_args(kind)[1]
    return (kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None), mapping


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is None or default is PydanticUndefined or isinstance(default, SecretStr):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple | dict):
        return ",".join(str(each) for each in default)
    return str(default)
