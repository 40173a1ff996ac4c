"""What a simulated service does wrong when it is told to, and when.

Faults strike at an event: just before the first event of the named type is sent (`session.created`,
`response.output_audio.delta`, …). They are told by a `Faults` object, or as text by a query (`?fault-close=…`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from app.simulator.outbox import Close

__all__ = ["HANDSHAKE", "Drop", "Faults", "Send", "Stall", "carried_out", "faults_from"]

PREFIX = "fault-"
NO_JSON = b'{"type": "response.done", "response": {'
"""What `bad_json` sends: the beginning of an event."""

HANDSHAKE = "handshake"
"""The name by which `stall` means the time before the handshake is answered."""

ERRORS = range(400, 600)
SENDABLE = {1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)}
"""Codes that a close frame may carry (RFC 6455, section 7.4, and IANA's registry)."""

_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. Empty strings and zeros mean that nothing does.

    `refuse` is the HTTP status of the handshake's refusal (in OpenAI's style in band, where it has a word for it),
    and `retry_after` its header, in seconds. `stall`, `close`, `drop` and `bad_json` name the event at which the
    service falls silent (for `stall_seconds`; 0: for good), closes with `close_code` and `close_reason`, loses the
    connection without a close frame, or says what is no JSON. `large` is the least size in bytes of the content of
    an answer's first delta, `burst` the least number of an answer's deltas, which then come without any pause.
    Raises `ValueError` for a status or a close code that cannot be sent.
    """

    refuse: int = 0
    retry_after: int = 0
    stall: str = ""
    stall_seconds: float = 0
    close: str = ""
    close_code: int = 1011
    close_reason: str = ""
    drop: str = ""
    bad_json: str = ""
    large: int = 0
    burst: int = 0

    def __post_init__(self) -> None:
        if self.refuse and self.refuse not in ERRORS:
            raise ValueError("refuse is the HTTP status of an error, 400 to 599")
        if self.close_code not in SENDABLE:
            raise ValueError("close_code is a code that a close frame may carry")


@dataclass(frozen=True, slots=True)
class Send:
    """Send one message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Stall:
    """Send nothing for so many seconds; 0: never again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """Lose the connection."""


def faults_from(given: Mapping[str, str], faults: Faults, prefix: str = PREFIX) -> Faults:
    """Read faults from a query, on top of others. Raises `ValueError` for a name or a value that is none."""
    named = {name.removeprefix(prefix): value for name, value in given.items() if name.startswith(prefix)}
    told = {name.replace("-", "_"): value for name, value in named.items()}
    unknown = sorted(told.keys() - asdict(faults).keys())
    if unknown:
        raise ValueError(f"no such fault: {', '.join(unknown)}")
    try:
        return msgspec.convert({**asdict(faults), **told}, Faults, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def carried_out(said: dict[str, Any] | Close, faults: Faults) -> Iterator[Send | Stall | Drop | Close]:
    """Say what becomes of one thing that a session says."""
    if isinstance(said, Close):
        yield said
        return
    kind = said["type"]
    if kind == faults.stall:
        yield Stall(faults.stall_seconds)
    if kind == faults.bad_json:
        yield Send(NO_JSON)
    if kind == faults.drop:
        yield Drop()
    if kind == faults.close:
        yield Close(faults.close_code, faults.close_reason)
    yield Send(_encoder.encode(said))
