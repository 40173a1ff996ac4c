"""Carries an object from one generation to the other, row by row.

Rows are applied in order, and a later one wins. A key whose parent is absent is absent. Objects are never changed
in place.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.protocol.dialect.passage import OMIT, Passage, invalid, unknown
from app.protocol.dialect.tables import Row

__all__ = ["Conversion", "Shape", "fetch"]

Converter = Callable[[Any, Passage], Any]


@dataclass(frozen=True, slots=True)
class Conversion:
    """How one value changes, either way; each returns the new value or `OMIT`."""

    to_ga: Converter
    to_preview: Converter


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of object in both generations: its rows, and how the values that change their form do so.

    `newer` are keys that only newer preview servers know, and GA by the same name.
    """

    rows: tuple[Row, ...]
    conversions: Mapping[str, Conversion]
    newer: frozenset[str] = frozenset()

    def to_ga(self, given: Mapping[str, Any], passage: Passage) -> dict[str, Any]:
        """Return a preview object as GA. Raises `Refused` for a key of a client's that preview lacks."""
        out: dict[str, Any] = {}
        rows = self._rows(passage)
        for row in rows:
            self._row_to_ga(row, given, passage, out)
        known = {row.preview for row in rows}
        for key, value in given.items():
            if key not in known:
                if passage.strict and key not in self.newer:
                    raise unknown(f"{passage.path}.{key}")
                out.setdefault(key, value)
        return out

    def _row_to_ga(self, row: Row, given: Mapping[str, Any], passage: Passage, out: dict[str, Any]) -> None:
        key = row.preview
        if key is not None and key in given:
            value = given[key]
            if row.carried_to_ga or row.to_ga == "add":
                inner = passage.at(key, fetch(passage.in_force, row.ga, None))
                _place(out, row.ga, self._conversion(row).to_ga(value, inner))
            elif passage.keep and not row.ga:
                out[key] = value
            elif row.to_ga == "drop_warn" and value is not None:
                passage.dropped(key)
        elif row.to_ga == "add":
            _place(out, row.ga, row.ga_value)

    def to_preview(self, given: Mapping[str, Any], passage: Passage) -> dict[str, Any]:
        """Return a GA object as preview. Raises `Refused` for what a client asks and preview cannot do."""
        out: dict[str, Any] = {}
        rows = self._rows(passage)
        for row in rows:
            self._row_to_preview(row, given, passage, out)
        if passage.keep:
            known = {row.ga[0] for row in rows if row.ga}
            out = {**{key: value for key, value in given.items() if key not in known}, **out}
        return out

    def _row_to_preview(self, row: Row, given: Mapping[str, Any], passage: Passage, out: dict[str, Any]) -> None:
        if passage.asked:
            _check_parents(row, given, passage)
        key = row.preview or row.ga[0]
        value = fetch(given, row.ga or (key,))
        if value is OMIT:
            if row.to_preview == "add":
                out[key] = passage.remembered.get(key, row.preview_value)
        elif row.carried_to_preview or row.to_preview == "add" or (row.to_preview == "drop_warn" and passage.keep):
            inner = passage.at(".".join(row.ga) or key, fetch(passage.in_force, row.ga, None))
            _place(out, (key,), self._conversion(row).to_preview(value, inner))
        elif row.to_preview == "drop_warn" and value != row.default:
            passage.dropped(key)

    def _rows(self, passage: Passage) -> list[Row]:
        scope = "client" if passage.asked else "server"
        return [row for row in self.rows if row.scope in (None, scope)]

    def _conversion(self, row: Row) -> Conversion:
        return self.conversions.get(row.convert or "", UNCHANGED)


def _same(value: Any, passage: Passage) -> Any:  # noqa: ARG001 - a converter that needs no circumstances
    return value


UNCHANGED = Conversion(_same, _same)


def fetch(given: Any, path: tuple[str, ...], missing: Any = OMIT) -> Any:
    """Return what stands at a path of an object, or `missing`."""
    for key in path:
        if not isinstance(given, (dict, Mapping)) or key not in given:  # the first is told at once
            return missing
        given = given[key]
    return given if path else missing


def _place(out: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if value is not OMIT:
        for key in path[:-1]:
            out = out.setdefault(key, {})
        out[path[-1]] = value


def _check_parents(row: Row, given: Mapping[str, Any], passage: Passage) -> None:
    for depth in range(1, len(row.ga)):
        parent = fetch(given, row.ga[:depth], {})
        if not isinstance(parent, Mapping):
            raise invalid(f"{passage.path}.{'.'.join(row.ga[:depth])}")
