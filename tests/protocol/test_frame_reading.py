"""The property of app.protocol.frame that the relay's policy stands on: one text, one reading.

For any text that a client may send, what the upstream receives parses, by a strict parser, to exactly the event
that the policy saw. The texts are JSON as an adversary spells it, broken in places, and plain noise.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn

from hypothesis import event as note
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import Refused
from app.protocol.frame import APPEND_HEAD, APPEND_TAIL, from_client

SPACES = st.sampled_from(["", "", "", " ", "\n", "\t\r ", " \n "])
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"}
ODD_NUMBERS = st.sampled_from(["1", "1.0", "-0", "-0.0", "0e0", "1e2", "1E+2", "100", "1e-400", "1e400", "-1e999"])
WRONG_NUMBERS = st.sampled_from(["01", "+1", ".5", "1.", "0x1", "1e", "--1", "1" * 5000])
LONG_NUMBERS = st.sampled_from(["9007199254740993", "18446744073709551616", "-9223372036854775809", "1" * 400])
ODD_WORDS = st.sampled_from(
    ["NaN", "Infinity", "-Infinity", "True", "nul", "undefined", '"\\ud800"', '"\\udc00x"']
)
TYPES = st.sampled_from(["response.create", "session.update", "input_audio_buffer.append", "é", ""])
KEYS = st.sampled_from(["type", "event_id", "session", "audio", "model"]) | st.text(max_size=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(lambda kind, rest: {**rest, "type": kind}, TYPES, st.dictionaries(KEYS, VALUES, max_size=4))


def unequal(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object, and refuse equal keys."""
    assert len({key for key, _ in pairs}) == len(pairs), "equal keys"
    return dict(pairs)


def no_constant(name: str) -> NoReturn:
    """Refuse what JSON lacks."""
    raise AssertionError(name)


def finite(digits: str) -> float:
    """Read a number, and refuse one out of range."""
    value = float(digits)
    assert abs(value) != float("inf"), digits
    return value


def strictly(text: bytes) -> Any:
    """Parse as the strictest reader would: UTF-8, no equal keys, no constants that JSON lacks, no infinity."""
    hooks: Any = {"object_pairs_hook": unequal, "parse_constant": no_constant, "parse_float": finite}
    return json.loads(text.decode("utf-8", "strict"), **hooks)


def check(data: bytes) -> None:
    """Hold the property for one message. Equal `repr` means equal types too: 1 is not 1.0, and not True."""
    try:
        frame = from_client(data)
    except Refused as refused:
        note(f"refused: {refused.code}")
        return
    note("untouched" if frame.text is data else "encoded anew")
    assert repr(strictly(frame.text)) == repr(frame.event)
    assert frame.type == frame.event["type"]


@st.composite
def spelt_string(draw: st.DrawFn, text: str) -> str:
    """Spell a string with any mixture of plain characters and escapes."""
    return '"' + "".join(_spelt_character(draw, each) for each in text) + '"'


def _spelt_character(draw: st.DrawFn, char: str) -> str:
    way = draw(st.integers(0, 3))
    if way == 0 and char in SHORT_ESCAPES:
        return SHORT_ESCAPES[char]
    if way <= 1 or char in '"\\' or char < " ":
        units = char.encode("utf-16-be").hex("-", 2).split("-")
        form = draw(st.sampled_from([str.upper, str.lower]))
        return "".join("\\u" + form(unit) for unit in units)
    return char


@st.composite
def spelt(draw: st.DrawFn, value: Any) -> str:
    """Spell a value as an adversary would: spaces, escapes, odd numbers, and keys that come twice."""
    inner = _spelt_value(draw, value)
    return draw(SPACES) + inner + draw(SPACES)


def _spelt_value(draw: st.DrawFn, value: Any) -> str:
    if draw(st.integers(0, 19)) == 7:
        return draw(ODD_NUMBERS | LONG_NUMBERS | WRONG_NUMBERS | ODD_WORDS)
    match value:
        case dict():
            return "{" + ",".join(_spelt_pair(draw, key, each) for key, each in value.items()) + "}"
        case list():
            return "[" + ",".join(draw(spelt(each)) for each in value) + "]"
        case str():
            return draw(spelt_string(value))
        case _:
            return json.dumps(value)


def _spelt_pair(draw: st.DrawFn, key: str, value: Any) -> str:
    decoys = draw(st.lists(VALUES, max_size=1)) if draw(st.booleans()) else []
    return ",".join(f"{draw(spelt_string(key))}{draw(SPACES)}:{draw(spelt(each))}" for each in [*decoys, value])


@st.composite
def broken(draw: st.DrawFn, texts: st.SearchStrategy[bytes]) -> bytes:
    """Put up to three random pieces in the place of others."""
    data = draw(texts)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(start + 4, len(data))))
        data = (
            data[:start]
            + draw(st.binary(max_size=3) | st.sampled_from([b'"', b"}", b",", b"\\", b":"]))
            + data[end:]
        )
    return data


SPELT = EVENTS.flatmap(spelt).map(str.encode)
APPENDS = st.text("ABYZabyz0189+/=").map(lambda audio: APPEND_HEAD + audio.encode() + APPEND_TAIL)


def nested(opening: str, closing: str) -> Callable[[int], bytes]:
    """Return a function that nests so many times."""
    return lambda depth: f'{{"type":"a","x":{opening * depth}1{closing * depth}}}'.encode()


DEPTHS = st.integers(0, 200) | st.integers(2_000, 20_000)
"""Python's own stack, which the strict parser shares with the decoder, lies between."""


@given(SPELT)
@example(b'{"type":"session.update","\\u0074ype":"response.create"}')
@example(b'{"type":"a","x":1e999}')
def test_json_as_an_adversary_spells_it(data: bytes) -> None:
    """Equal keys, odd escapes, spaces and odd numbers."""
    check(data)


@given(broken(SPELT))
def test_json_with_broken_places(data: bytes) -> None:
    """Bytes altered, inserted and lost, wherever they stand."""
    check(data)


@given(APPENDS | broken(APPENDS))
@example(APPEND_HEAD + APPEND_TAIL[1:])
@example(APPEND_HEAD + b'","audio":"' + APPEND_TAIL)
def test_appends_nearly_canonical(data: bytes) -> None:
    """Whatever passes untouched is the canonical spelling, whole; one altered byte is seen."""
    check(data)


@given(st.one_of(DEPTHS.map(nested("[", "]")), DEPTHS.map(nested('{"k":', "}")), DEPTHS.map(nested("[", ""))))
def test_nesting_of_any_depth(data: bytes) -> None:
    """Too deep is refused; what is not refused is read alike."""
    check(data)


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_any_text(text: str) -> None:
    """Noise that happens to be UTF-8."""
    check(text.encode())


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    """Noise that is not even UTF-8 is refused by the reader too, if nobody before did."""
    check(data)
