"""What a failed dial means: an ending for each answer, close and failure that can come before a session begins.

What a service says is never repeated as it came, for it can quote keys and names: the log gets the layer, the
status, an error code where it is a plain word, and what to mend.
"""

import math
import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ssl import SSLCertVerificationError
from typing import Any

import msgspec
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, InvalidProxy, InvalidProxyStatus
from websockets.http11 import Response

from app.errors import Ended, Ending
from app.upstream.providers import Target
from app.wire import Closed

__all__ = ["of_close", "of_failure", "of_first_event", "of_status"]

CREATED = {"session.created", "transcription_session.created"}
RATE_LIMITS = {"rate_limit_exceeded", "rate_limit_error", "too_many_requests"}

LONGEST_WAIT = 3600
"""What a service may have us tell a client to wait, in seconds."""

_PLAIN_WORD = re.compile(r"[A-Za-z_.]{1,48}|\d{3}")


class _Event(msgspec.Struct):
    type: str
    error: Any = None


class _Body(msgspec.Struct):
    error: Any = None


_event = msgspec.json.Decoder(_Event)
_body = msgspec.json.Decoder(_Body)
# msgspec tells bad UTF-8 by Python's own error.
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def of_status(target: Target, response: Response) -> Ended:
    """Say what an HTTP answer means that is no upgrade."""
    status = response.status_code
    words = _words(_error_in(response.body or b""))
    detail = f"{target.host} answered the handshake with HTTP {status}{_in_brackets(words)}"
    wait = _retry_after(response.headers)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Ended(Ending.UPSTREAM_OVERLOADED, detail=detail, retry_after=wait)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Ended(Ending.UPSTREAM_UNAVAILABLE, detail=detail, retry_after=wait)
    return Ended(Ending.UPSTREAM_REFUSED, detail=f"{detail}: {_remedy(target, status)}")


def _remedy(target: Target, status: int) -> str:
    match status:
        case 401 if target.entra_scope is not None:
            return (
                f"it does not take the Entra token for {target.entra_scope}; check the tenant, and the target's"
                " SCOPE (https://cognitiveservices.azure.com/.default or https://ai.azure.com/.default)"
            )
        case 401:
            return "it does not take the key; check the target's API_KEY, ENDPOINT and KEY_HEADER"
        case 403:
            return (
                "assign the role 'Cognitive Services OpenAI User' on the resource to the relay's identity; check"
                " the target's SCOPE, and whether the resource's network rules admit the relay"
            )
        case 404:
            return (
                "no such deployment or path; check the target's ENDPOINT, DEPLOYMENT and PROVIDER (a new"
                " deployment takes some minutes)"
            )
        case _ if status < HTTPStatus.BAD_REQUEST:
            return "that is no Realtime service, and no redirect is followed; check the target's ENDPOINT"
        case _:
            return "check the target's ENDPOINT, DEPLOYMENT and API_VERSION"


def of_failure(target: Target, error: Exception) -> Ended:
    """Say what it means that no HTTP answer came: network, DNS, TLS, or a proxy on the way."""
    match error:
        case SSLCertVerificationError():
            what = (
                f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE names other authorities"
            )
        case InvalidProxyStatus():
            what = f"the proxy that HTTPS_PROXY names answered with HTTP {error.response.status_code}"
        case InvalidProxy() | ImportError() | ValueError():
            what = "the proxy that HTTPS_PROXY names is no http:// or https:// URL"
        case InvalidMessage():
            what = "the connection ended without an HTTP answer"
        case OSError():
            what = f"{type(error).__name__}: {error.strerror or 'no connection'}"
        case _:
            what = type(error).__name__
    return Ended(Ending.UPSTREAM_UNAVAILABLE, detail=f"{target.host} can't be reached: {what}")


def of_first_event(data: bytes) -> Ended | None:
    """Return None for an event that begins a session, else what the event means instead."""
    try:
        event = _event.decode(data)
    except _NOT_JSON:
        return Ended(Ending.UPSTREAM_FAILED, detail="the service's first message is no event")
    if event.type == "error":
        return _of_error(_words(event.error))
    if event.type not in CREATED:
        return Ended(Ending.UPSTREAM_FAILED, detail="the service's first event begins no session")
    return None


def _of_error(words: set[str]) -> Ended:
    """OpenAI refuses a bad key only after the handshake, by an `error`, and then closes with 3000."""
    detail = f"the service's first event was an error{_in_brackets(words)}"
    if words & RATE_LIMITS:
        return Ended(Ending.UPSTREAM_OVERLOADED, detail=detail)
    if "server_error" in words:
        return Ended(Ending.UPSTREAM_FAILED, detail=detail)
    return Ended(Ending.UPSTREAM_REFUSED, detail=f"{detail}: check the target's API_KEY and DEPLOYMENT")


def of_close(closed: Closed) -> Ended:
    """Say what a close means that came before the first event."""
    match closed.code:
        case 1008 | 3000 | 3003 | 4000 | 4004:
            ending = Ending.UPSTREAM_REFUSED
        case 4429:
            ending = Ending.UPSTREAM_OVERLOADED
        case 1001 | 1006 | 1012 | 1013:
            ending = Ending.UPSTREAM_UNAVAILABLE
        case _:
            ending = Ending.UPSTREAM_FAILED
    return Ended(ending, detail=f"the service closed with {closed.code} before the session began")


def _error_in(body: bytes | bytearray) -> Any:
    try:
        return _body.decode(body).error
    except _NOT_JSON:
        return None


def _words(error: Any) -> set[str]:
    """Return the `code` and `type` of an error, where they are plain words: keys have digits, hyphens, length."""
    if not isinstance(error, dict):
        return set()
    told = (error.get("code"), error.get("type"))
    return {word for word in told if isinstance(word, str) and _PLAIN_WORD.fullmatch(word)}


def _in_brackets(words: set[str]) -> str:
    return f" ({', '.join(sorted(words))})" if words else ""


def _retry_after(headers: Headers) -> int | None:
    """Return the seconds to wait, at most an hour; None where they are not told, or lie in the past.

    RFC 9110, section 10.2.3: seconds, or a date, which is held against the answer's own `Date`.
    """
    told = "".join(headers.get_all("Retry-After")[:1])
    seconds = float(told) if re.fullmatch(r"\d{1,9}(\.\d+)?", told) else _seconds_until(told, headers)
    return min(math.ceil(seconds), LONGEST_WAIT) if seconds > 0 else None


def _seconds_until(date: str, headers: Headers) -> float:
    try:
        now = parsedate_to_datetime("".join(headers.get_all("Date")[:1]))
        return (parsedate_to_datetime(date) - now).total_seconds()
    except (ValueError, TypeError):  # no date; or one with a time zone and one without
        return 0
