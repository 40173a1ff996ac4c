"""The languages of one session: who is taken for what, what is translated, and what leaves as it came."""

from typing import Any

import pytest

from app.errors import Refused
from app.protocol.frame import Frame, from_client, from_upstream
from app.protocol.translation import Spoken, Translation

GA_UPDATE = Frame.of({"type": "session.update", "session": {"type": "realtime", "instructions": "x"}})
PREVIEW_UPDATE = Frame.of({"type": "session.update", "session": {"modalities": ["text"]}})
SHAPELESS = Frame.of({"type": "session.update", "session": {"instructions": "x"}})

GA_SESSION = {
    "type": "session.created",
    "event_id": "e1",
    "session": {"type": "realtime", "object": "realtime.session", "id": "s", "output_modalities": ["audio"]},
}
GA_AUDIO = b'{"type":"response.output_audio.delta","event_id":"e2","delta":"AAAA"}'
PREVIEW_AUDIO = b'{"type":"response.audio.delta","event_id":"e2","delta":"AAAA"}'


def events(frames: list[Frame]) -> list[Any]:
    """Return what frames say."""
    return [frame.event for frame in frames]


def test_between_two_ga_sides_there_is_nothing_to_ask() -> None:
    """The very frames go through."""
    translation = Translation(Spoken())
    assert translation.plain
    up, down = from_client(b'{"type":"response.create"}'), from_upstream(GA_AUDIO)
    assert translation.from_client(up) == translation.to_upstream(up) == [up]
    assert translation.from_upstream(down) == translation.to_client(down) == [down]
    assert translation.swallowed == 0


def test_a_preview_client_in_front_of_a_ga_upstream() -> None:
    """What it says is said in GA; what it hears is in its words, audio without a parse."""
    translation = Translation(Spoken(client="preview"))
    assert not translation.plain
    (up,) = translation.from_client(PREVIEW_UPDATE)
    assert translation.to_upstream(up) == [up]
    assert up.event["session"]["output_modalities"] == ["text"]
    (down,) = translation.from_upstream(from_upstream(GA_AUDIO))
    (heard,) = translation.to_client(down)
    assert (heard.type, heard.text) == ("response.audio.delta", PREVIEW_AUDIO)
    assert heard.event["delta"] == "AAAA"
    assert translation.to_client(Frame.of({"type": "conversation.item.done", "item": {}})) == []
    assert translation.swallowed == 1


@pytest.mark.parametrize("client", ["ga", "preview"])
@pytest.mark.parametrize("upstream", ["ga", "preview"])
def test_audio_upwards_is_never_looked_into(client: Any, upstream: Any) -> None:
    """It is the same in both generations: the very frame goes through."""
    translation = Translation(Spoken(client=client, upstream=upstream))
    append = from_client(b'{"type":"input_audio_buffer.append","audio":"AAAA"}')
    (inside,) = translation.from_client(append)
    assert translation.to_upstream(inside) == [append]


def test_a_ga_client_in_front_of_a_preview_upstream() -> None:
    """One preview item is two events of GA's; what cannot be done is refused in GA's words."""
    translation = Translation(Spoken(upstream="preview"))
    (up,) = translation.to_upstream(GA_UPDATE)
    assert up.event["session"] == {"instructions": "x"}
    (down,) = translation.from_upstream(from_upstream(PREVIEW_AUDIO))
    assert translation.to_client(down) == [down]
    assert (down.type, down.text) == ("response.output_audio.delta", GA_AUDIO)
    item = {"id": "i", "type": "message", "role": "user", "status": "completed", "content": []}
    created = Frame.of({"type": "conversation.item.created", "event_id": "e", "item": item})
    types = [frame.type for frame in translation.from_upstream(created)]
    assert types == ["conversation.item.added", "conversation.item.done"]
    image = {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "data:x"}]}
    with pytest.raises(Refused) as refused:
        translation.to_upstream(Frame.of({"type": "conversation.item.create", "event_id": "mine", "item": image}))
    assert (refused.value.code, refused.value.event_id) == ("invalid_value", "mine")


def test_between_two_preview_sides_what_nobody_changed_leaves_as_it_came() -> None:
    """Frame for frame; a frame that a filter made anew is put into preview's words."""
    translation = Translation(Spoken(client="preview", upstream="preview"))
    for text in (
        PREVIEW_AUDIO,
        b'{"type":"conversation.item.created","event_id":"e","item":{"id":"i","vendor":1}}',
        b'{"type":"vendor.event"}',
    ):
        frame = from_upstream(text)
        inside = translation.from_upstream(frame)
        assert [each for one in inside for each in translation.to_client(one)] == [frame]
    (up,) = translation.from_client(PREVIEW_UPDATE)
    assert events(translation.to_upstream(up)) == [PREVIEW_UPDATE.event]
    changed = Frame.of({**up.event, "session": {**up.event["session"], "instructions": "new"}})
    assert events(translation.to_upstream(changed))[0]["session"]["instructions"] == "new"


TWO_READINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"response": {"max_response_output_tokens": 4096, "max_output_tokens": 5}}, {"max_output_tokens": 5}),
    ({"response": {"input": [{"type": "item_reference", "id": "a"}], "input_items": []}}, {"input": []}),
]


@pytest.mark.parametrize(("given", "read"), TWO_READINGS)
def test_a_client_has_said_what_was_read_and_nothing_else(given: dict[str, Any], read: dict[str, Any]) -> None:
    """Two of preview's names can stand for one of GA's: what no filter saw does not go up beside it."""
    translation = Translation(Spoken(client="preview", upstream="preview"))
    (inside,) = translation.from_client(Frame.of({"type": "response.create", **given}))
    assert inside.event["response"] == read
    (told,) = events(translation.to_upstream(inside))
    assert told["response"].keys() <= {*read, "input_items", "max_response_output_tokens"}
    assert list(told["response"].values()) == list(read.values())


def test_a_models_name_does_not_go_up_unseen() -> None:
    """It is stripped in the reading, so it is not there any more."""
    translation = Translation(Spoken(client="preview", upstream="preview"))
    (inside,) = translation.from_client(
        Frame.of({"type": "session.update", "session": {"model": "other", "modalities": ["text"]}})
    )
    (told,) = events(translation.to_upstream(inside))
    assert "model" not in told["session"]


def test_what_is_made_up_beside_a_frame_does_not_pass_for_it() -> None:
    """An item's end is told before its response goes on: each leaves once, and only the latter as it came."""
    translation = Translation(Spoken(client="preview", upstream="preview"))
    item = {"id": "item_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    begun = {"type": "response.output_item.added", "response_id": "resp_1", "output_index": 0, "item": item}
    cut = {"id": "resp_1", "status": "cancelled", "output": [{**item, "status": "incomplete"}]}
    for event in (
        begun,
        {"type": "conversation.item.created", "previous_item_id": None, "item": item},
        {"type": "response.done", "response": cut},
    ):
        frame = Frame.of({"event_id": "e", **event})
        inside = translation.from_upstream(frame)
        assert [each for one in inside for each in translation.to_client(one)] == [frame]
        assert [each.origin for each in inside if each.type == frame.type] in ([frame], [])


GUESSES: list[tuple[str, Frame, str]] = [
    ("preview", GA_UPDATE, "ga"),
    ("preview", PREVIEW_UPDATE, "preview"),
    ("ga", PREVIEW_UPDATE, "preview"),
    ("ga", GA_UPDATE, "ga"),
]


@pytest.mark.parametrize("upstream", ["ga", "preview"])
@pytest.mark.parametrize(("guess", "frame", "expected"), GUESSES)
def test_the_first_event_with_a_shape_decides(guess: Any, frame: Frame, expected: str, upstream: Any) -> None:
    """Until then the guess holds; what the session was is not forgotten; from then on nothing changes it."""
    translation = Translation(Spoken(client=guess, upstream=upstream, decided=False))
    for reported in translation.from_upstream(Frame.of(GA_SESSION)):
        translation.to_client(reported)
    translation.from_upstream(Frame.of({"type": "rate_limits.updated", "rate_limits": []}))
    translation.from_client(Frame.of({"type": "input_audio_buffer.append", "audio": ""}))
    translation.from_client(SHAPELESS)
    assert translation.client == guess
    translation.from_client(frame)
    assert translation.client == expected
    translation.from_client(Frame.of({"type": "input_audio_buffer.append", "audio": ""}))
    assert translation.client == expected
    assert translation.plain == (expected == upstream == "ga")


def test_a_decision_before_the_session_was_reported() -> None:
    """A client may speak before it hears; the session is learnt when it comes."""
    translation = Translation(Spoken(client="preview", decided=False))
    translation.from_client(GA_UPDATE)
    assert translation.client == "ga"
    assert translation.plain


def test_what_is_lost_is_collected_once() -> None:
    """For whoever tells it on; nothing of what was said is in it."""
    translation = Translation(Spoken(client="preview"))
    for _ in range(2):
        translation.from_client(Frame.of({"type": "session.update", "session": {"temperature": 0.7}}))
    assert len(translation.lost) == 1
    assert "0.7" not in translation.lost[0]


def test_a_type_that_stands_twice_in_a_text_is_not_replaced_blindly() -> None:
    """Then the event is spelt anew: the one string is the type, the other what was said."""
    text = b'{"type":"response.output_text.done","event_id":"e","text":"response.output_text.done"}'
    translation = Translation(Spoken(client="preview"))
    (frame,) = translation.to_client(from_upstream(text))
    assert frame.event == {"type": "response.text.done", "event_id": "e", "text": "response.output_text.done"}
    (frame,) = translation.to_client(from_upstream(text))
    assert frame.text == b'{"type":"response.text.done","event_id":"e","text":"response.output_text.done"}'


def test_a_renamed_frame_has_both_its_forms() -> None:
    """Whichever is asked for first."""
    for first in ("text", "event"):
        frame = from_upstream(GA_AUDIO).renamed("response.audio.delta")
        assert getattr(frame, first)
        assert (frame.text, frame.event["type"]) == (PREVIEW_AUDIO, "response.audio.delta")
