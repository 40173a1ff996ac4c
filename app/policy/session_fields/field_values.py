"""Says what is wrong with a value that a profile gives to a field, by the catalogue's description of GA.

A wrong profile is to fail when it is loaded, and not at each dial; so whatever the service is known to refuse is a
flaw here. The words name places and kinds, and never repeat the value: it may be a prompt.
"""

import math
from collections.abc import Mapping
from typing import Any

from app.protocol.catalogue import GA

__all__ = ["flaw_in"]

Facts = Mapping[str, Any]

WORDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}
CLASSES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (Mapping,),
}
DEMANDED = {"RealtimeFunctionTool": ("type", "name")}
"""Keys that the catalogue's types leave optional and the service demands."""


def flaw_in(facts: Facts, value: Any) -> str | None:
    """Return what is wrong with a value, as the end of a sentence ("must be a string"); None if nothing is."""
    if value is None:
        return None if facts.get("nullable") or facts.get("type") == "any" else "must not be null"
    if "any_of" in facts:
        return _flaw_in_any(facts, value)
    if "ref" in facts:
        return _flaw_in_object(facts["ref"], value)
    return _flaw_in_plain(facts, value)


def _flaw_in_any(facts: Facts, value: Any) -> str | None:
    """One alternative must take it; of several kinds of table, the one that it says to be speaks."""
    flaws = [flaw_in(each, value) for each in facts["any_of"]]
    if None in flaws:
        return _out_of_bounds(facts, value)
    if isinstance(value, Mapping):
        for flaw, each in zip(flaws, facts["any_of"], strict=True):
            if value.get("type") in _tags(each):
                return flaw
    return "must be " + " or ".join(_names(facts["any_of"]))


def _tags(facts: Facts) -> list[str]:
    """Return the words by which a kind of table is known."""
    fields = GA.types[facts["ref"]] if "ref" in facts else []
    return next((each["enum"] for each in fields if each["name"] == "type"), [])


def _names(alternatives: list[Facts]) -> list[str]:
    """Say what each alternative is: its words, its kind, or the `type` of its table."""
    any_string = any(each == {"type": "string"} for each in alternatives)
    names = []
    for each in alternatives:
        words = [] if any_string else [f"'{word}'" for word in each.get("enum", ())]
        tables = [f"a table of type '{word}'" for word in _tags(each)]
        names += words or tables or [WORDS[each.get("type", "object")]]
    return list(dict.fromkeys(names))


def _flaw_in_object(name: str, value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return "must be a table"
    fields = {each["name"]: each for each in GA.types[name]}
    for key, field in fields.items():
        demanded = field.get("required") or field.get("required_on_wire") or key in DEMANDED.get(name, ())
        if demanded and key not in value:
            return f"lacks '{key}'"
    for key, each in value.items():
        if key not in fields:
            return "has a key that the service does not know"
        if flaw := flaw_in(fields[key], each):
            return f"has a wrong '{key}': it {flaw}"
    return None


def _flaw_in_plain(facts: Facts, value: Any) -> str | None:
    kind = facts["type"]
    if kind == "any":
        return None
    if not isinstance(value, CLASSES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return f"must be {WORDS[kind]}"
    if "enum" in facts and not facts.get("open_enum") and value not in facts["enum"]:
        return "must be one of " + ", ".join(f"'{each}'" for each in facts["enum"])
    if kind == "array":
        return _flaw_in_list(facts, value)
    return _out_of_bounds(facts, value)


def _flaw_in_list(facts: Facts, value: Any) -> str | None:
    for each in value:
        if flaw := flaw_in(facts["items"], each):
            return f"has an entry that {flaw}"
    if "allowed_sets" in facts and list(value) not in facts["allowed_sets"]:
        return "must be one of " + ", ".join(str(each) for each in facts["allowed_sets"])
    return None


def _out_of_bounds(facts: Facts, value: Any) -> str | None:
    if not isinstance(value, int | float):
        return None
    if not math.isfinite(value):
        return "must be finite"
    if value < facts.get("minimum", value):
        return f"must be at least {facts['minimum']}"
    if value > facts.get("maximum", value):
        return f"must be at most {facts['maximum']}"
    return None
