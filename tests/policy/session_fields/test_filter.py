"""Tests of app.policy.session_fields: rules imposed upwards and concealed downwards, told as conversations."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from app.policy.actions import ToClient, ToUpstream
from app.policy.chain import Chain, Filter
from app.policy.session_fields import ItemRules, ResponseRules, SessionFields, SessionRules
from app.policy.session_fields.concealment import WITHHELD
from app.protocol.frame import Frame, Spelt, from_client, from_upstream

if TYPE_CHECKING:
    from tests.policy.conftest import Playbook

    Play = Callable[[Sequence[Filter]], Playbook]

Event = dict[str, Any]

PROMPT = "You are Ada, and you never speak of the vault."
LOOKUP = {"type": "function", "name": "lookup"}
MINE = {"type": "function", "name": "mine"}
VAD = {"type": "server_vad"}


def fields(
    base: str = "locked", *, rules: Event | None = None, items: Any = None, **options: Any
) -> SessionFields:
    """Return the filter with rules over a base."""
    made = SessionRules.model_validate({**dict(getattr(SessionRules, base)()), **(rules or {})})
    response = options.pop("response", getattr(ResponseRules, base)())
    return SessionFields(made, response, items or getattr(ItemRules, base)(), **options)


def update(**session: Any) -> Event:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def create(**response: Any) -> Event:
    return {"type": "response.create", "response": response}


def said(role: str = "user") -> Event:
    content = [{"type": "input_text", "text": "Hi"}]
    return {"type": "conversation.item.create", "item": {"type": "message", "role": role, "content": content}}


def test_an_update_is_narrowed(play: "Play") -> None:
    """What is left is sent, though it be nothing: the client waits for an answer."""
    script = play([fields(rules={"instructions": {"fixed": PROMPT}})])
    mine = {**update(instructions="Mine.", voice="a"), "event_id": "event_1", "session2": {}}
    script >> ("client", mine) << ("to upstream", {**update(instructions=PROMPT), "event_id": "event_1"})
    script = play([fields()])
    script >> ("client", update(instructions="Mine.")) << ("to upstream", update())


def test_a_response_is_narrowed(play: "Play") -> None:
    """And one that has no terms of its own passes."""
    script = play([fields()])
    script >> ("client", create(instructions="Mine.", metadata={})) << ("to upstream", create(metadata={}))
    for plain in ({"type": "response.create"}, {"type": "response.create", "response": None}):
        script >> ("client", plain) << ("to upstream", plain)
    script >> ("client", {"type": "response.create", "tools": []}) << ("to upstream", {"type": "response.create"})


def test_an_item_passes_or_is_refused(play: "Play") -> None:
    """Alone, or as the input of a response."""
    script = play([fields(response=ResponseRules(input="free"))])
    script >> ("client", said()) << ("to upstream", said())
    script >> ("client", said("system")) << ("refused", "item_not_allowed")
    script >> ("client", {"type": "conversation.item.create"}) << ("refused", "invalid_value")
    script >> ("client", create(input=[said("system")["item"]])) << ("refused", "item_not_allowed")


@pytest.mark.parametrize("wrong", [None, [], "realtime", 5])
@pytest.mark.parametrize(("kind", "key"), [("session.update", "session"), ("response.create", "response")])
def test_what_cannot_be_read_is_refused(play: "Play", kind: str, key: str, wrong: Any) -> None:
    """Where there is any rule; else it is the service's to refuse."""
    event = {"type": kind, key: wrong}
    play([fields("open")]) >> ("client", event) << ("to upstream", event)
    if (kind, wrong) != ("response.create", None):
        play([fields()]) >> ("client", event) << ("refused", "invalid_value")
        play([fields("open", server_tools=[LOOKUP])]) >> ("client", event) << ("refused", "invalid_value")


def test_a_refusal_names_the_event() -> None:
    """By the id that the client gave it."""
    chain = Chain([fields()])
    with pytest.raises(Exception, match="invalid_value") as refused:
        chain.from_client(Frame.of({"type": "session.update", "event_id": "event_7"}), 0)
    assert getattr(refused.value, "event_id", None) == "event_7"


UNCHANGED: list[Event] = [
    update(),
    update(model="gpt"),
    {**create(metadata={"a": "b"}), "event_id": "event_1"},
    {"type": "response.create"},
    said(),
    {"type": "input_audio_buffer.append", "audio": "AA=="},
    {"type": "input_audio_buffer.commit"},
]


@pytest.mark.parametrize("event", UNCHANGED)
def test_what_no_rule_changes_is_the_same_frame(event: Event) -> None:
    """It passes byte for byte."""
    frame = Frame.of(event)
    (action,) = Chain([fields()]).from_client(frame, 0)
    assert isinstance(action, ToUpstream)
    assert action.frame is frame


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.update", "session": 5, "extra": {}},
        {**update(instructions="a", no_such=1), "extra": 1},
        {**create(instructions="a", input=5, no_such=1), "extra": 1},
        {"type": "conversation.item.create", "item": [], "extra": 1},
    ],
)
def test_an_open_session_is_the_clients(event: Event) -> None:
    """Nothing of it is even looked into."""
    frame = Frame.of(event)
    (action,) = Chain([fields("open")]).from_client(frame, 0)
    assert isinstance(action, ToUpstream)
    assert action.frame is frame


def test_audio_is_not_read() -> None:
    """Neither up nor down: its frames hold what cannot be decoded."""
    chain = Chain([fields(rules={"instructions": {"fixed": PROMPT}}, server_tools=[LOOKUP], screened=True)])
    up = from_client(b'{"type":"input_audio_buffer.append","audio":"' + b"A" * 40 + b'"}')
    down = Spelt("response.output_audio.delta", text=b"no JSON")
    assert chain.from_client(up, 0) == [ToUpstream(up)]
    assert chain.from_upstream(down, 0) == [ToClient(down)]


def test_the_session_is_shown_without_what_is_hidden(play: "Play") -> None:
    """From its first event on, and in responses, items and errors."""
    script = play([fields(rules={"instructions": {"fixed": PROMPT}}, server_tools=[LOOKUP])])
    for kind in ("session.created", "session.updated"):
        told = {"type": kind, "session": {"instructions": PROMPT, "tools": [LOOKUP]}}
        script >> ("upstream", told) << ("to client", {"type": kind, "session": {"instructions": "", "tools": []}})
    for kind in ("response.created", "response.done"):
        told = {"type": kind, "response": {"instructions": PROMPT, "output": []}}
        (
            script
            >> ("upstream", told)
            << ("to client", {"type": kind, "response": {"instructions": "", "output": []}})
        )
    item = {"type": "message", "role": "system", "content": [{"type": "input_text", "text": PROMPT}]}
    emptied = {**item, "content": [{"type": "input_text", "text": ""}]}
    for kind in ("added", "created", "done", "retrieved"):
        name = f"conversation.item.{kind}"
        script >> ("upstream", {"type": name, "item": item}) << ("to client", {"type": name, "item": emptied})
    for name in ("error", "conversation.item.input_audio_transcription.failed"):
        told = {"type": name, "error": {"code": "a", "message": PROMPT}}
        script >> ("upstream", told) << ("to client", {"type": name, "error": {"code": "a", "message": WITHHELD}})


def test_the_clients_own_is_shown_once_it_holds(play: "Play") -> None:
    """In place of a default that it did not see."""
    script = play([fields(rules={"instructions": {"default": PROMPT}})])
    hidden = {"type": "session.updated", "session": {"instructions": PROMPT}}
    script >> ("upstream", hidden) << ("to client", {"type": "session.updated", "session": {"instructions": ""}})
    script >> ("client", update(instructions="Mine.")) << ("to upstream", update(instructions="Mine."))
    script >> ("upstream", hidden) << ("to client", {"type": "session.updated", "session": {"instructions": ""}})
    mine = {"type": "session.updated", "session": {"instructions": "Mine."}}
    script >> ("upstream", mine) << ("to client", mine)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "session.updated", "session": {"voice": "sage", "tools": []}},
        {"type": "session.updated", "session": None},
        {"type": "session.updated"},
        {"type": "error", "error": {"message": "Too late."}},
        {"type": "error", "error": "Too late."},
    ],
)
def test_what_hides_nothing_is_the_same_frame(event: Event) -> None:
    """It passes byte for byte, as the upstream wrote it."""
    frame = from_upstream(Frame.of(event).text.replace(b":", b" : "))
    (action,) = Chain([fields(rules={"instructions": {"fixed": PROMPT}})]).from_upstream(frame, 0)
    assert isinstance(action, ToClient)
    assert action.frame is frame


def test_where_nothing_is_hidden_nothing_is_read() -> None:
    """Not even the session."""
    frame = Spelt("session.updated", text=b"no JSON")
    assert Chain([fields()]).from_upstream(frame, 0) == [ToClient(frame)]


def test_what_a_ticket_asked_for_is_the_clients_own(play: "Play") -> None:
    """It holds from the beginning, as far as the rules let it, and is shown."""
    made = fields(rules={"instructions": {"default": PROMPT}, "voice": {"fixed": "sage"}}, server_tools=[LOOKUP])
    begun = {
        "type": "realtime",
        "instructions": "Mine.",
        "tools": [LOOKUP],
        "audio": {"output": {"voice": "sage"}},
    }
    assert made.beginning({"instructions": "Mine.", "audio": {"output": {"voice": "ash"}}}) == begun
    script = play([made])
    shown = {"instructions": "Mine.", "tools": [], "audio": {"output": {"voice": "sage"}}}
    told = {"type": "session.created", "session": begun}
    script >> ("upstream", told) << ("to client", {**told, "session": {"type": "realtime", **shown}})


def test_without_rules_there_is_nothing_to_begin_with() -> None:
    """Whatever is locked; and no answer is owed, for the service gives it."""
    assert not fields("open").auto_answer
    assert fields().beginning({}) is None
    assert fields("open").beginning({}) is None
    assert fields("open").beginning({"instructions": "a"}) == {"type": "realtime", "instructions": "a"}


def test_screened_speech_waits_for_its_judgement(play: "Play") -> None:
    """The client sees a service that answers by itself, unless it asked for one that does not."""
    made = fields("open", screened=True)
    beginning = made.beginning({})
    assert beginning is not None
    heard = beginning["audio"]["input"]
    assert (heard["turn_detection"]["create_response"], heard["transcription"]) == (False, {"model": "whisper-1"})
    assert made.auto_answer
    script = play([made])
    shown = {"turn_detection": {**heard["turn_detection"], "create_response": True}, "transcription": None}
    for told, seen in ((heard, shown), ({}, {})):
        script >> ("upstream", {"type": "session.updated", "session": {"audio": {"input": told}}})
        script << ("to client", {"type": "session.updated", "session": {"audio": {"input": seen}}})
    quiet = update(audio={"input": {"turn_detection": {**VAD, "create_response": False}}})
    script >> ("client", quiet) << ("to upstream", quiet)
    assert not made.auto_answer
    loud = update(audio={"input": {"turn_detection": {**VAD, "create_response": True}}})
    script >> ("client", loud) << ("to upstream", quiet)
    assert made.auto_answer


def test_what_a_session_does_not_have_is_not_imposed() -> None:
    """A rule for it is no mistake: GA has no temperature, and a transcription session no tools."""
    rules: Event = {"temperature": {"fixed": 0.7}}
    assert fields(rules=rules).beginning({}) is None
    assert fields(rules=rules, preview_upstream=True).beginning({}) == {"type": "realtime", "temperature": 0.7}
    made = fields(rules={"noise_reduction": {"fixed": "off"}}, server_tools=[LOOKUP], transcription=True)
    assert made.beginning({}) == {"type": "transcription", "audio": {"input": {"noise_reduction": None}}}
