"""What a tool is to the toolbox, and how work is carried out within its time."""

import asyncio
import json

import pytest

from app.effects.calling import CalledOff, ToolFailure, as_text, bounded, failure, within
from tests.effects.given import Report


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("as it is", "as it is"),
        (None, '{"result":null}'),
        ({"a": [1, "ü"]}, '{"a":[1,"ü"]}'),
        (Report(sky="grey"), '{"sky":"grey"}'),
        ([float("inf")], "[null]"),
        (True, "true"),
    ],
)
def test_value_is_told_as_text(value: object, text: str) -> None:
    """Text stays as it is; anything else becomes JSON; nothing is told as such."""
    assert as_text(value) == text


def test_value_that_cannot_be_json_raises() -> None:
    """What has no JSON is an error of the tool's."""
    with pytest.raises(ValueError, match="serialize"):
        as_text(object())


def test_output_within_the_limit_passes() -> None:
    """The limit itself is not too much, and counts bytes."""
    assert bounded("ünü", 5) == "ünü"


def test_output_over_the_limit_is_a_failure() -> None:
    """Half an answer misleads: too much is none."""
    with pytest.raises(ToolFailure) as failed:
        bounded("ünü", 4)
    assert json.loads(failed.value.text) == {"error": "the tool's output was too large", "limit_in_bytes": 4}


def test_empty_output_is_told() -> None:
    """The model reads something, always."""
    assert bounded("", 1) == '{"result":null}'


def test_lone_surrogate_is_replaced() -> None:
    """Text that no wire takes becomes text that one does."""
    assert bounded("a\ud800b", 10) == "a?b"


def test_failure_is_json_for_the_model() -> None:
    """A failure is an object with an `error`."""
    assert failure("kein „Glück“", details=[]) == '{"error":"kein „Glück“","details":[]}'


async def test_work_in_time_has_its_result() -> None:
    """What ends in time is returned."""

    async def work() -> int:
        return 7

    assert await within(60, work) == 7


async def test_work_that_takes_too_long_is_cancelled() -> None:
    """When the time is up the work is cancelled, and that is a failure."""
    cancelled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(ToolFailure, match="took too long"):
        await within(0.01, work)
    assert cancelled.is_set()


async def test_time_out_of_the_works_own_is_its_failure() -> None:
    """Only our own time is told as such."""

    async def work() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        await within(60, work)


async def test_work_that_cancels_itself_is_called_off() -> None:
    """A cancellation that nobody asked for does not end whoever waits."""

    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(CalledOff):
        await within(60, work)


async def test_cancellation_from_outside_goes_through() -> None:
    """Who cancels is obeyed."""
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(within(60, work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
