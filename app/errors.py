"""How things end: the errors of the relay, and the table that says what each ending means outside.

    RelayError
    ├── Refused   one frame is refused; the session lives
    └── Ended     the session (or the attempt at one) is over, for one of the reasons in `Ending`

Only `Ending` knows close codes, HTTP statuses and whether a retry may help. Exceptions carry data; what they
carry in `message` and `reason` may be shown to the caller, what they carry in `detail` is for the log alone.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any

__all__ = [
    "MAX_REASON_BYTES",
    "Ended",
    "Ending",
    "Refused",
    "RelayError",
    "error_body",
    "error_event",
    "fitting",
]

MAX_REASON_BYTES = 123
"""A close frame holds 125 bytes, two of them the code (RFC 6455, section 5.5)."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one ending means outside: WebSocket close code, HTTP status before accept, and words."""

    close_code: int
    status: int
    retry: bool
    code: str
    message: str
    type: str = "invalid_request_error"


class Ending(Enum):
    """Every way in which a session, or the attempt at one, can end.

    Statuses of endings that only happen after accept are what an HTTP caller would have been told (500 classes
    for the server's side, 408 for time), so that no ending is without one.
    """

    CLIENT_LEFT = Meaning(1000, 499, False, "client_left", "The client left.")
    UPSTREAM_DONE = Meaning(1000, 500, False, "upstream_done", "The service ended the session.")
    UNAUTHENTICATED = Meaning(
        3000,
        401,
        False,
        "invalid_api_key",
        "No valid credential came with the request. Send a key of this relay as 'Authorization: Bearer <key>', as"
        " an 'api-key' header, or from a browser as the subprotocol 'openai-insecure-api-key.<key>'.",
    )
    TOKEN_EXPIRED = Meaning(3000, 401, False, "token_expired", "The credential of this session has expired.")
    FORBIDDEN = Meaning(3003, 403, False, "forbidden", "This is not allowed here.")
    NO_SUCH_MODEL = Meaning(3003, 404, False, "model_not_found", "This relay serves no model of that name.")
    IDLE = Meaning(3008, 408, True, "session_idle", "The session was idle for too long.")
    MAXIMUM_DURATION = Meaning(
        3008, 408, True, "session_expired", "The session reached its maximum duration."
    )
    NOT_UTF8 = Meaning(1007, 400, False, "invalid_utf8", "A text message was not UTF-8.")
    FRAME_TOO_BIG = Meaning(
        1009, 413, False, "message_too_big", "A message was larger than this relay takes."
    )
    POLICY = Meaning(1008, 403, False, "policy_violation", "The relay's policy ended the session.")
    OVER_QUOTA = Meaning(
        4429,
        429,
        True,
        "rate_limit_exceeded",
        "Too many sessions at the moment. Try again later.",
        "rate_limit_error",
    )
    CLIENT_TOO_SLOW = Meaning(4408, 408, True, "client_too_slow", "The client read too slowly.")
    DRAINING = Meaning(
        1012, 503, True, "server_draining", "The relay is restarting. Connect again.", "server_error"
    )
    UPSTREAM_UNAVAILABLE = Meaning(
        1013,
        503,
        True,
        "upstream_unavailable",
        "The service can't be reached. Try again later.",
        "server_error",
    )
    UPSTREAM_OVERLOADED = Meaning(
        1013,
        429,
        True,
        "upstream_overloaded",
        "The service is overloaded. Try again later.",
        "rate_limit_error",
    )
    DIAL_TIMEOUT = Meaning(
        1013,
        504,
        True,
        "upstream_timeout",
        "The service did not answer in time. Try again later.",
        "server_error",
    )
    UPSTREAM_REFUSED = Meaning(
        1011,
        502,
        False,
        "upstream_refused",
        "The service refused the relay. Its operator finds the reason in the log.",
        "server_error",
    )
    UPSTREAM_FAILED = Meaning(1011, 502, True, "upstream_failed", "The service failed.", "server_error")
    RELAY_FAULT = Meaning(1011, 500, True, "internal_error", "The relay failed.", "server_error")


class RelayError(Exception):
    """Base of everything that the relay raises on purpose."""


class Refused(RelayError):
    """One frame is refused; its sender is told so by an `error` event, and the session lives."""

    def __init__(
        self, code: str, message: str, *, param: str | None = None, event_id: str | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.param = param
        self.event_id = event_id


class Ended(RelayError):
    """The session is over, or never began.

    `message` replaces the ending's own words towards the caller, `code` its error code; `close_code` and
    `reason` replace what the close frame carries (for the upstream closes that reach the client as they are).
    `detail` goes to the log and nowhere else. `retry_after` is in seconds.
    """

    def __init__(  # noqa: PLR0913 - each is one thing that a caller may be told
        self,
        ending: Ending,
        message: str | None = None,
        *,
        code: str | None = None,
        close_code: int | None = None,
        reason: str | None = None,
        detail: str = "",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(ending.name, detail)
        self.ending = ending
        self.message = ending.value.message if message is None else message
        self.code = code or ending.value.code
        self.close_code = close_code or ending.value.close_code
        self.reason = fitting(self.message if reason is None else reason)
        self.detail = detail
        self.retry_after = retry_after


def fitting(reason: str) -> str:
    """Cut a close reason to 123 UTF-8 bytes, at a character."""
    return reason.encode("utf-8", "replace")[:MAX_REASON_BYTES].decode("utf-8", "ignore")


def error_body(ended: Ended) -> dict[str, Any]:
    """Shape an HTTP refusal as OpenAI does: `{"error": {"message", "type", "param", "code"}}`."""
    kind = ended.ending.value.type
    return {"error": {"message": ended.message, "type": kind, "param": None, "code": ended.code}}


def error_event(error: Refused | Ended, event_id: str) -> dict[str, Any]:
    """Shape a refusal as the Realtime API's `error` event; `event_id` names the new event, not the client's."""
    match error:
        case Refused():
            kind, param, refers_to = "invalid_request_error", error.param, error.event_id
        case Ended():
            kind, param, refers_to = error.ending.value.type, None, None
    detail = {
        "type": kind,
        "code": error.code,
        "message": error.message,
        "param": param,
        "event_id": refers_to,
    }
    return {"type": "error", "event_id": event_id, "error": detail}
