"""Tests of app.web.hangup: profiles are read anew at SIGHUP, by a process of its own."""

import asyncio
import signal
import threading
from pathlib import Path

import pytest

from app.web.hangup import on_hangup
from tests.harness import PATIENCE, read, until
from tests.processes import SERVE, UVICORN, running

PROFILE = """
[profiles.{name}]
base = "locked"
[profiles.{name}.session]
instructions = {{ fixed = "canary-prompt" }}
max_output_tokens = {{ fixed = {tokens} }}
"""


@pytest.mark.parametrize("command", [SERVE, UVICORN], ids=["serve", "uvicorn"])
async def test_a_reload_holds_for_sessions_that_begin_later(command: tuple[str, ...], tmp_path: Path) -> None:
    """What is wrong with a new file is told by line, and changes nothing; a running session keeps its own."""
    file = tmp_path / "profiles.toml"
    file.write_text(PROFILE.format(name="first", tokens=100))
    async with running(command, {"RELAY_PROFILES_FILE": str(file)}) as process:
        await process.answers("/readyz", 200)
        async with process.relay.connect(key=None) as before:
            assert (await read(before))["session"]["max_output_tokens"] == 100
            file.write_text(PROFILE.format(name="first", tokens=100_000))
            process.process.send_signal(signal.SIGHUP)
            await until(lambda: "profiles not reloaded" in process.text)
            assert f"{file}:6: profiles.first.session.max_output_tokens" in process.text
            async with process.relay.connect(key=None) as unchanged:
                assert (await read(unchanged))["session"]["max_output_tokens"] == 100
            file.write_text(PROFILE.format(name="second", tokens=200))
            process.process.send_signal(signal.SIGHUP)
            await until(lambda: "profiles reloaded" in process.text)
            async with process.relay.connect("/v1/realtime?profile=second", key=None) as after:
                assert (await read(after))["session"]["max_output_tokens"] == 200
        process.terminate()
        await process.ended()
    assert "profile=first" in process.text
    assert "canary" not in process.text


WRONG = [
    ("[profiles.a]\nbase = 'locked'\n[profiles.a.sesion]\n", "profiles.toml:3: profiles.a.sesion: is no key"),
    ("[profiles.a\n", "profiles.toml:1: is no TOML"),
    ("[profiles.a.tools.x]\npython = 'nowhere_at_all:f'\n", "profiles.toml:2: profiles.a.tools.x"),
    ("[profiles.a]\ntarget = 'canary'\n", "profiles.toml:2: profiles.a.target: is none of the targets: simulator"),
    (
        "[profiles.a.mcp.x]\nurl = 'http://127.0.0.1:1/mcp'\ntimeout = 1\n",
        "profiles.toml:2: profiles.a.mcp.x.url: its host is not in 'hosts'",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG)
async def test_wrong_profiles_stop_the_start(tmp_path: Path, text: str, sentence: str) -> None:
    """With file, line, key and reason, and never with a value."""
    file = tmp_path / "profiles.toml"
    file.write_text(text)
    async with running(SERVE, {"RELAY_PROFILES_FILE": str(file)}) as process:
        assert await process.ended() == 2
    assert sentence in process.text
    assert "canary" not in process.text.replace(str(tmp_path), "")


async def test_tools_that_cannot_be_opened_stop_the_start(tmp_path: Path) -> None:
    """A server that is not there is known only when it is asked."""
    file = tmp_path / "profiles.toml"
    file.write_text(
        "[profiles.a]\nhosts = ['127.0.0.1:1']\n[profiles.a.mcp.x]\nurl = 'http://127.0.0.1:1/mcp'\ntimeout = 1\n"
    )
    async with running(SERVE, {"RELAY_PROFILES_FILE": str(file)}) as process:
        assert await process.ended() != 0
    assert "profiles.toml:1: profiles.a: its tools cannot be opened" in process.text


async def test_a_reload_that_breaks_is_logged_and_the_next_one_works(capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever it was: the relay goes on."""
    reloads = 0
    again = asyncio.Event()

    async def reload() -> None:
        nonlocal reloads
        reloads += 1
        if reloads == 1:
            raise RuntimeError("canary")
        again.set()

    with on_hangup(reload):
        signal.raise_signal(signal.SIGHUP)
        await until(lambda: reloads == 1)
        signal.raise_signal(signal.SIGHUP)
        async with asyncio.timeout(PATIENCE):
            await again.wait()
    assert "canary" not in "".join(capfd.readouterr())


async def test_a_reload_under_way_does_not_outlive_the_application() -> None:
    """It is cancelled."""
    cancelled = asyncio.Event()

    async def reload() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with on_hangup(reload):
        signal.raise_signal(signal.SIGHUP)
        await until(lambda: any("_guarded" in repr(task) for task in asyncio.all_tasks()))
    async with asyncio.timeout(PATIENCE):
        await cancelled.wait()


async def test_the_signal_is_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    """Behind the application SIGHUP is what it was: nothing is reloaded for what is no more."""

    async def nothing() -> None:
        raise AssertionError

    with on_hangup(nothing):
        pass
    assert not asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
    assert capfd.readouterr().out == ""


def test_off_the_main_thread_nothing_is_reloaded() -> None:
    """There are no signals there, and the application runs all the same."""
    ran = []

    async def nothing() -> None:
        raise AssertionError

    async def run() -> None:
        with on_hangup(nothing):
            ran.append(True)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join()
    assert ran == [True]
