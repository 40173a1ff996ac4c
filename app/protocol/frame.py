"""One message of the Realtime API: its type at once, its event only for who asks, its text ready to send.

What a client wrote is never sent on as it stands: it is decoded and encoded anew, so that the relay and the
upstream cannot read two different events in one text (equal keys, odd escapes). The one exception has a single
reading by construction: the canonical spelling of `input_audio_buffer.append`, matched as a whole.
"""

from typing import Any

import msgspec
from pybase64 import b64decode

from app.errors import Ended, Ending, Refused

__all__ = ["OWN", "Append", "Frame", "Head", "Spelt", "event_id_of", "from_client", "from_upstream", "is_own"]

MAX_EVENT_ID = 512
"""Characters of an `event_id` (Realtime API reference); a longer one is not repeated in an error."""

OWN = "event_relay_"
"""How the ids of the relay's own events begin; a client's may not."""

APPEND = "input_audio_buffer.append"
APPEND_HEAD = b'{"type":"input_audio_buffer.append","audio":"'
APPEND_TAIL = b'"}'
SHORTEST_APPEND = len(APPEND_HEAD) + len(APPEND_TAIL)
HEAD, TAIL = slice(len(APPEND_HEAD)), slice(-len(APPEND_TAIL), None)
AUDIO = slice(HEAD.stop, TAIL.start)

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


NOTHING = msgspec.Raw()


class Head(msgspec.Struct, gc=False):
    """What is read of an upstream's text, in one pass: its type and, as it is spelt there, what tells of audio."""

    type: str
    item_id: msgspec.Raw = NOTHING
    content_index: msgspec.Raw = NOTHING
    delta: msgspec.Raw = NOTHING


_head_decoder = msgspec.json.Decoder(Head)


class Frame(msgspec.Struct, eq=False, gc=False):
    """A message as text (UTF-8 JSON), as event (a dict), or both; each is made from the other when asked for.

    Frames are values: nobody changes `event` in place; who wants another event makes another frame. `origin` is
    the frame in another generation's words that this one was read from, and says the same as.
    """

    type: str
    _event: dict[str, Any] | None = None
    _text: bytes | None = None
    head: Head | None = None
    origin: "Frame | None" = None

    __repr__ = object.__repr__  # of its text nobody is told by chance

    @staticmethod
    def of(event: dict[str, Any]) -> "Frame":
        """Make a frame of an event with a `type`."""
        return Frame(event["type"], event)

    def renamed(self, type: str) -> "Frame":  # noqa: A002 - the protocol's word
        """Return the same event under another type. It costs a replacement in the text, and no parse."""
        return _Renamed(type, origin=self)

    @property
    def size(self) -> int:
        """Bytes of the message in its sender's generation; a client's counts as the relay spells it."""
        return len(self.text if self.origin is None else self.origin.text)

    @property
    def event_id(self) -> str | None:
        """The sender's own `event_id`, for an `error` that refers to it."""
        return event_id_of(self.event)

    @property
    def text(self) -> bytes:
        """The message as it goes over the wire."""
        if self._text is None:
            self._text = self._write()
        return self._text

    @property
    def event(self) -> dict[str, Any]:
        """The message as an object; not to be changed.

        Raises `Ended` where the upstream's text holds what cannot be read (a number out of range).
        """
        if self._event is None:
            self._event = self._read()
        return self._event

    def _write(self) -> bytes:
        return _encoder.encode(self.event)

    def _read(self) -> dict[str, Any]:
        try:
            event: dict[str, Any] = _decoder.decode(self.text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _no_event(error) from None
        return event


class _Renamed(Frame, kw_only=True):
    """The same event as another frame's, but for its type."""

    origin: Frame

    def _write(self) -> bytes:
        """Put the type in its place, if it stands in the text once: as a string of its own.

        Inside another string its quotes would be escaped, so one occurrence is the type.
        """
        text, spelt = self.origin.text, f'"{self.origin.type}"'.encode()
        return text.replace(spelt, f'"{self.type}"'.encode(), 1) if text.count(spelt) == 1 else super()._write()

    def _read(self) -> dict[str, Any]:
        return {**self.origin.event, "type": self.type}


class Spelt(Frame, kw_only=True):
    """A frame as it was read: its text is there, and costs nobody a call."""

    text: bytes


class Append(Spelt, kw_only=True):
    """An `input_audio_buffer.append` in the canonical spelling: nothing but audio, in base64 with its padding.

    `sound` is how many bytes of it there are.
    """

    sound: int

    @property
    def event_id(self) -> None:
        """None, and nothing is decoded to tell so."""
        return


def from_client(data: bytes) -> Frame:
    """Read what a client sent, UTF-8 JSON; the frame's text is the relay's own spelling of it.

    Raises `Refused` with `invalid_json` where it does not parse (nested too deep, a lone surrogate and a number
    out of range included), `invalid_event` where it is no object with a `type`, and `invalid_value` for an
    `event_id` like the relay's own.
    """
    # Slices, since bytes.startswith takes several times as long; and of a shorter text both might share a quote.
    if data[HEAD] == APPEND_HEAD and data[TAIL] == APPEND_TAIL and len(data) >= SHORTEST_APPEND:
        try:
            sound = len(b64decode(data[AUDIO], None, True))  # noqa: FBT003 - `validate`; by name it takes twice as long
        except ValueError:
            pass  # the ordinary way tells what is wrong with it
        else:
            return Append(APPEND, text=data, sound=sound)
    return _respelt(data)


def _respelt(data: bytes) -> Frame:
    """Read it in the ordinary way: decode it, and write it anew."""
    try:
        event = _decoder.decode(data)
        text = _encoder.encode(event)
    except RecursionError:
        raise Refused("invalid_json", "The event is nested too deep.") from None
    except (msgspec.DecodeError, ValueError) as error:
        raise Refused("invalid_json", f"The message is not valid JSON: {_why(error)}.") from None
    kind = _type_of(event)
    if is_own(event.get("event_id")):
        message = f"Invalid 'event_id': '{OWN}…' is how the relay's own begin."
        raise Refused("invalid_value", message, param="event_id", event_id=event_id_of(event))
    return Spelt(kind, event, text=text)


def from_upstream(data: bytes) -> Frame:
    """Read what the upstream sent; the text stays as it came, byte for byte.

    Raises `Ended`: a service that sends what is no event has failed.
    """
    try:
        if not data.isascii():
            data.decode()
        head = _head_decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _no_event(error) from None
    return Spelt(head.type, text=data, head=head)


def _type_of(event: Any) -> str:
    if not isinstance(event, dict):
        raise Refused("invalid_event", "An event is a JSON object with a 'type'; this message is none.")
    kind = event.get("type")
    if not isinstance(kind, str):
        raise Refused(
            "invalid_event", "The event needs a 'type', a string.", param="type", event_id=event_id_of(event)
        )
    return kind


def event_id_of(event: dict[str, Any]) -> str | None:
    """Return the client's own `event_id`, for an `error` that refers to it."""
    event_id = event.get("event_id")
    return event_id if isinstance(event_id, str) and len(event_id) <= MAX_EVENT_ID else None


def is_own(event_id: object) -> bool:
    """Tell whether an id is one of the relay's own events'."""
    return isinstance(event_id, str) and event_id.startswith(OWN)


def _no_event(error: Exception) -> Ended:
    return Ended(Ending.UPSTREAM_FAILED, detail=f"the upstream sent what is no event: {type(error).__name__}")


def _why(error: Exception) -> str:
    """Say where parsing stopped. The parser's words name positions and kinds, never the text itself."""
    return str(error).removeprefix("JSON is malformed: ")
