"""Tests of app.errors: the endings table, and the shapes in which callers hear of a refusal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MAX_REASON_BYTES, Ended, Ending, Refused, RelayError, error_body, error_event, fitting

ENDINGS = [
    # close code, HTTP status, whether a retry may help, and the endings of which that is true
    (1000, 499, False, [Ending.CLIENT_LEFT]),
    (1000, 500, False, [Ending.UPSTREAM_DONE]),
    (3000, 401, False, [Ending.UNAUTHENTICATED, Ending.TOKEN_EXPIRED]),
    (3003, 403, False, [Ending.FORBIDDEN]),
    (3003, 400, False, [Ending.BAD_REQUEST]),
    (3003, 415, False, [Ending.NOT_THIS_MEDIA]),
    (3003, 404, False, [Ending.NO_SUCH_MODEL]),
    (3008, 408, True, [Ending.IDLE, Ending.MAXIMUM_DURATION]),
    (1007, 400, False, [Ending.NOT_UTF8]),
    (1009, 413, False, [Ending.FRAME_TOO_BIG]),
    (1008, 403, False, [Ending.POLICY]),
    (4429, 429, True, [Ending.OVER_QUOTA]),
    (4408, 408, True, [Ending.CLIENT_TOO_SLOW]),
    (1012, 503, True, [Ending.DRAINING]),
    (1013, 503, True, [Ending.UPSTREAM_UNAVAILABLE]),
    (1013, 429, True, [Ending.UPSTREAM_OVERLOADED]),
    (1013, 504, True, [Ending.DIAL_TIMEOUT]),
    (1011, 502, False, [Ending.UPSTREAM_REFUSED]),
    (1011, 502, True, [Ending.UPSTREAM_FAILED]),
    (1011, 500, True, [Ending.RELAY_FAULT]),
]

REDIALLED_BY_SDKS = {1001, 1005, 1006, 1011, 1012, 1013, 1015}
"""Close codes after which openai-python connects again."""

REASONS = [
    ("", ""),
    ("a" * 123, "a" * 123),
    ("a" * 124, "a" * 123),
    ("é" * 62, "é" * 61),
    ("a" + "é" * 62, "a" + "é" * 61),
    ("😀" * 31, "😀" * 30),
    ("a\ud800b", "a?b"),
]


@pytest.mark.parametrize(("close_code", "status", "retry", "endings"), ENDINGS)
def test_each_ending_means_one_row_of_the_table(
    *, close_code: int, status: int, retry: bool, endings: list[Ending]
) -> None:
    """Close code, HTTP status and whether a retry may help are what the table says."""
    for ending in endings:
        meaning = ending.value
        assert (close_code, status, retry) == (meaning.close_code, meaning.status, meaning.retry)


def test_no_ending_is_without_a_row() -> None:
    """The table is complete, and names each ending once."""
    named = [ending for row in ENDINGS for ending in row[3]]
    assert sorted(ending.name for ending in Ending) == sorted(ending.name for ending in named)


@pytest.mark.parametrize("ending", Ending)
def test_every_close_code_may_be_sent(ending: Ending) -> None:
    """1005, 1006 and 1015 stand in no row, nor does any code that RFC 6455 reserves."""
    code = ending.value.close_code
    assert code not in {1004, 1005, 1006, 1015}
    assert 1000 <= code < 1015 or 3000 <= code < 5000


def test_endings_that_no_retry_helps_do_not_make_an_sdk_redial() -> None:
    """Of the endings that no retry helps only the refused relay shares its code with endings that it does help."""
    redialled = {each for each in Ending if not each.value.retry and each.value.close_code in REDIALLED_BY_SDKS}
    assert {Ending.UPSTREAM_REFUSED} == redialled


@pytest.mark.parametrize("ending", Ending)
def test_an_ending_speaks_its_own_words(ending: Ending) -> None:
    """Code, message, close code and reason are the row's own where nothing replaces them."""
    ended = Ended(ending)
    meaning = ending.value
    assert (meaning.code, meaning.message) == (ended.code, ended.message)
    assert (meaning.close_code, fitting(meaning.message)) == (ended.close_code, ended.reason)
    assert (ended.detail, ended.retry_after) == ("", None)


def test_what_replaces_an_endings_words() -> None:
    """Message, code, close code, reason and the time of a retry can each be given."""
    ended = Ended(Ending.OVER_QUOTA, "Too many.", code="busy", close_code=1008, reason="busy", retry_after=7)
    assert (ended.message, ended.code, ended.close_code) == ("Too many.", "busy", 1008)
    assert (ended.reason, ended.retry_after) == ("busy", 7)


def test_a_message_is_the_reason_where_none_is_given() -> None:
    """The close frame carries the message, cut to its size; an empty reason stays empty."""
    assert Ended(Ending.POLICY, "no " * 60).reason == ("no " * 60)[:123]
    assert Ended(Ending.UPSTREAM_DONE, reason="").reason == ""


def test_the_detail_is_for_the_log_alone() -> None:
    """No shape that a caller sees repeats it."""
    ended = Ended(Ending.UPSTREAM_REFUSED, detail="canary")
    assert ended.detail == "canary"
    assert "canary" not in f"{ended.message}{ended.reason}{error_body(ended)}{error_event(ended, 'event_1')}"


@pytest.mark.parametrize(("given_reason", "expected"), REASONS)
def test_reasons_are_cut_at_a_character(given_reason: str, expected: str) -> None:
    """A close reason has at most 123 bytes of UTF-8, and no half character at its end."""
    assert expected == fitting(given_reason)


@given(st.text())
def test_a_cut_reason_is_as_long_as_it_can_be(reason: str) -> None:
    """What fits is a beginning of the reason, and one character more would not fit."""
    cut = fitting(reason)
    assert reason.startswith(cut)
    assert len(cut.encode()) <= MAX_REASON_BYTES
    assert cut == reason or len(reason[: len(cut) + 1].encode()) > MAX_REASON_BYTES


def test_both_errors_are_the_relays() -> None:
    """Whoever catches `RelayError` catches everything that the relay raises on purpose."""
    assert issubclass(Refused, RelayError)
    assert issubclass(Ended, RelayError)


def test_an_http_refusal_is_shaped_as_openais() -> None:
    """The body holds one `error` with message, type, param and code."""
    ended = Ended(Ending.OVER_QUOTA, "Too many.", code="busy")
    expected = {"error": {"message": "Too many.", "type": "rate_limit_error", "param": None, "code": "busy"}}
    assert expected == error_body(ended)


REFUSED = Refused("invalid_value", "Not so.", param="type", event_id="theirs")
EVENTS: list[tuple[Refused | Ended, dict[str, Any]]] = [
    (
        REFUSED,
        {
            "type": "invalid_request_error",
            "code": "invalid_value",
            "message": "Not so.",
            "param": "type",
            "event_id": "theirs",
        },
    ),
    (
        Refused("invalid_json", "No JSON."),
        {
            "type": "invalid_request_error",
            "code": "invalid_json",
            "message": "No JSON.",
            "param": None,
            "event_id": None,
        },
    ),
    (
        Ended(Ending.DRAINING, "Later."),
        {
            "type": "server_error",
            "code": "server_draining",
            "message": "Later.",
            "param": None,
            "event_id": None,
        },
    ),
]


@pytest.mark.parametrize(("error", "detail"), EVENTS)
def test_an_error_event_names_the_event_that_it_is_about(error: Refused | Ended, detail: dict[str, Any]) -> None:
    """The event has its own `event_id`, and inside `error` that of the client's event, where there was one."""
    assert {"type": "error", "event_id": "ours", "error": detail} == error_event(error, "ours")
