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
    code: str
    message: str
    type: str = "invalid_request_error"
    retry: bool = False


class Ending(Enum):
    """Every way in which a session, or the attempt at one, can end.

    Statuses of endings that only happen after accept are what an HTTP caller would have been told (500 classes
    for the server's side, 408 for time), so that no ending is without one.
    """

    CLIENT_LEFT = Meaning(1000, 499, "client_left", "The client left.")
    UPSTREAM_DONE = Meaning(1000, 500, "upstream_done", "The service ended the session.")
    UNAUTHENTICATED = Meaning(
        3000,
        401,
        "invalid_api_key",
        "No valid credential came with the request. Send a key of this relay as 'Authorization: Bearer <key>', as"
        " an 'api-key' header, or from a browser as the subprotocol 'openai-insecure-api-key.<key>'.",
    )
    TOKEN_EXPIRED = Meaning(3000, 401, "token_expired", "The credential of this session has expired.")
    FORBIDDEN = Meaning(3003, 403, "forbidden", "This is not allowed here.")
    BAD_REQUEST = Meaning(3003, 400, "invalid_request", "The request is not what this path takes.")
    NOT_THIS_MEDIA = Meaning(
        3003, 415, "unsupported_media_type", "The body is not of a type that this path takes."
    )
    NO_SUCH_MODEL = Meaning(3003, 404, "model_not_found", "This relay serves no model of that name.")
    IDLE = Meaning(3008, 408, "session_idle", "The session was idle for too long.", retry=True)
    MAXIMUM_DURATION = Meaning(
        3008, 408, "session_expired", "The session reached its maximum duration.", retry=True
    )
    NOT_UTF8 = Meaning(1007, 400, "invalid_utf8", "A text message was not UTF-8.")
    FRAME_TOO_BIG = Meaning(1009, 413, "message_too_big", "A message was larger than this relay takes.")
    POLICY = Meaning(1008, 403, "policy_violation", "The relay's policy ended the session.")
    OVER_QUOTA = Meaning(
        4429, 429, "rate_limit_exceeded", "Too many sessions. Try again later.", "rate_limit_error", retry=True
    )
    CLIENT_TOO_SLOW = Meaning(4408, 408, "client_too_slow", "The client read too slowly.", retry=True)
    DRAINING = Meaning(
        1012, 503, "server_draining", "The relay is restarting. Connect again.", "server_error", retry=True
    )
    UPSTREAM_UNAVAILABLE = Meaning(
        1013, 503, "upstream_unavailable", "The service can't be reached now.", "server_error", retry=True
    )
    UPSTREAM_OVERLOADED = Meaning(
        1013, 429, "upstream_overloaded", "The service is overloaded.", "rate_limit_error", retry=True
    )
    DIAL_TIMEOUT = Meaning(
        1013, 504, "upstream_timeout", "The service did not answer in time.", "server_error", retry=True
    )
    UPSTREAM_REFUSED = Meaning(
        1011,
        502,
        "upstream_refused",
        "The service refused the relay. Its operator finds the reason in the log.",
        "server_error",
    )
    UPSTREAM_FAILED = Meaning(1011, 502, "upstream_failed", "The service failed.", "server_error", retry=True)
    RELAY_FAULT = Meaning(1011, 500, "internal_error", "The relay failed.", "server_error", retry=True)


class RelayError(Exception):
    """Base of everything that the relay raises on purpose."""


class Refused(RelayError):
    """One frame is refused; its sender is told so by an `error` event, and the session lives."""

    def __init__(self, code: str, message: str, *, param: str | None = None, event_id: str | None = None) -> None:
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
    """Shape a refusal as the Realtime API's `error` event; `event_id` is the new event's own."""
    refused = error if isinstance(error, Refused) else None
    detail = {
        "type": "invalid_request_error" if isinstance(error, Refused) else error.ending.value.type,
        "code": error.code,
        "message": error.message,
        "param": refused and refused.param,
        "event_id": refused and refused.event_id,
    }
    return {"type": "error", "event_id": event_id, "error": detail}
