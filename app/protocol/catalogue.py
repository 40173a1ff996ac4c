"""Every client and server event of both generations of the Realtime API, with the shape of its fields.

The facts stand in `events.json`, which was derived from the official SDK's types, the OpenAPI description and
Azure's reference pages; everything here is read from it, so that no list of events exists a second time.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

__all__ = ["GA", "GENERATIONS", "PREVIEW", "Generation", "GenerationName"]

GenerationName = Literal["ga", "preview"]


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of the protocol.

    `client` and `server` map an event's type to its description: `{"fields": [...]}`, and `"transport"` where it
    does not travel over WebSocket. `types` maps the name of a nested type to its fields. A field is `{"name",
    "required"}` with `type`, `ref`, `any_of` or `items`, and, where they hold, `enum` (`open_enum`: other strings
    too), `nullable`, `default`, bounds. The pseudo field `...` with `extends` stands for all fields of a type.
    """

    name: GenerationName
    client: Mapping[str, Any]
    server: Mapping[str, Any]
    types: Mapping[str, Any]


_FACTS = json.loads(files(__package__).joinpath("events.json").read_text("utf-8"))

GA = Generation("ga", **_FACTS["ga"])
PREVIEW = Generation("preview", **_FACTS["preview"])

GENERATIONS: Mapping[GenerationName, Generation] = {"ga": GA, "preview": PREVIEW}
