"""Tests of app.telemetry: what the operator is told, and what never reaches the log."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import generate_latest
from pydantic import ValidationError

from app.errors import Ended, Ending
from app.telemetry import LogConfig, Telemetry, configure_logging, log_fault, quiet_uvicorn
from app.wire import Heard, Traffic

QUIETED = ["uvicorn.error", "uvicorn.access", "websockets.client", "websockets.server"]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Put back what is set for the whole process, and begin with no filter of ours."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    filters = {name: logging.getLogger(name).filters[:] for name in QUIETED}
    for name in QUIETED:
        logging.getLogger(name).filters = []
    yield
    root.handlers, root.level = handlers, level
    for name in QUIETED:
        logging.getLogger(name).filters = filters[name]
    structlog.reset_defaults()


def metrics(telemetry: Telemetry) -> list[str]:
    """Return the lines of /metrics, without comments and times of creation."""
    lines = generate_latest(telemetry.registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#") and "_created" not in line]


def test_metrics_before_anything_happened() -> None:
    """The counters without labels, or by side, stand at nothing; those with other labels say nothing yet."""
    lines = metrics(Telemetry())
    assert "relay_sessions_open 0.0" in lines
    assert "relay_sessions_opened_total 0.0" in lines
    assert "relay_unknown_server_events_total 0.0" in lines
    labelled = [line for line in lines if "{" in line and "delay" not in line]
    assert labelled == [
        f'relay_{what}_total{{side="{side}"}} 0.0'
        for what in ("frames", "bytes")
        for side in ("client", "upstream")
    ]


def test_metrics_tell_what_happened() -> None:
    """Sessions by ending, callers and frames by code, messages and bytes by side."""
    telemetry = Telemetry()
    first, second, third = (Heard(Traffic(), Traffic()) for _ in range(3))
    for heard in (first, second, third):
        telemetry.session_opened(heard)
        heard.client.frames, heard.client.bytes, heard.upstream.frames, heard.upstream.bytes = 2, 30, 1, 5
    telemetry.session_ended(first, Ended(Ending.CLIENT_LEFT))
    telemetry.session_ended(third, Ended(Ending.IDLE))
    second.client.frames, second.upstream.bytes = 7, 100
    telemetry.caller_refused(Ended(Ending.UNAUTHENTICATED))
    telemetry.caller_refused(Ended(Ending.FORBIDDEN, code="authentication_not_configured"))
    telemetry.refused("invalid_json")
    telemetry.unknown("canary.event")
    telemetry.lost("a thing")
    telemetry.effect_ended("tool", "failed")
    telemetry.effect_ended("tool", "failed")
    lines = metrics(telemetry)
    assert [line for line in lines if "delay" not in line] == [
        "relay_sessions_open 1.0",
        "relay_sessions_opened_total 3.0",
        'relay_sessions_ended_total{ending="client_left"} 1.0',
        'relay_sessions_ended_total{ending="idle"} 1.0',
        'relay_refused_callers_total{code="invalid_api_key"} 1.0',
        'relay_refused_callers_total{code="authentication_not_configured"} 1.0',
        'relay_frames_total{side="client"} 11.0',
        'relay_frames_total{side="upstream"} 3.0',
        'relay_bytes_total{side="client"} 90.0',
        'relay_bytes_total{side="upstream"} 110.0',
        'relay_refused_frames_total{code="invalid_json"} 1.0',
        'relay_effects_total{kind="tool",outcome="failed"} 2.0',
        "relay_not_translated_total 1.0",
        "relay_unknown_server_events_total 1.0",
    ]


def test_delays_fall_into_buckets() -> None:
    """Each side has a histogram of its own."""
    telemetry = Telemetry()
    telemetry.delayed("client", 0.0003)
    telemetry.delayed("client", 2.0)
    lines = metrics(telemetry)
    assert 'relay_added_delay_seconds_bucket{le="0.00025",side="client"} 0.0' in lines
    assert 'relay_added_delay_seconds_bucket{le="0.0005",side="client"} 1.0' in lines
    assert 'relay_added_delay_seconds_bucket{le="1.0",side="client"} 1.0' in lines
    assert 'relay_added_delay_seconds_count{side="client"} 2.0' in lines
    assert 'relay_added_delay_seconds_count{side="upstream"} 0.0' in lines


def test_each_telemetry_has_a_registry_of_its_own() -> None:
    """Two apps in one process do not count into each other."""
    first, second = Telemetry(), Telemetry()
    first.session_opened(Heard(Traffic(), Traffic()))
    assert "relay_sessions_open 1.0" in metrics(first)
    assert "relay_sessions_open 0.0" in metrics(second)


SECRET_URL = "/realtime?api-key=canary"

LINES: list[tuple[str, object, tuple[object, ...], str | None]] = [
    # the logger, message and arguments, and the line that remains (None: nothing)
    ("uvicorn.error", '%s - "WebSocket %s" [accepted]', ("1.2.3.4:5", SECRET_URL), None),
    ("uvicorn.error", '%s - "WebSocket %s" 403', ("1.2.3.4:5", SECRET_URL), None),
    ("uvicorn.error", "ASGI callable returned without completing handshake.", (), None),
    (
        "uvicorn.access",
        '%s - "%s %s" %d',
        ("1.2.3.4:5", "GET", SECRET_URL, 200),
        '1.2.3.4:5 - "GET /realtime" 200',
    ),
    ("uvicorn.error", "Application startup complete.", (), "Application startup complete."),
    ("uvicorn.error", OSError(98, "address already in use"), (), "[Errno 98] address already in use"),
    ("uvicorn.error", "%(what)s failed", ({"what": "startup"},), "startup failed"),
    ("websockets.client", "lost %s", ("wss://host" + SECRET_URL,), "lost wss://host/realtime"),
]


@pytest.mark.parametrize(("name", "message", "args", "line"), LINES)
def test_uvicorns_lines_lose_their_queries(
    caplog: pytest.LogCaptureFixture, *, name: str, message: object, args: tuple[object, ...], line: str | None
) -> None:
    """The line of each WebSocket is dropped, every query is stripped, and all other lines stay as they are."""
    quiet_uvicorn()
    caplog.set_level(logging.DEBUG, name)
    logging.getLogger(name).info(message, *args)
    assert caplog.messages == ([] if line is None else [line])


@pytest.mark.parametrize(
    ("path", "level", "kept"),
    [
        ("/lib/websockets/protocol.py", logging.DEBUG, False),
        ("/lib/uvicorn/protocols/websockets/websockets_impl.py", logging.DEBUG, False),
        ("/lib/websockets/protocol.py", logging.INFO, False),
        ("/lib/websockets/protocol.py", logging.WARNING, True),
        ("/lib/uvicorn/server.py", logging.DEBUG, True),
    ],
)
def test_headers_and_frames_are_not_printed(
    caplog: pytest.LogCaptureFixture, *, path: str, level: int, kept: bool
) -> None:
    """At level debug the WebSocket code says headers and frames, at info two lines a connection: dropped."""
    quiet_uvicorn()
    logger = logging.getLogger("uvicorn.error")
    caplog.set_level(logging.DEBUG, logger.name)
    logger.handle(logging.LogRecord(logger.name, level, path, 1, "> Authorization: canary", None, None))
    assert bool(caplog.messages) is kept


def test_quieting_twice_is_quieting_once() -> None:
    """Each app of a process asks for it; there is one filter."""
    quiet_uvicorn()
    quiet_uvicorn()
    assert [len(logging.getLogger(name).filters) for name in QUIETED] == [1] * len(QUIETED)


def raised() -> Exception:
    """Return an exception that was raised in this file, with a secret in its words."""
    try:
        _raise()
    except ValueError as error:
        return error
    raise AssertionError


def _raise() -> None:
    raise ValueError("canary")


def test_a_fault_is_logged_without_its_words() -> None:
    """Its type, where it was raised and what it is about; never the message, which may quote what was said."""
    with structlog.testing.capture_logs() as lines:
        log_fault(raised(), session="s1")
    (line,) = lines
    where = line.pop("where")
    assert line == {"event": "relay fault", "log_level": "error", "error": "ValueError", "session": "s1"}
    assert [each.rpartition(":")[0] for each in where] == [__file__] * 2
    assert "canary" not in str(where)


def test_a_fault_that_was_never_raised_is_nowhere() -> None:
    """An exception without a traceback has no place."""
    with structlog.testing.capture_logs() as lines:
        log_fault(ValueError("canary"))
    assert [line["where"] for line in lines] == [[]]


def test_a_json_log_has_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Our own events and the standard library's, in one form, on stdout."""
    configure_logging(LogConfig(format="json"))
    structlog.get_logger().info("session ended", session="s1")
    logging.getLogger("uvicorn.error").warning("about %s", "that")
    log_fault(raised(), session="s2")
    said = capsys.readouterr()
    ours, theirs, fault = (json.loads(line) for line in said.out.splitlines())
    assert without_time(ours) == {"event": "session ended", "level": "info", "session": "s1"}
    assert without_time(theirs) == {"event": "about that", "level": "warning"}
    assert fault["error"] == "ValueError"
    assert "canary" not in said.out + said.err


def without_time(line: dict[str, str]) -> dict[str, str]:
    """Return a line without its time, which is in UTC."""
    assert line.pop("timestamp").endswith("Z")
    return line


def test_a_console_log_is_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    """No JSON, and no colors where stdout is no terminal."""
    configure_logging(LogConfig())
    structlog.get_logger().info("session ended", session="s1")
    out = capsys.readouterr().out
    assert "session ended" in out
    assert "session=s1" in out
    assert "\x1b" not in out


def test_the_level_holds_for_both(capsys: pytest.CaptureFixture[str]) -> None:
    """What is below it is not written."""
    configure_logging(LogConfig(level="warning"))
    structlog.get_logger().info("quiet")
    logging.getLogger("uvicorn.error").info("quiet")
    structlog.get_logger().warning("loud")
    out = capsys.readouterr().out
    assert "loud" in out
    assert "quiet" not in out


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A second app in the process does not double the lines."""
    configure_logging(LogConfig())
    configure_logging(LogConfig())
    logging.getLogger("uvicorn.error").warning("once")
    assert capsys.readouterr().out.count("once") == 1


@pytest.mark.parametrize("given", [{"format": "xml"}, {"level": "loud"}, {"color": "red"}])
def test_a_log_that_cannot_be_is_refused(given: dict[str, str]) -> None:
    """Two formats, four levels, and nothing else."""
    with pytest.raises(ValidationError):
        LogConfig.model_validate(given)


def test_a_traceback_of_the_servers_own_holds_no_words(caplog: pytest.LogCaptureFixture) -> None:
    """By its type and place: its words, and with some formatters all variables, are left out."""
    quiet_uvicorn()
    logger = logging.getLogger("uvicorn.error")
    try:
        raise ValueError("canary")  # noqa: TRY301 - to be logged as a server would
    except ValueError:
        logger.exception("Exception in ASGI application\n")
    (record,) = caplog.records
    assert record.exc_info is None
    assert "Exception in ASGI application ValueError at [" in record.getMessage()
    assert "canary" not in caplog.text


def test_the_servers_trace_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    """At level trace it prints the whole scope, with subprotocols and query."""
    quiet_uvicorn()
    logger = logging.getLogger("uvicorn.asgi")
    logger.warning("canary")
    assert caplog.records == []
