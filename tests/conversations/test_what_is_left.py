"""What an ended session leaves: nothing that waits for a collection, during which all other sessions wait.

What holds each other in a circle is freed by the collector alone, be it done with or not.
"""

import contextlib
import gc
from collections import Counter
from collections.abc import Iterator

import pytest
from websockets.asyncio.client import ClientConnection

from tests.conversations.conftest import Pair, Script, ServePair
from tests.conversations.service import Service, call, message, response, until_done
from tests.conversations.test_guardrails import CAREFUL
from tests.conversations.test_tools import calling
from tests.conversations.tooling import TOOLS, arguments
from tests.harness import BOTH_WAYS, read, until, write

LOCKED = """
[profiles.clerk]
base = "locked"
[profiles.clerk.session]
instructions = { fixed = "You are the clerk." }
"""

BRIEF = LOCKED + "[profiles.clerk.limits]\ntokens = 5\n"


@pytest.fixture(autouse=True)
def _collects_nothing() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def ours() -> Counter[str]:
    """Count the relay's own objects, by their type."""
    kinds = (str(type(each)) for each in gc.get_objects())
    return Counter(kind for kind in kinds if kind.startswith("<class 'app."))


async def leaves_nothing(pair: Pair, ends: str) -> None:
    """Hold two sessions that end so, and see that the second leaves no more than the first."""
    await hold(pair, ends)
    gc.collect()
    before = ours()
    await hold(pair, ends)
    with contextlib.suppress(TimeoutError):  # what is left then is told below
        await until(lambda: not ours() - before)
    left = ours() - before
    assert not left, dict(left)


async def hold(pair: Pair, ends: str) -> None:
    """Hold a session, in which the client hears an answer, to its end on all sides."""
    async with pair.connect() as client:
        await ask(client)
        if ends == "client":
            await client.close()
        else:
            await client.wait_closed()
    await until(lambda: not (pair.relay.parts.telemetry.running or pair.relay.server.server_state.connections))


async def ask(client: ClientConnection) -> None:
    """Ask for an answer, and be refused something beside."""
    assert (await read(client))["type"] == "session.created"
    await write(client, {"type": "canary.unknown"})
    assert (await read(client))["type"] == "error"
    await write(client, {"type": "response.create"})
    await until_done(client)


def answering(*, leaves: bool) -> Script:
    """Return a service that answers once, and leaves or does not."""

    async def script(service: Service) -> None:
        await service.begin()
        await service.hear("response.create")
        await service.say(*response("resp_1", message("item_1", "Fine.")))
        await (service.connection.close() if leaves else service.wait_closed())

    return script


@BOTH_WAYS
@pytest.mark.parametrize("ends", ["client", "service", "policy"])
async def test_however_a_session_ends(serve_ga: ServePair, ends: str) -> None:
    """By lanes, and by queues."""
    pair = await serve_ga(BRIEF if ends == "policy" else LOCKED)
    pair.play(answering(leaves=ends == "service"))
    await leaves_nothing(pair, ends)


async def test_with_tools(serve_ga: ServePair) -> None:
    """Of which one was called."""
    pair = await serve_ga(TOOLS)
    pair.play(calling(call("item_1", "look_up", arguments("a word"))))
    await leaves_nothing(pair, "client")


async def test_with_guardrails(serve_ga: ServePair) -> None:
    """Which have judged an answer."""
    pair = await serve_ga(CAREFUL)
    pair.play(answering(leaves=False))
    await leaves_nothing(pair, "client")
