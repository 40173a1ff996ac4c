"""The libraries do not log what passes through them."""

import logging
from collections.abc import Awaitable, Callable

import pytest

from app.effects import HttpToolConfig, Toolbox
from app.effects.quiet import quiet_libraries
from tests.effects.service import CANARY, Service, call


async def test_call_leaves_no_trace_in_the_log(
    opened: Callable[..., Awaitable[Toolbox]], service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the argument in the URL nor the secret in the header is printed, at any level."""
    caplog.set_level(logging.DEBUG)
    properties = {"type": "object", "properties": {"q": {"type": "string"}}}
    config = HttpToolConfig(
        url=f"{service.base}/x", description="It.", parameters=properties, headers={"api-key": "${KEY}"}
    )
    service.answer("/x", headers={"X-Told": CANARY})
    toolbox = await opened({"it": config}, hosts=[service.host], environ={"KEY": CANARY})
    await call(toolbox, "it", {"q": "what-was-said"})
    assert "what-was-said" in service.seen[0].target
    assert [each for each in caplog.messages if CANARY in each or "what-was-said" in each] == []


def test_mcp_package_says_nothing() -> None:
    """It prints messages that it cannot read, with their text, as errors."""
    quiet_libraries()
    assert not logging.getLogger("mcp.client.stdio").isEnabledFor(logging.CRITICAL)
    assert not logging.getLogger("client").isEnabledFor(logging.CRITICAL)
