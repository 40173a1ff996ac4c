"""Judges of what was said: Python functions and HTTP endpoints, asked side by side.

All must allow. Whatever is not a plain yes in time (an exception, another type, a status that is no success) is a
no: a judge that is down lets nothing pass.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.effects.addressing import Url, read_url
from app.effects.calling import ToolContext, ToolFailure, within
from app.effects.environment import headers_from
from app.effects.functions import load, takes
from app.effects.outgoing import Asked, Outgoing
from app.policy.judging import KINDS, Judgement, Kind, Verdict
from app.telemetry import log_fault

__all__ = ["JudgeConfig", "Judges", "JudgesConfig"]

MAX_ANSWER = 65_536
"""Bytes of a judge's answer that are read; it needs twenty."""
SUCCESS = range(200, 300)


class JudgeConfig(BaseModel):
    """One judge: a Python function, or an HTTP endpoint."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    python: str | None = Field(
        default=None, description="`module:function`; an async function from a text (and the context) to a bool."
    )
    url: Url | None = Field(
        default=None, description="Gets `POST` with `kind` and `text`, and answers `allowed`: true or false."
    )
    headers: Mapping[str, str] = Field(
        default={}, repr=False, description="Sent to the `url`; `${NAME}` is taken from the environment."
    )

    @model_validator(mode="after")
    def _is_one(self) -> "JudgeConfig":
        if (self.python is None) == (self.url is None):
            raise ValueError("A judge has either `python` or `url`.")
        return self


class JudgesConfig(BaseModel):
    """Who judges what."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user_speech: tuple[JudgeConfig, ...] = Field(default=(), description="Judges of what the user said.")
    user_text: tuple[JudgeConfig, ...] = Field(default=(), description="Judges of text that the client sends.")
    model_output: tuple[JudgeConfig, ...] = Field(default=(), description="Judges of what the model says.")
    timeout: float = Field(default=5, gt=0, le=60, description="Seconds in which all must have allowed it.")

    def of(self, kind: Kind) -> tuple[JudgeConfig, ...]:
        """Return the judges of one kind of text."""
        judges: tuple[JudgeConfig, ...] = getattr(self, kind)
        return judges


class Judge(Protocol):
    """One judge, ready to be asked."""

    async def allows(self, judgement: Judgement, context: ToolContext) -> bool:
        """Answer. Whatever it raises counts as no."""


class PythonJudge:
    """A function. Raises `ValueError` where it cannot be a judge."""

    def __init__(self, path: str) -> None:
        self._function = load(path)
        self._in_context = len(takes(self._function, path)) > 1

    async def allows(self, judgement: Judgement, context: ToolContext) -> bool:
        """Call it: `True` and `Verdict(True)` allow."""
        text = judgement.text
        answer = await (self._function(text, context) if self._in_context else self._function(text))
        return (answer.allowed if isinstance(answer, Verdict) else answer) is True


class HttpJudge:
    """An endpoint. Raises `ValueError` where its host is not listed or a secret is missing."""

    def __init__(self, url: str, headers: Mapping[str, str], outgoing: Outgoing) -> None:
        self._url = read_url(url)
        self._headers = headers
        self._outgoing = outgoing
        outgoing.hosts.check(self._url)

    async def allows(self, judgement: Judgement, context: ToolContext) -> bool:  # noqa: ARG002 - judged without
        """Ask it: a success with `{"allowed": true}` allows."""
        content = msgspec.json.encode({"kind": judgement.kind, "text": judgement.text})
        answer = await self._outgoing.fetch(Asked("POST", self._url, self._headers, content), MAX_ANSWER)
        said: Any = msgspec.json.decode(answer.body)
        return answer.whole and answer.status in SUCCESS and isinstance(said, dict) and said.get("allowed") is True


class Judges:
    """All judges of one toolbox. Raises `ValueError` where one cannot be had."""

    def __init__(self, config: JudgesConfig, outgoing: Outgoing, environ: Mapping[str, str]) -> None:
        self._timeout = config.timeout
        self._judges = {kind: [_judge(each, outgoing, environ) for each in config.of(kind)] for kind in KINDS}

    async def verdict(self, judgement: Judgement, context: ToolContext) -> Verdict:
        """Ask all judges of this kind at once. Where there are none, nothing is forbidden."""
        judges = self._judges[judgement.kind]
        async with asyncio.TaskGroup() as asking:
            tasks = [asking.create_task(self._allows(each, judgement, context)) for each in judges]
        return Verdict(all(task.result() for task in tasks))

    async def _allows(self, judge: Judge, judgement: Judgement, context: ToolContext) -> bool:
        try:
            return await within(self._timeout, lambda: judge.allows(judgement, context))
        except ToolFailure:
            return False
        except Exception as error:  # noqa: BLE001 - whatever a judge raises, it did not allow
            log_fault(error, "judge failed", session=context.session)
            return False


def _judge(config: JudgeConfig, outgoing: Outgoing, environ: Mapping[str, str]) -> Judge:
    if config.python is not None:
        return PythonJudge(config.python)
    return HttpJudge(config.url or "", headers_from(config.headers, environ), outgoing)
