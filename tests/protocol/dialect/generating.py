"""Events made from the catalogue's descriptions: every field in its turn, every alternative, every null allowed.

Where a description is looser than what is ever sent (a preview item is one bag of keys for all kinds of items),
the kinds are spelt out here.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from app.protocol.catalogue import GENERATIONS, GenerationName

__all__ = ["client_events", "intruded", "server_events", "spoiled"]

Strategy = SearchStrategy[Any]

TEXT = st.text(max_size=8)
IDS = st.text("abc", min_size=1, max_size=2).map("item_{}".format)
JSON = st.dictionaries(st.sampled_from(["a", "b"]), TEXT, max_size=2)
VAD = {"create_response": st.booleans(), "interrupt_response": st.booleans()}
SERVER_VAD = st.fixed_dictionaries(
    {"type": st.just("server_vad")},
    optional={
        **VAD,
        "threshold": st.floats(0, 1),
        "prefix_padding_ms": st.integers(0, 900),
        "silence_duration_ms": st.integers(0, 900),
    },
)
SEMANTIC_VAD = st.fixed_dictionaries(
    {"type": st.just("semantic_vad")}, optional={**VAD, "eagerness": st.sampled_from(["low", "auto"])}
)
TOOLS = st.fixed_dictionaries(
    {"type": st.just("function"), "name": TEXT}, optional={"description": TEXT, "parameters": JSON}
)
TRANSCRIPTION = st.fixed_dictionaries(
    {"model": st.sampled_from(["whisper-1", "gpt-4o-transcribe"])}, optional={"language": TEXT, "prompt": TEXT}
)


def _part(kind: str, **fields: Strategy) -> Strategy:
    return st.fixed_dictionaries({"type": st.just(kind)}, optional=fields)


SPOKEN = _part("audio", audio=TEXT, transcript=TEXT)
WRITTEN = _part("text", text=TEXT)
HEARD = _part("input_audio", audio=TEXT, transcript=TEXT)
TYPED = _part("input_text", text=TEXT)


def _item(kind: str, **fields: Strategy) -> Strategy:
    head = {"type": st.just(kind), "id": IDS, "object": st.just("realtime.item")}
    status = st.sampled_from(["completed", "incomplete", "in_progress"])
    return st.fixed_dictionaries({**head, **fields}, optional={"status": status})


def _message(role: str, *parts: Strategy) -> Strategy:
    return _item("message", role=st.just(role), content=st.lists(st.one_of(parts), max_size=2))


PREVIEW_ITEMS = st.one_of(
    _message("user", HEARD, TYPED),
    _message("system", TYPED),
    _message("assistant", SPOKEN, WRITTEN),
    _item("function_call", call_id=TEXT, name=TEXT, arguments=TEXT),
    _item("function_call_output", call_id=TEXT, output=TEXT),
)
"""Items as a preview server or client writes them, each with the keys of its kind."""

INPUT_ITEMS = st.one_of(
    _message("user", HEARD, TYPED),
    _message("assistant", WRITTEN),
    st.fixed_dictionaries({"type": st.just("item_reference"), "id": IDS}),
)

BY_TYPE: Mapping[str, Strategy] = {
    "ConversationItem": PREVIEW_ITEMS,
    "ConversationItemWithReference": INPUT_ITEMS,
    "session.TurnDetection": st.one_of(SERVER_VAD, SEMANTIC_VAD),
    "session_update_event.SessionTurnDetection": st.one_of(SERVER_VAD, SEMANTIC_VAD),
    "transcription_session_update.SessionTurnDetection": st.one_of(SERVER_VAD, SEMANTIC_VAD),
    "transcription_session.TurnDetection": st.fixed_dictionaries(
        {"type": st.just("server_vad")}, optional={"threshold": st.floats(0, 1), "silence_duration_ms": st.just(9)}
    ),
    "session.InputAudioTranscription": TRANSCRIPTION,
    "session_update_event.SessionInputAudioTranscription": TRANSCRIPTION,
    "transcription_session_update.SessionInputAudioTranscription": TRANSCRIPTION,
    "session_update_event.SessionTool": TOOLS,
    "session.Tool": TOOLS,
    "response_create_event.ResponseTool": TOOLS,
}
BY_NAME: Mapping[str, Strategy] = {
    "event_id": TEXT,
    "item_id": IDS,
    "response_id": st.sampled_from(["resp_1", "resp_2"]),
    "append_input_items": st.lists(PREVIEW_ITEMS, max_size=2),
    "input_items": st.lists(INPUT_ITEMS, max_size=2),
    "modalities": st.sampled_from([["text"], ["text", "audio"], ["audio", "text"]]),
    "prompt": st.fixed_dictionaries({"id": TEXT}),
    "include": st.just(["item.input_audio_transcription.logprobs"]),
    "client_secret": st.none(),
    "bytes": st.just([1]),
}
BY_KIND: Mapping[str, Strategy] = {
    "string": TEXT,
    "integer": st.integers(1, 99),
    "number": st.integers(1, 9).map(lambda tenths: tenths / 10),
    "boolean": st.booleans(),
    "object": JSON,
    "any": JSON,
}


def client_events(generation: GenerationName, *types: str) -> Strategy:
    """Return a strategy of client events; of these types only, if any are given."""
    return _events(generation, GENERATIONS[generation].client, types)


def server_events(generation: GenerationName, *types: str) -> Strategy:
    """Return a strategy of server events; of these types only, if any are given."""
    return _events(generation, GENERATIONS[generation].server, types)


@st.composite
def spoiled(draw: DrawFn, events: Strategy) -> dict[str, Any]:
    """Draw an event of a strategy, with one value somewhere in it replaced by what should not stand there."""
    event: dict[str, Any] = deepcopy(draw(events))
    spots = [(spot, key) for spot, key in _spots(event) if spot is not event or key != "type"]
    spot, key = draw(st.sampled_from(spots or [({}, "nothing")]))
    spot[key] = deepcopy(draw(ODD))
    return event


@st.composite
def intruded(draw: DrawFn, events: Strategy) -> dict[str, Any]:
    """Draw an event of a strategy with a key somewhere in it that nobody knows."""
    event: dict[str, Any] = deepcopy(draw(events))
    objects = [value for value in (spot[key] for spot, key in _spots(event)) if isinstance(value, dict)]
    draw(st.sampled_from([event, *objects]))["nonsense"] = draw(ODD)
    return event


def _spots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in a value, outermost first, as a container and a key of it."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    for key in keys:
        yield value, key
        yield from _spots(value[key])


ODD: Strategy = st.sampled_from(
    [None, True, 0, -1.5, "", "odd", [], [[]], {}, {"type": []}, {"type": "odd", "id": {}}, [{}]]
)


def _events(generation: GenerationName, described: Mapping[str, Any], types: tuple[str, ...]) -> Strategy:
    fields = {"name": "type", "required": True}
    return st.one_of(
        [
            _object(generation, [*described[kind]["fields"], {**fields, "type": "string", "enum": [kind]}])
            for kind in types or described
        ]
    )


def _object(generation: GenerationName, fields: list[Mapping[str, Any]]) -> Strategy:
    required: dict[str, Strategy] = {}
    optional: dict[str, Strategy] = {}
    for field in fields:
        if "extends" in field:
            return _object(generation, [*fields[:-1], *GENERATIONS[generation].types[field["extends"]]])
        which = required if field["required"] or field.get("required_on_wire") else optional
        which[field["name"]] = _field(generation, field)
    return st.fixed_dictionaries(required, optional=optional)


def _field(generation: GenerationName, field: Mapping[str, Any]) -> Strategy:
    # A prompt is an object, but for a transcription's, which is text.
    known = field["name"] in BY_NAME and (field["name"], field.get("type")) != ("prompt", "string")
    value = BY_NAME[field["name"]] if known else _value(generation, field)
    return st.none() | value if field.get("nullable") else value


def _value(generation: GenerationName, field: Mapping[str, Any]) -> Strategy:
    if "any_of" in field:
        return st.one_of([_value(generation, each) for each in field["any_of"]])
    if "ref" in field:
        ref = field["ref"]
        usual = st.deferred(lambda: _object(generation, GENERATIONS[generation].types[ref]))
        return BY_TYPE.get(ref, usual) if generation == "preview" else usual
    if "enum" in field:
        return st.sampled_from(field["enum"])
    if "allowed_sets" in field:
        return st.sampled_from(field["allowed_sets"])
    if field["type"] == "array":
        return st.lists(_value(generation, field["items"]), min_size=field.get("minItems", 0), max_size=2)
    return JSON if field.get("map") else BY_KIND[field["type"]]
