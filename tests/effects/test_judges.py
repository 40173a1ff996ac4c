"""Judges of what was said."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import ValidationError

from app.effects import JudgeConfig, JudgesConfig, Toolbox
from app.policy.judging import Kind
from tests.effects.service import CANARY, Service, judge

Opened = Callable[..., Awaitable[Toolbox]]


def functions(*names: str, **more: Any) -> JudgesConfig:
    return JudgesConfig(
        user_text=tuple(JudgeConfig(python=f"tests.effects.given:{name}") for name in names), **more
    )


@pytest.mark.parametrize(
    ("judges", "allowed"),
    [
        (["polite"], True),
        (["known"], True),
        (["polite", "known"], True),
        (["refusing"], False),
        (["polite", "refusing"], False),
        (["unclear"], False),
        (["raising"], False),
        (["raising", "polite"], False),
        (["leaving"], False),
        (["undecided"], False),
        (["undecided", "polite"], False),
    ],
)
async def test_all_must_allow(opened: Opened, judges: list[str], *, allowed: bool) -> None:
    """Whatever is not a plain yes in time is a no."""
    toolbox = await opened(judges=functions(*judges, timeout=0.2 if "undecided" in judges else 20))
    assert await judge(toolbox, "True") is allowed


async def test_judge_reads_the_text(opened: Opened) -> None:
    """The text decides."""
    toolbox = await opened(judges=functions("polite"))
    assert await judge(toolbox, "please")
    assert not await judge(toolbox, "how rude")


@pytest.mark.parametrize("kind", ["user_speech", "user_text", "model_output"])
async def test_each_kind_has_its_judges(opened: Opened, kind: Kind) -> None:
    """Where a kind has none, nothing of it is forbidden."""
    refusing = {kind: (JudgeConfig(python="tests.effects.given:refusing"),)}
    toolbox = await opened(judges=JudgesConfig.model_validate(refusing))
    kinds: tuple[Kind, ...] = ("user_speech", "user_text", "model_output")
    assert [each for each in kinds if not await judge(toolbox, "x", each)] == [kind]


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [
        ({"text": '{"allowed": true}'}, True),
        ({"status": 201, "text": '{"allowed": true, "why": ""}'}, True),
        ({"text": '{"allowed": false}'}, False),
        ({"text": '{"allowed": "true"}'}, False),
        ({"text": '{"allowed": 1}'}, False),
        ({"text": "true"}, False),
        ({"text": ""}, False),
        ({"status": 500, "text": '{"allowed": true}'}, False),
        ({"status": 404}, False),
        ({"text": '{"allowed": true}' + " " * 70_000}, False),
        ({"status": 307, "headers": {"Location": "http://127.0.0.1:1/"}}, False),
    ],
)
async def test_endpoint_allows_by_a_plain_yes(
    opened: Opened, service: Service, answer: dict[str, Any], *, allowed: bool
) -> None:
    """It is asked by POST with its headers; anything but a success that says so is a no."""
    service.answer("/judge", **answer)
    judges = JudgesConfig(user_text=(JudgeConfig(url=f"{service.base}/judge", headers={"api-key": "${KEY}"}),))
    toolbox = await opened(judges=judges, hosts=[service.host], environ={"KEY": CANARY})
    assert await judge(toolbox, "hello") is allowed
    seen = service.seen[0]
    assert (seen.method, seen.body) == ("POST", b'{"kind":"user_text","text":"hello"}')
    assert seen.headers["api-key"] == CANARY


async def test_endpoint_that_is_not_listed_is_an_error_when_it_opens(opened: Opened) -> None:
    """A judge goes nowhere that the list does not name."""
    with pytest.raises(ValueError, match=r"'judge\.example' is not in the list"):
        await opened(judges=JudgesConfig(user_text=(JudgeConfig(url="https://judge.example/"),)))


def test_url_may_be_none() -> None:
    """As it is where a configuration spells out what it does not use."""
    assert JudgeConfig(python="a:b", url=None).url is None


async def test_verdict_of_a_toolbox_that_is_not_open_is_no() -> None:
    """Nothing passes before there are judges."""
    assert not await judge(Toolbox({}), "hello")


@pytest.mark.parametrize(
    "config", [{}, {"python": "a:b", "url": "https://x/"}, {"url": "no url"}, {"python": "a:b", "more": 1}]
)
def test_flawed_configuration_is_refused(config: dict[str, Any]) -> None:
    """A judge is one thing, and its address is one."""
    with pytest.raises(ValidationError):
        JudgeConfig.model_validate(config)
