"""Holds the project's tables to the facts that they were made from: events, translation, the oldest version."""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TABLES = {
    "session": "session_fields",
    "transcription_session": "transcription_session_fields",
    "response_create": "response_create_fields",
    "response": "response_object_fields",
    "item": "item_fields",
}

DEPARTURES = {
    (
        "server_events",
        None,
        "conversation.item.created",
    ): "the item inside is converted, as in every event that has one",
    ("server_events", "conversation.created", "conversation.created"): "one row in the place of two",
    ("transcription_session", "object", "object"): "GA's server objects often lack it, and old clients want it",
    ("item", "content", "content"): "converted part by part, by code and not by the table",
}
"""Rows that are not as given, and why."""


def bare(value: Any) -> Any:
    """Leave out what only explains."""
    if isinstance(value, dict):
        return {key: bare(each) for key, each in value.items() if key not in ("source", "note")}
    return [bare(each) for each in value] if isinstance(value, list) else value


def actions(rows: list[dict[str, Any]]) -> dict[tuple[Any, Any], tuple[Any, Any]]:
    """Return each row's actions, by what it is about in either generation."""
    return {
        (row["preview"], row["ga"]): tuple(
            way["action"] if isinstance(way, dict) else way for way in (row.get("p2g"), row.get("g2p"))
        )
        for row in rows
    }


def differences(facts: Path) -> list[str]:
    """Return in words what differs."""

    def read(path: Path) -> Any:
        return json.loads(path.read_text("utf-8"))

    given_events, given = read(facts / "events.json"), read(facts / "translation.json")
    oldest = read(facts / "preview-2024-10-01.json")
    ours = read(ROOT / "app/protocol/dialect/translation.json")
    found = []
    if read(ROOT / "app/protocol/events.json") != {name: bare(given_events[name]) for name in ("preview", "ga")}:
        found.append("events.json")
    pairs = {"server_events": (ours["server_events"], given["server_events"])}
    pairs |= {name: (rows, given[TABLES[name]]) for name, rows in ours["tables"].items()}
    for name, (mine, theirs) in pairs.items():
        mine_by, theirs_by = actions(mine), actions(theirs)
        found += [
            f"{name}: {key} is {mine_by.get(key)}, given is {theirs_by[key]}"
            for key in theirs_by
            if key in mine_by and mine_by[key] != theirs_by[key] and (name, *key) not in DEPARTURES
        ]
        found += [
            f"{name}: {key} is in no fact"
            for key in mine_by.keys() - theirs_by.keys()
            if (name, *key) not in DEPARTURES
        ]
    if sorted(ours["api_versions"]["2024-10-01"]) != sorted(oldest["server"]):
        found.append("the events of 2024-10-01")
    return found


if __name__ == "__main__":
    told = differences(Path(sys.argv[1]))
    print("\n".join(told) or "the tables hold")
    sys.exit(bool(told))
