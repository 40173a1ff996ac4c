"""What the relay tells its operator: one log line a session, counters, and never a word of what was said.

Counting is plain integers; they become metrics only when somebody asks (`Telemetry.collect`). No label is built
per frame, and nothing that came over a wire is logged or becomes a label.
"""

import logging
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

import structlog
from prometheus_client import Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry
from pydantic import BaseModel, ConfigDict, Field

from app.errors import Ended
from app.wire import Heard, Side, Traffic

__all__ = ["LogConfig", "Telemetry", "configure_logging", "log_fault", "quiet_uvicorn"]

DELAY_BUCKETS = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0)
"""Seconds. A frame is delayed by less than a millisecond, unless its reader is slow."""


class LogConfig(BaseModel):
    """How the log is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["json", "console"] = Field(default="console", description="`json` for machines.")
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least to log.")


class Telemetry:
    """Sees what passes (`app.wire.Tap`), and tells it as Prometheus metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Reading(self))
        self.opened = 0
        self.running: dict[int, Heard] = {}
        self.over = Heard(Traffic(), Traffic())
        self.ended: Counter[str] = Counter()
        self.refused_callers: Counter[str] = Counter()
        self.refused_frames: Counter[str] = Counter()
        self.unknown_events = 0
        self.losses = 0
        self.effects: Counter[tuple[str, str]] = Counter()
        delay = Histogram(
            "relay_added_delay_seconds",
            "Time from reading a frame until it is written, sampled, by the side that it came from",
            ["side"],
            registry=self.registry,
            buckets=DELAY_BUCKETS,
        )
        self._delay = {side: delay.labels(side) for side in ("client", "upstream")}

    def refused(self, code: str) -> None:
        """Count a refused frame by its error code, which is one of ours."""
        self.refused_frames[code] += 1

    def unknown(self, event_type: str) -> None:  # noqa: ARG002 - a word from the wire is no label
        """Count an event that the catalogue lacks."""
        self.unknown_events += 1

    def lost(self, words: str) -> None:
        """Count and log what a translation could not say, once a session and thing."""
        self.losses += 1
        structlog.get_logger().warning("not translated", what=words)

    def effect_ended(self, kind: str, outcome: str) -> None:
        """Count a tool call (`tool`), or the judgement of a kind of text; both words are ours."""
        self.effects[kind, outcome] += 1

    def delayed(self, side: Side, seconds: float) -> None:
        """Record one sampled delay."""
        self._delay[side].observe(seconds)

    def session_opened(self, heard: Heard) -> None:
        """Count a session that was accepted; what it will have heard is looked up when somebody asks."""
        self.running[id(heard)] = heard
        self.opened += 1

    def session_ended(self, heard: Heard, ended: Ended) -> None:
        """Count how a session ended."""
        for total, traffic in zip(self.over, self.running.pop(id(heard)), strict=True):
            total.frames += traffic.frames
            total.bytes += traffic.bytes
        self.ended[ended.ending.name.lower()] += 1

    def caller_refused(self, ended: Ended) -> None:
        """Count a caller who was not let in."""
        self.refused_callers[ended.code] += 1


class _Reading(Collector):
    """Turns the integers into metrics at the moment of asking."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def collect(self) -> Iterator[Metric]:
        """Yield all counters as they stand."""
        seen = self._telemetry
        yield GaugeMetricFamily("relay_sessions_open", "Sessions running now", len(seen.running))
        yield CounterMetricFamily("relay_sessions_opened", "Sessions accepted", seen.opened)
        yield _by("relay_sessions_ended", "Sessions ended, by ending", "ending", seen.ended)
        yield _by("relay_refused_callers", "Callers not let in, by error code", "code", seen.refused_callers)
        yield _by_side("relay_frames", "Messages received", seen, lambda traffic: traffic.frames)
        yield _by_side("relay_bytes", "Bytes of messages received", seen, lambda traffic: traffic.bytes)
        yield _by("relay_refused_frames", "Client events refused, by error code", "code", seen.refused_frames)
        effects = CounterMetricFamily(
            "relay_effects", "Tool calls and judgements, by outcome", labels=["kind", "outcome"]
        )
        for words, count in seen.effects.items():
            effects.add_metric(words, count)
        yield effects
        yield CounterMetricFamily("relay_not_translated", "Things that a translation could not say", seen.losses)
        yield CounterMetricFamily(
            "relay_unknown_server_events", "Upstream events that the catalogue lacks", seen.unknown_events
        )


def _by_side(name: str, text: str, seen: Telemetry, count: Callable[[Traffic], int]) -> Metric:
    """Add up the sessions, those that are over and those that are not."""
    ways = zip(seen.over, *seen.running.values(), strict=True)
    sums = {side: sum(map(count, each)) for side, each in zip(Heard._fields, ways, strict=True)}
    return _by(name, f"{text}, by side", "side", sums)


def _by(name: str, text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def quiet_uvicorn() -> None:
    """Keep credentials in query strings out of the log, however uvicorn was started.

    uvicorn prints each WebSocket's URL with its query, even with access logs off; our own line takes its place.
    `websockets` prints headers and frames at level debug, and two more lines a connection at info.
    """
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, _WithoutSecrets) for each in logger.filters):
            logger.addFilter(_WithoutSecrets())


LOGGERS = (
    "uvicorn.error",
    "uvicorn.error.connections",  # of our own protocol
    "uvicorn.access",
    "uvicorn.asgi",
    "websockets.client",
    "websockets.server",
)

WEBSOCKETS = f"{os.sep}websockets{os.sep}"
"""A part of the path of each module that tells of each connection: of the library's, and of uvicorn's."""

REPLACED = ('"WebSocket ', "ASGI callable returned without completing handshake")
"""What our own lines say better: the URL of each connection, and, falsely, an error after each HTTP denial."""


class _WithoutSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "uvicorn.asgi":  # at level trace: the whole scope, subprotocols and query included
            return False
        if record.levelno <= logging.INFO and WEBSOCKETS in record.pathname:  # twice a session
            return False
        if any(phrase in str(record.msg) for phrase in REPLACED):
            return False
        if record.exc_info and record.exc_info[1] is not None:
            # A traceback holds the exception's words, and with some formatters every local variable.
            error, record.exc_info = record.exc_info[1], None
            record.msg, record.args = f"{str(record.msg).strip()} {type(error).__name__} at {_places(error)}", None
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(each) for each in record.args)
        return True


def _without_query(value: object) -> object:
    return value.partition("?")[0] if isinstance(value, str) else value


def log_fault(error: BaseException, event: str = "relay fault", **context: str) -> None:
    """Log an exception that nobody expected: its type and where, not its words, which may quote what was said."""
    structlog.get_logger().error(event, error=type(error).__name__, where=_places(error), **context)


def _places(error: BaseException) -> list[str]:
    return [f"{entry.filename}:{entry.lineno}" for entry in traceback.extract_tb(error.__traceback__)]


def configure_logging(config: LogConfig) -> None:
    """Send our own events and the standard library's log to stdout, in one form."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if config.format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stdout.isatty(), sort_keys=False, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers = [lines]
    root.setLevel(config.level.upper())
