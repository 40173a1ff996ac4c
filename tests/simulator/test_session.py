"""Tests of a whole session without a socket: the documented orders, updates, errors, its end, and any sequence."""

from typing import Any

import msgspec
import pytest

from app.simulator.outbox import Close
from app.simulator.session_object import Opening
from tests.simulator.playing import (
    BORN,
    GA,
    GA_TRANSCRIPTION,
    PREVIEW,
    PREVIEW_TRANSCRIPTION,
    Event,
    Play,
    silence,
    speech,
)

ORDERS = {
    # What the service was seen to send in an audio turn with server VAD; deltas stand once for any number.
    GA: """
        input_audio_buffer.speech_started input_audio_buffer.speech_stopped input_audio_buffer.committed
        conversation.item.added conversation.item.done
        response.created response.output_item.added conversation.item.added response.content_part.added
        response.output_audio_transcript.delta response.output_audio.delta
        response.output_audio.done response.output_audio_transcript.done response.content_part.done
        conversation.item.done response.output_item.done response.done rate_limits.updated
    """,
    PREVIEW: """
        input_audio_buffer.speech_started input_audio_buffer.speech_stopped input_audio_buffer.committed
        conversation.item.created
        response.created response.output_item.added conversation.item.created response.content_part.added
        response.audio_transcript.delta response.audio.delta
        response.audio.done response.audio_transcript.done response.content_part.done
        response.output_item.done response.done rate_limits.updated
    """,
}


def types(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


@pytest.mark.parametrize("opening", ORDERS)
def test_an_audio_turn_is_in_the_documented_order(opening: Opening) -> None:
    """Speech, silence, answer: the events come in the order that the service was seen to keep."""
    play = Play(opening)
    events = [*play.hear(speech(), silence(400)), *play.let_pass(60)]
    assert list(dict.fromkeys(types(events))) == list(dict.fromkeys(ORDERS[opening].split()))
    deltas = [kind for kind in types(events) if kind.endswith(".delta")]
    assert len(set(deltas)) == 2
    assert [kind for kind in types(events) if not kind.endswith(".delta")] == [
        kind for kind in ORDERS[opening].split() if not kind.endswith(".delta")
    ]


@pytest.mark.parametrize(
    ("opening", "kind"),
    [
        (GA, "session.created"),
        (PREVIEW, "session.created"),
        (GA_TRANSCRIPTION, "session.created"),
        (PREVIEW_TRANSCRIPTION, "transcription_session.created"),
    ],
)
def test_a_session_begins(opening: Opening, kind: str) -> None:
    """The first event tells the session, which expires after its time."""
    [created] = Play(opening, session_seconds=60).said
    assert (created["type"], created["session"]["expires_at"]) == (kind, BORN + 60)


def test_an_update_is_told() -> None:
    """`session.updated` tells the whole session with its changes."""
    play = Play()
    before = play.said[0]["session"]
    [updated] = play.update(instructions="Be brief.", audio={"output": {"voice": "marin"}})
    assert updated["type"] == "session.updated"
    output = {**before["audio"]["output"], "voice": "marin"}
    assert updated["session"] == {
        **before,
        "instructions": "Be brief.",
        "audio": {**before["audio"], "output": output},
    }


def test_one_unknown_key_discards_the_whole_update() -> None:
    """Nothing of a refused update holds."""
    play = Play()
    before = play.update()[0]["session"]
    [error] = play.update(instructions="Be brief.", temperature=0.8)
    assert (error["error"]["code"], error["error"]["param"]) == ("unknown_parameter", "session.temperature")
    assert play.update()[0]["session"] == before


@pytest.mark.parametrize("opening", [GA, PREVIEW])
def test_the_voice_is_fixed_once_it_was_heard(opening: Opening) -> None:
    """After the first audio another voice is refused; the same one is not, nor anything else."""
    play = Play(opening)

    def voice(name: str) -> list[Event]:
        return play.update(**({"audio": {"output": {"voice": name}}} if opening is GA else {"voice": name}))

    assert types(voice("ash")) == ["session.updated"]
    play.ask("hello")
    [error] = voice("sage")
    assert error["error"]["code"] == "cannot_update_voice"
    assert types(voice("ash")) == ["session.updated"]


@pytest.mark.parametrize(
    ("opening", "kind", "session", "param"),
    [
        (GA, "session.update", {"type": "transcription"}, "session.type"),
        (GA_TRANSCRIPTION, "session.update", {"type": "realtime"}, "session.type"),
        (PREVIEW, "transcription_session.update", {}, "type"),
        (PREVIEW_TRANSCRIPTION, "session.update", {}, "type"),
        (GA, "session.update", {"type": "realtime", "model": "another"}, "session.model"),
        (PREVIEW, "session.update", {"model": "another"}, "session.model"),
    ],
)
def test_a_session_stays_what_it_is(opening: Opening, kind: str, session: Event, param: str) -> None:
    """Neither its kind nor its model changes."""
    assert Play(opening).refused(kind, session=session) == ("invalid_value", param)


@pytest.mark.parametrize(
    ("opening", "param"),
    [(GA_TRANSCRIPTION, "session.audio.input.turn_detection"), (PREVIEW, "session.turn_detection")],
)
def test_one_model_detects_by_itself(opening: Opening, param: str) -> None:
    """`gpt-realtime-whisper` demands that turn detection is null."""
    play = Play(opening)

    def hearing(**fields: Any) -> list[Event]:
        words = {"transcription": "input_audio_transcription"} if opening is PREVIEW else {}
        named = {words.get(key, key): value for key, value in fields.items()}
        return play.update(**(named if opening is PREVIEW else {"audio": {"input": named}}))

    [error] = hearing(transcription={"model": "gpt-realtime-whisper"})
    assert (error["error"]["code"], error["error"]["param"]) == ("invalid_value", param)
    fields = {"transcription": {"model": "gpt-realtime-whisper"}, "turn_detection": None}
    assert types(hearing(**fields)) == ["session.updated"]


def test_its_own_model_may_be_repeated() -> None:
    """Clients repeat the model in their first update."""
    assert types(Play().update(model="gpt-realtime")) == ["session.updated"]


@pytest.mark.parametrize(
    ("opening", "kind"), [(GA_TRANSCRIPTION, "session"), (PREVIEW_TRANSCRIPTION, "transcription_session")]
)
def test_a_transcription_session(opening: Opening, kind: str) -> None:
    """It is updated in the words of its generation, hears, and gives no responses, whatever its detection says."""
    play = Play(opening)
    detection = {"turn_detection": {"type": "server_vad", "create_response": True}}
    given = {"type": "transcription", "audio": {"input": detection}} if opening is GA_TRANSCRIPTION else detection
    assert types(play.send(f"{kind}.update", session=given)) == [f"{kind}.updated"]
    assert play.refused("response.create") == ("invalid_value", "type")
    assert "input_audio_buffer.committed" in types(play.hear(speech(), silence(400)))
    assert play.let_pass(60) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff", "invalid_json"),
        ('{"type": "\ud800"}'.encode("utf-8", "surrogatepass"), "invalid_json"),
        (b'{"a":' * 10_000, "invalid_json"),
        (b"[]", "invalid_event"),
        (b"null", "invalid_event"),
        (b"{}", "missing_required_parameter"),
        (b'{"type": 1}', "missing_required_parameter"),
    ],
)
def test_what_is_no_event(data: bytes, code: str) -> None:
    """A message that is no event gets an error, and the session lives."""
    play = Play()
    [error] = play.send_raw(data)
    assert error["error"]["code"] == code
    assert types(play.update()) == ["session.updated"]


def test_errors_name_the_event() -> None:
    """An error repeats the `event_id` of what it refuses, where that is one."""
    play = Play()
    for event_id, told in (("mine", "mine"), (7, None), (None, None)):
        [error] = play.send("nonsense", event_id=event_id)
        assert error["error"]["event_id"] == told


def test_a_session_expires() -> None:
    """At its end a session says so, and closes with 1001 and the same words; then it is silent."""
    play = Play(session_seconds=1800)
    play.write("hello")
    assert play.let_pass(1799) == []
    play.send("response.create")
    error = play.let_pass(60)[-1]
    message = "Your session hit the maximum duration of 30 minutes."
    assert error["error"] == {
        "type": "invalid_request_error",
        "code": "session_expired",
        "message": message,
        "param": None,
        "event_id": None,
    }
    assert play.closed == Close(1001, message)
    assert play.session.wake_at is None
    assert play.session.tick(play.now) == []
    assert play.send("response.create") == []


def test_numbers_of_any_size_do_no_harm() -> None:
    """A number beyond all ranges is refused like any other."""
    play = Play()
    [error] = play.send_raw(b'{"type":"session.update","session":{"type":"realtime","max_output_tokens":1e400}}')
    assert error["error"]["code"] in {"invalid_json", "invalid_type"}
    big = msgspec.json.encode({"type": "conversation.item.truncate", "item_id": "i", "content_index": 2**63})
    [error] = play.send_raw(big)
    assert error["error"]["code"] == "missing_required_parameter"
