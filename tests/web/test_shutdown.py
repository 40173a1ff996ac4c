"""The end of the process, under `serve` and under plain uvicorn: drained first, ended at the second signal."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from app.auth.static_keys import hash_key
from app.web.shutdown import GracefulShutdown
from tests.conversations.test_endings import echo
from tests.harness import KEY, PATIENCE, ScriptedUpstream, closing, read, write
from tests.processes import SERVE, UVICORN, Process, running

BOTH = pytest.mark.parametrize("command", [SERVE, UVICORN], ids=["serve", "uvicorn"])
ENDED = (0, -signal.SIGTERM)
"""uvicorn hands the signal on when it is done."""


@asynccontextmanager
async def in_conversation(
    command: Sequence[str], upstream: ScriptedUpstream, drain: str
) -> AsyncIterator[tuple[Process, ClientConnection]]:
    """Run a relay with one session that is under way."""
    upstream.script = echo
    given = {
        "AZURE_OPENAI_ENDPOINT": upstream.endpoint,
        "AZURE_OPENAI_DEPLOYMENT_NAME": "secret-deployment",
        "AZURE_OPENAI_API_KEY": "canary-upstream-key",
        "RELAY_AUTH__KEYS__ALICE": hash_key(KEY),
        "RELAY_AUTH__QUERY_CREDENTIALS": "true",
        "RELAY_SESSION__DRAIN": drain,
        "RELAY_LOG__LEVEL": "debug",
    }
    async with running(command, given) as process:
        await process.answers("/readyz", 200)
        async with process.relay.connect(f"/v1/realtime?api-key={KEY}", key=None) as client:
            await read(client)
            yield process, client


@BOTH
async def test_the_first_signal_lets_sessions_finish(command: Sequence[str], upstream: ScriptedUpstream) -> None:
    """Not ready, newcomers get 503, but alive; who is talking goes on; the last to leave ends the process."""
    async with in_conversation(command, upstream, "600") as (process, client):
        process.terminate()
        await process.answers("/readyz", 503)
        await process.answers("/healthz", 200)
        with pytest.raises(InvalidStatus) as caught:
            await process.relay.connect()
        assert caught.value.response.status_code == 503
        await write(client, {"type": "input_audio_buffer.clear"})
        assert (await read(client))["type"] == "input_audio_buffer.cleared"
        await client.close()
        assert await process.ended() in ENDED
        assert "draining" in process.text


@BOTH
async def test_the_deadline_ends_what_is_left(command: Sequence[str], upstream: ScriptedUpstream) -> None:
    """Then the client is told 1012: connect again."""
    async with in_conversation(command, upstream, "0.1") as (process, client):
        process.terminate()
        assert await closing(client) == (1012, "The relay is restarting. Connect again.")
        assert await process.ended() in ENDED


@BOTH
async def test_the_second_signal_ends_at_once(command: Sequence[str], upstream: ScriptedUpstream) -> None:
    """Whoever stands before the machine does not have to wait for a conversation."""
    async with in_conversation(command, upstream, "600") as (process, client):
        process.terminate()
        await process.answers("/readyz", 503)
        process.terminate()
        assert (await closing(client))[0] == 1012
        assert await process.ended() in ENDED
    await upstream.freed()


TRACE = (*UVICORN[:-1], "trace")


@pytest.mark.parametrize("command", [SERVE, UVICORN, TRACE], ids=["serve", "uvicorn", "uvicorn at level trace"])
async def test_no_secret_is_written(command: Sequence[str], upstream: ScriptedUpstream) -> None:
    """Keys in the query, in headers, in what is said: nothing of it is in the output, whatever the log level."""
    async with in_conversation(command, upstream, "0") as (process, client):
        await write(client, {"type": "response.create", "response": {"instructions": "canary-prompt"}})
        await read(client)
        await client.send('{"type":"canary-type","text":"canary-text"')
        await read(client)
        for headers in ({"Authorization": "Bearer canary-stranger"}, {"api-key": "canary-stranger"}):
            with pytest.raises(InvalidStatus):
                await process.relay.connect("/v1/realtime?api-key=canary-query", key=None, headers=headers)
        for token in ("canary.canary.canary", "ek_canary", "x" * 20_000 + "canary"):
            async with process.relay.connect(key=None, subprotocols=by_subprotocol(token)) as refused:
                await closing(refused)
        async with httpx.AsyncClient(trust_env=False) as http:
            for body in ('{"session":{"instructions":"canary-prompt"}}', '{"canary'):
                headers = {"authorization": f"Bearer {KEY}"}
                await http.post(f"{process.relay.http}/v1/realtime/client_secrets", content=body, headers=headers)
            assert "canary" not in (await http.get(f"{process.relay.http}/metrics")).text
        await client.close()
        await upstream.freed()
        process.terminate()
        await process.ended()
    assert "ending=client_left" in process.text
    assert "canary" not in process.text


def by_subprotocol(token: str) -> list[Subprotocol]:
    """Offer a credential as a browser does."""
    return [Subprotocol("realtime"), Subprotocol(f"openai-insecure-api-key.{token}")]


async def test_handlers_are_wrapped_and_given_back() -> None:
    """The first signal drains and then calls the handler that was there; the second calls it at once."""
    called: asyncio.Queue[int] = asyncio.Queue()
    release = asyncio.Event()
    draining = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def drain() -> None:
        draining.set()
        await release.wait()

    before = signal.signal(signal.SIGTERM, lambda number, _: loop.call_soon_threadsafe(called.put_nowait, number))
    try:
        shutdown = GracefulShutdown(drain)
        shutdown.install()
        async with asyncio.timeout(PATIENCE):
            os.kill(os.getpid(), signal.SIGTERM)
            await draining.wait()
            assert called.empty()
            os.kill(os.getpid(), signal.SIGTERM)
            assert await called.get() == signal.SIGTERM
            release.set()
            assert await called.get() == signal.SIGTERM
        shutdown.restore()
        assert signal.getsignal(signal.SIGTERM) is not None
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_handlers_that_python_does_not_know_are_left_alone() -> None:
    """A signal that is ignored or has its default stays as it is."""

    async def drain() -> None:
        raise AssertionError

    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        shutdown = GracefulShutdown(drain)
        shutdown.install()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        shutdown.restore()
    finally:
        signal.signal(signal.SIGTERM, before)


async def test_off_the_main_thread_there_is_nothing_to_wrap() -> None:
    """Signals belong to the main thread; embedded elsewhere the relay lets them be."""

    async def drain() -> None:
        raise AssertionError

    before = signal.getsignal(signal.SIGINT)

    def install() -> None:
        async def inside() -> None:
            GracefulShutdown(drain).install()

        asyncio.run(inside())

    thread = threading.Thread(target=install)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert signal.getsignal(signal.SIGINT) is before
