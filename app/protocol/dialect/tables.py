"""What the two generations call the same thing, as rows: read from `translation.json` and never written twice.

A row says where a value stands in each generation and what becomes of it on the way: `to_ga` and `to_preview` name
the action. Code stands elsewhere, and only for what changes its structure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

__all__ = [
    "CONVERSIONS",
    "DEFAULTS",
    "LATE_KEYS",
    "LATE_SINCE",
    "MARKERS",
    "NEWER",
    "PARAMS_TO_GA",
    "PARAMS_TO_PREVIEW",
    "RENAMED_TO_GA",
    "RENAMED_TO_PREVIEW",
    "SERVER_BY_GA",
    "SERVER_BY_PREVIEW",
    "SERVER_EVENTS_OF",
    "TABLES",
    "Row",
    "ServerRow",
]

CARRIED = frozenset({"pass", "move", "rename", "convert"})
"""The actions that take a value along; of the others, `add` supplies one, and the rest leave it behind."""


@dataclass(frozen=True, slots=True)
class Row:
    """Where one value stands in either generation; None or an empty path where one of them lacks it.

    `scope` is "client" for what only a client asks, "server" for what only a server reports. `convert` names a
    conversion. `default` is the value whose loss is no loss.
    """

    preview: str | None
    ga: tuple[str, ...]
    scope: Literal["client", "server"] | None
    to_ga: str
    to_preview: str
    ga_value: Any
    preview_value: Any
    convert: str | None
    default: Any

    @property
    def carried_to_ga(self) -> bool:
        """Whether the value goes along from preview to GA."""
        return self.to_ga in CARRIED

    @property
    def carried_to_preview(self) -> bool:
        """Whether the value goes along from GA to preview."""
        return self.to_preview in CARRIED


@dataclass(frozen=True, slots=True)
class ServerRow:
    """What becomes of one server event; `preview` is None where preview has none like it."""

    preview: str | None
    ga: str
    to_ga: str
    to_preview: str


def _row(facts: Mapping[str, Any]) -> Row:
    return Row(
        preview=facts["preview"],
        ga=tuple((facts["ga"] or "").split(".")) if facts["ga"] else (),
        scope=facts.get("scope"),
        to_ga=facts["p2g"],
        to_preview=facts["g2p"],
        ga_value=facts.get("p2g_value"),
        preview_value=facts.get("g2p_value"),
        convert=facts.get("convert"),
        default=facts.get("default"),
    )


def _pairs(pairs: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Put the longest first, since the longest prefix wins."""
    return tuple(sorted(((one, other) for one, other in pairs), key=lambda pair: -len(pair[0])))


_FACTS = json.loads(files(__package__).joinpath("translation.json").read_text("utf-8"))
_SERVER = [ServerRow(each["preview"], each["ga"], each["p2g"], each["g2p"]) for each in _FACTS["server_events"]]

TABLES: Mapping[str, tuple[Row, ...]] = {
    name: tuple(_row(each) for each in rows) for name, rows in _FACTS["tables"].items()
}
SERVER_BY_PREVIEW: Mapping[str, ServerRow] = {row.preview: row for row in _SERVER if row.preview is not None}
SERVER_BY_GA: Mapping[str, ServerRow] = {row.ga: row for row in reversed(_SERVER)}
"""By GA's name; where two preview events share it, the first row's."""

STRUCTURED = frozenset({"conversation.item.created"})
"""Events that change their name and more than that."""

RENAMED_TO_PREVIEW: Mapping[str, str] = {
    row.ga: row.preview
    for row in _SERVER
    if row.preview is not None and row.to_preview == "rename" and row.preview not in STRUCTURED
}
"""Server events, GA to preview, of which nothing but the `type` changes: a text and audio answer in pieces."""
RENAMED_TO_GA: Mapping[str, str] = {preview: ga for ga, preview in RENAMED_TO_PREVIEW.items()}

SERVER_EVENTS_OF: Mapping[str, frozenset[str]] = {
    version: frozenset(names) for version, names in _FACTS["api_versions"].items()
}
"""The server events that clients of an `api-version` know, for the versions whose clients know no others."""

CONVERSIONS: Mapping[str, Any] = _FACTS["conversions"]
DEFAULTS: Mapping[str, Mapping[str, Any]] = _FACTS["defaults"]
"""A value for every field of a preview session: its clients expect each to be present."""
MARKERS: Mapping[str, Sequence[str]] = _FACTS["markers"]
"""Paths in a client's first `session.update` or `response.create` that give its generation away."""
NEWER: Mapping[str, Sequence[str]] = _FACTS["newer"]
"""Keys that only newer preview servers know, and GA by the same name."""
LATE_SINCE: str = _FACTS["late"]["since"]
LATE_KEYS: Sequence[str] = _FACTS["late"]["keys"]
"""Preview keys that a server of an older `api-version` refuses."""
PARAMS_TO_GA = _pairs(_FACTS["params"]["p2g"])
PARAMS_TO_PREVIEW = _pairs(_FACTS["params"]["g2p"])
