"""Tests of the responses of a session: one in the conversation, any number beside it."""

from typing import Any

import pytest

from app.simulator.session_object import Opening
from tests.simulator.playing import GA, PREVIEW, Event, Play, silence, speech

NONE = {"conversation": "none"}


def types(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def done(events: list[Event]) -> list[Event]:
    return [event["response"] for event in events if event["type"] == "response.done"]


def begun(play: Play, **response: Any) -> str:
    """Begin a response; returns its id."""
    created = play.send("response.create", response=response)[0]
    assert created["type"] == "response.created"
    return str(created["response"]["id"])


def test_one_response_at_a_time() -> None:
    """A second response in the conversation is refused while the first is in progress, and taken after it."""
    play = Play()
    first = begun(play)
    [error] = play.send("response.create", event_id="mine")
    assert error["error"] == {
        "type": "invalid_request_error",
        "code": "conversation_already_has_active_response",
        "message": f"Conversation already has an active response in progress: {first}. Wait until the response is"
        " finished before creating a new one.",
        "param": None,
        "event_id": "mine",
    }
    assert done(play.let_pass(60))[0]["status"] == "completed"
    begun(play)


def test_out_of_band_responses_leave_no_trace() -> None:
    """Responses out of band run beside the conversation's, belong to none, and add no items."""
    play = Play()
    begun(play)
    ids = [begun(play, **NONE, metadata={"topic": str(n)}) for n in range(3)]
    events = play.let_pass(60)
    told = {response["id"]: response for response in done(events)}
    assert [told[each]["metadata"] for each in ids] == [{"topic": str(n)} for n in range(3)]
    assert {told[each]["conversation_id"] for each in ids} == {None}
    items = {event["item"]["id"] for event in events if event["type"].startswith("conversation.item")}
    assert items.isdisjoint(item["id"] for each in ids for item in told[each]["output"])
    assert types(events).count("rate_limits.updated") == 4


def test_a_response_has_its_own_input() -> None:
    """Given input, a response answers to that alone; references name items of the conversation."""
    play = Play()
    [added, _] = play.write("from the conversation")
    own = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "of my own"}]}
    reference = {"type": "item_reference", "id": added["item"]["id"]}
    for given, quoted in (([], "Nobody"), ([own], "of my own"), ([own, reference], "from the conversation")):
        begun(play, **NONE, input=given, output_modalities=["text"])
        [response] = done(play.let_pass(60))
        assert quoted in response["output"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    ("item", "code", "param"),
    [
        ({"type": "item_reference", "id": "item_of_nobody"}, "invalid_value", "response.input[0].id"),
        (
            {"type": "message", "role": "user", "content": [{"type": "input_text"}]},
            "missing_required_parameter",
            "response.input[0].content[0].text",
        ),
    ],
)
def test_input_that_is_none_is_refused(item: dict[str, Any], code: str, param: str) -> None:
    """A reference to nothing and an item that lacks something are refused by their place."""
    assert Play().refused("response.create", response={"input": [item]}) == (code, param)


@pytest.mark.parametrize("opening", [GA, PREVIEW])
def test_a_response_tells_its_own_terms(opening: Opening) -> None:
    """What a response asks for holds for it alone, and its object repeats it in the generation's words."""
    play = Play(opening)
    own: dict[str, Any] = {"max_output_tokens": 100, "instructions": "Be brief.", "tool_choice": "none"}
    expected: dict[str, Any] = {"max_output_tokens": 100}
    if opening is GA:
        own |= {"output_modalities": ["text"], "audio": {"output": {"voice": "cedar"}}}
        output = {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar"}
        expected |= {"output_modalities": ["text"], "audio": {"output": output}}
    else:
        own |= {"modalities": ["text"], "voice": "sage", "temperature": 1.0, "output_audio_format": "g711_ulaw"}
        expected |= {key: own[key] for key in ("modalities", "voice", "temperature", "output_audio_format")}
    begun(play, **own)
    [response] = done(play.let_pass(60))
    assert {key: response[key] for key in expected} == expected
    assert play.said[0]["session"] == play.update()[0]["session"]


def test_preview_knows_both_names_of_the_limit() -> None:
    """`max_response_output_tokens` limits a preview response too."""
    play = Play(PREVIEW)
    begun(play, max_response_output_tokens=1)
    [response] = done(play.let_pass(60))
    assert (response["status"], response["max_output_tokens"]) == ("incomplete", 1)


def test_the_voice_stays() -> None:
    """Once the assistant has spoken, no response in the conversation has another voice; out of band it may."""
    play = Play()
    other = {"audio": {"output": {"voice": "ash"}}}
    begun(play, **other)
    play.let_pass(60)
    another = {"audio": {"output": {"voice": "sage"}}}
    assert play.refused("response.create", response=another)[0] == "cannot_update_voice"
    begun(play, **NONE, **another)


@pytest.mark.parametrize("by_id", [True, False])
def test_cancelling(by_id: bool) -> None:  # noqa: FBT001 - a column
    """A response is cancelled by its id or as the conversation's; it ends at once, once."""
    play = Play()
    first = begun(play)
    play.let_pass(0.2)
    fields = {"response_id": first} if by_id else {}
    [response] = done(play.send("response.cancel", **fields))
    assert response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    [error] = play.send("response.cancel", **fields)
    assert error["error"]["code"] == "response_cancel_not_active"
    assert error["error"]["message"] == "Cancellation failed: no active response found"
    assert play.let_pass(60) == []


def test_out_of_band_is_cancelled_by_id_only() -> None:
    """Without an id only the conversation's response is meant."""
    play = Play()
    beside = begun(play, **NONE)
    assert play.refused("response.cancel")[0] == "response_cancel_not_active"
    assert done(play.send("response.cancel", response_id=beside))[0]["status"] == "cancelled"


def test_barging_in() -> None:
    """Who speaks while the assistant does, cuts it off: first speech starts, then the response ends."""
    play = Play()
    play.hear(speech(), silence(400))
    play.let_pass(0.2)
    events = play.hear(speech())
    assert types(events)[0] == "input_audio_buffer.speech_started"
    [response] = done(events)
    assert response["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert types(play.hear(silence(400)))[:2] == [
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
    ]
    assert done(play.let_pass(60))[0]["status"] == "completed"


def test_not_barging_in() -> None:
    """Where speech does not interrupt, the turn is answered after the response that it did not end."""
    play = Play()
    play.update(audio={"input": {"turn_detection": {"type": "server_vad", "interrupt_response": False}}})
    play.hear(speech(), silence(400))
    play.let_pass(0.2)
    assert done(play.hear(speech(), silence(400))) == []
    assert [response["status"] for response in done(play.let_pass(60))] == ["completed", "completed"]


def test_no_answer_unless_wanted() -> None:
    """Without `create_response` a turn is an item, and nothing else."""
    play = Play()
    play.update(audio={"input": {"turn_detection": {"type": "semantic_vad", "create_response": False}}})
    play.hear(speech(), silence(3000))
    assert play.let_pass(60) == []


def test_the_spoken_item_can_be_deleted_meanwhile() -> None:
    """An answer whose item is deleted while it is spoken goes on to its end, without a word about the item's."""
    play = Play()
    begun(play)
    events = play.let_pass(0.3)
    [item_id] = [event["item"]["id"] for event in events if event["type"] == "conversation.item.added"]
    play.send("conversation.item.delete", item_id=item_id)
    events = play.let_pass(60)
    assert done(events)[0]["status"] == "completed"
    assert "conversation.item.done" not in types(events)


def test_the_limits_follow() -> None:
    """After each response the rest of the quota is told, in tokens alone."""
    play = Play(tokens_per_minute=1000)
    events = play.ask("hello")
    usage = done(events)[0]["usage"]
    [limit] = events[-1]["rate_limits"]
    assert limit == {
        "name": "tokens",
        "limit": 1000,
        "remaining": 1000 - usage["total_tokens"],
        "reset_seconds": round(usage["total_tokens"] * 60 / 1000, 3),
    }
