"""Tests of app.protocol.frame: which messages are frames, and what of their text is kept."""

import json
from typing import Any

import pytest

from app.errors import Ended, Ending, Refused
from app.protocol.frame import APPEND, APPEND_HEAD, APPEND_TAIL, Frame, event_id_of, from_client, from_upstream

ID = "i" * 512
"""As long as an `event_id` may be."""

DEEP = b"[" * 100_000 + b"]" * 100_000

BAD_JSON = [
    b"",
    b" ",
    b"{",
    b"hello",
    b'{"type":"a"',
    b'{"type":"a"}{"type":"b"}',
    b'{"type":"a"} x',
    b"{'type':'a'}",
    b'{"type":"a",}',
    b'{type:"a"}',
    b'\xef\xbb\xbf{"type":"a"}',
    b'{"type":"a","x":NaN}',
    b'{"type":"a","x":-Infinity}',
    b'{"type":"a","x":01}',
    b'{"type":"a","x":.5}',
    b'{"type":"a","x":"\n"}',
    b'{"type":"a","x":"\\x41"}',
    b'{"type":"a","x":"\\ud800"}',
    b'{"type":"a","x":"\\udc00\\ud800"}',
    b'{"type":"a","\\ud800":1}',
    b'{"type":"a","x":"\xed\xa0\x80"}',
    b'{"type":"a","x":"\xff"}',
    b'{"type":"a","x":1e999}',
    b'{"type":"a","x":-1e999}',
    b'{"type":"a","x":' + b"1" * 5000 + b"}",
    b'{"type":"a","x":' + DEEP + b"}",
    DEEP,
]

BAD_EVENTS = [
    # the message, and the param and event_id of the refusal
    (b"null", None, None),
    (b"[]", None, None),
    (b'["type","a"]', None, None),
    (b'"response.create"', None, None),
    (b"1", None, None),
    (b"{}", "type", None),
    (b'{"Type":"a","event_id":"e1"}', "type", "e1"),
    (b'{"type":null,"event_id":"e1"}', "type", "e1"),
    (b'{"type":1,"event_id":"e1"}', "type", "e1"),
    (b'{"type":["a"],"event_id":"e1"}', "type", "e1"),
    (b'{"type":"a","type":2,"event_id":"e1"}', "type", "e1"),
    (b'{"event_id":"e1","event_id":"e2"}', "type", "e2"),
    (b'{"event_id":7}', "type", None),
    (b'{"event_id":null}', "type", None),
    (b'{"event_id":"' + ID.encode() + b'"}', "type", ID),
    (b'{"event_id":"' + ID.encode() + b'i"}', "type", None),
]

CANONICAL = [APPEND_HEAD + audio + APPEND_TAIL for audio in (b"", b"AAAA", b"a+/9", b"QQ==", b"A" * 20_000)]

NEARLY_CANONICAL = [
    b'{"type":"input_audio_buffer.append","audio":"AAAA"} ',
    b' {"type":"input_audio_buffer.append","audio":"AAAA"}',
    b'{"type":"input_audio_buffer.append","audio":"AAAA" }',
    b'{"type":"input_audio_buffer.append", "audio":"AAAA"}',
    b'{"audio":"AAAA","type":"input_audio_buffer.append"}',
    b'{"type":"input_audio_buffer.append","audio":"AA\\u0041A"}',
    b'{"type":"input_audio_buffer.append","audio":"AA\\/A"}',
    b'{"type":"input_audio_buffer.append","audio":"AA-_"}',
    b'{"type":"input_audio_buffer.append","audio":"AA A"}',
    b'{"type":"input_audio_buffer.append","audio":"AAAA","audio":"BBBB"}',
    b'{"type":"input_audio_buffer.append","audio":"AAAA","type":"session.update"}',
    b'{"type":"input_audio_buffer.append","audio":"A","event_id":"e"}',
    b'{"type":"input_audio_buffer.append","audio":"","x":{"y":"z"}}',
    b'{"type":"input_audio_buffer\\u002eappend","audio":"AAAA"}',
    '{"type":"input_audio_buffer.append","audio":"é"}'.encode(),
]

RESPELT = [
    # what the client wrote, and what goes out
    (b' {"type" : "a" , "x" : [ 1 , 2 ] }\n', b'{"type":"a","x":[1,2]}'),
    (b'{"type":"a","type":"b"}', b'{"type":"b"}'),
    (b'{"type":"a","\\u0074ype":"b"}', b'{"type":"b"}'),
    (b'{"type":"a","x":{"k":1,"k":2,"\\u006b":3}}', b'{"type":"a","x":{"k":3}}'),
    (b'{"type":"\\u0061","x":"\\/\\u000a"}', b'{"type":"a","x":"/\\n"}'),
    (b'{"type":"a","x":"\\ud83d\\ude00"}', '{"type":"a","x":"😀"}'.encode()),
    (b'{"type":"a","x":[1,1.0,true,-0.0,1e2]}', b'{"type":"a","x":[1,1.0,true,-0.0,100.0]}'),
    (b'{"type":"a","x":18446744073709551616}', b'{"type":"a","x":18446744073709551616}'),
]

NO_EVENTS = [
    *(data for data in BAD_JSON if b"e999" not in data and b"1" * 5000 not in data),
    *(data for data, _, _ in BAD_EVENTS),
]


@pytest.mark.parametrize("data", BAD_JSON)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    """Bad JSON, too deep a nesting, half a surrogate pair and numbers out of range are `invalid_json`."""
    with pytest.raises(Refused) as refused:
        from_client(data)
    assert (refused.value.code, refused.value.param, refused.value.event_id) == ("invalid_json", None, None)


@pytest.mark.parametrize(("data", "param", "event_id"), BAD_EVENTS)
def test_what_is_no_event_is_refused(data: bytes, param: str | None, event_id: str | None) -> None:
    """No object with a string as its `type`: `invalid_event`, with the `event_id` where there was one."""
    with pytest.raises(Refused) as refused:
        from_client(data)
    expected = ("invalid_event", param, event_id)
    assert expected == (refused.value.code, refused.value.param, refused.value.event_id)


@pytest.mark.parametrize("data", [b'{"canary"}', b'{"type":"a","x":canary}', b'{"x":"canary\\ud800"}', b"canary"])
def test_a_refusal_does_not_quote_the_text(data: bytes) -> None:
    """The words say where parsing stopped, and repeat nothing of what was sent."""
    with pytest.raises(Refused) as refused:
        from_client(data)
    assert "canary" not in refused.value.message
    assert refused.value.message.startswith("The message is not valid JSON: ")


def test_too_deep_is_said() -> None:
    """A client that nests too deep is told so, whatever its parser makes of the text."""
    with pytest.raises(Refused, match="nested too deep"):
        from_client(DEEP)


@pytest.mark.parametrize("data", CANONICAL)
def test_a_canonical_append_passes_untouched(data: bytes) -> None:
    """Its text is the very bytes that came, and its event what they say."""
    frame = from_client(data)
    assert frame.type == APPEND
    assert frame.text is data
    assert json.loads(data) == frame.event


@pytest.mark.parametrize("data", NEARLY_CANONICAL)
def test_any_other_spelling_is_encoded_anew(data: bytes) -> None:
    """A space, an escape, another key or order: the text is the relay's own, with the last of equal keys."""
    frame = from_client(data)
    assert frame.text is not data
    assert json.loads(data) == frame.event == json.loads(frame.text)
    assert frame.event["type"] == frame.type


@pytest.mark.parametrize("cut", range(1, len(APPEND_TAIL) + 2))
def test_a_truncated_append_is_no_append(cut: int) -> None:
    """Head and tail of the canonical spelling must not share a byte: what lacks one is no JSON."""
    whole = APPEND_HEAD + b"" + APPEND_TAIL
    for data in (whole[:-cut], APPEND_HEAD + APPEND_TAIL[cut:], APPEND_HEAD[:-cut] + APPEND_TAIL):
        with pytest.raises(Refused):
            from_client(data)


@pytest.mark.parametrize(("data", "text"), RESPELT)
def test_a_clients_frame_is_spelt_by_the_relay(data: bytes, text: bytes) -> None:
    """Equal keys, escapes and spaces are gone; integers, floats and booleans stay what they are."""
    frame = from_client(data)
    assert text == frame.text
    assert repr(json.loads(text)) == repr(frame.event)


@pytest.mark.parametrize(
    "data",
    [
        b' {"type" : "a", "x" : 1e2}\n',
        b'{"x":{"type":"no"},"type":"a"}',
        b'{"type":"no","type":"a"}',
        '{"type":"a","x":"é\\u00e9"}'.encode(),
    ],
)
def test_the_upstreams_bytes_are_kept(data: bytes) -> None:
    """Its frame knows its type, goes out as the very bytes that came, and is decoded for who asks."""
    frame = from_upstream(data)
    assert frame.type == "a"
    assert frame.event == json.loads(data)
    assert frame.text is data


@pytest.mark.parametrize("data", NO_EVENTS)
def test_an_upstream_that_sends_no_event_has_failed(data: bytes) -> None:
    """Bad JSON, bad UTF-8, no object or no `type`: the session ends, and the detail quotes nothing."""
    with pytest.raises(Ended) as ended:
        from_upstream(data)
    assert ended.value.ending is Ending.UPSTREAM_FAILED
    assert "Error" in ended.value.detail
    assert '"' not in ended.value.detail


@pytest.mark.parametrize("value", [b"1e999", b"1" * 5000])
def test_an_upstreams_event_that_cannot_be_read_is_a_failure_too(value: bytes) -> None:
    """What only shows when somebody asks for the event ends the session as the upstream's failure, not as ours."""
    frame = from_upstream(b'{"type":"a","x":' + value + b"}")
    with pytest.raises(Ended) as ended:
        _ = frame.event
    assert ended.value.ending is Ending.UPSTREAM_FAILED


def test_a_frame_is_made_of_an_event() -> None:
    """Its type is the event's; its text is encoded once, when it is asked for."""
    event: dict[str, Any] = {"type": "a", "x": [1, 1.5, True, None, "é"]}
    frame = Frame.of(event)
    assert frame.type == "a"
    assert frame.event is event
    assert frame.text == '{"type":"a","x":[1,1.5,true,null,"é"]}'.encode()
    assert frame.text is frame.text


def test_an_event_is_decoded_once() -> None:
    """Whoever asks again gets the same object."""
    frame = from_upstream(b'{"type":"a"}')
    assert frame.event is frame.event


@pytest.mark.parametrize(("given_id", "expected"), [("e1", "e1"), ("", ""), (ID, ID), (ID + "i", None), (1, None)])
def test_event_ids_that_are_repeated(given_id: object, expected: str | None) -> None:
    """A string of at most 512 characters; anything else counts as none."""
    assert expected == event_id_of({"type": "a", "event_id": given_id})
    assert event_id_of({"type": "a"}) is None
