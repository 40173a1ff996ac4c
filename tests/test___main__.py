"""The command line, in this process where it can be, as a process of its own where it serves."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from app.__main__ import main
from app.auth.static_keys import hash_key
from app.simulator import Simulator, SimulatorConfig
from tests.harness import KEY, PATIENCE, ROOT, ScriptedUpstream, read
from tests.processes import environment, free_port, running

COMMANDS = [[sys.executable, "-m", "app"], [str(Path(sys.executable).parent / "realtime-relay")]]


@pytest.mark.parametrize("command", COMMANDS, ids=["python -m app", "realtime-relay"])
async def test_both_commands_are_the_same(command: list[str]) -> None:
    """The installed console command and the module do the same things."""
    run = await asyncio.create_subprocess_exec(*command, "--help", cwd=ROOT, stdout=subprocess.PIPE)
    output, _ = await run.communicate()
    assert run.returncode == 0
    assert b"serve" in output
    assert b"simulate" in output
    assert b"key" in output


def test_a_new_key_fits_its_hash(capsys: pytest.CaptureFixture[str]) -> None:
    """The key is printed once, with what to configure; two keys are never equal."""
    keys = []
    for _ in range(2):
        assert main(["key", "new"]) == 0
        key_line, hash_line = capsys.readouterr().out.splitlines()
        key = key_line.split()[-1]
        assert hash_line.split()[-1] == hash_key(key)
        keys.append(key)
    assert keys[0] != keys[1]


async def test_an_open_address_needs_user_authentication() -> None:
    """`serve --host 0.0.0.0` without it refuses to start, and says what to set."""
    async with running(("-m", "app", "serve", "--host", "0.0.0.0", "--port", "{port}"), {}) as process:
        assert await process.ended() == 2
    assert "RELAY_AUTH__KEYS__<NAME>" in process.text


async def test_a_misspelt_setting_stops_the_start() -> None:
    """With a sentence, not a traceback."""
    async with running(("-m", "app", "serve", "--port", "{port}"), {"RELAY_ORIGIN": "x"}) as process:
        assert await process.ended() == 2
    assert (
        process.text
        == "realtime-relay: RELAY_ORIGIN is not a setting of this relay. Did you mean RELAY_ORIGINS…?\n"
    )


async def test_a_taken_port_is_a_failure() -> None:
    """The exit status says so."""
    async with running(("-m", "app", "serve", "--port", "{port}"), {}) as first:
        await first.answers("/healthz", 200)
        async with running(("-m", "app", "serve", "--port", str(first.port)), {}) as second:
            assert await second.ended() != 0


CHECKED = {"AZURE_OPENAI_DEPLOYMENT_NAME": "d", "AZURE_OPENAI_API_KEY": "canary-key"}


async def test_the_check_tells_by_its_exit_status() -> None:
    """0 if all holds, 1 if not; a line for each layer, and no secret in any."""
    async with Simulator(SimulatorConfig(keys=("canary-key",))) as simulator:
        for key, status, line in (
            ("canary-key", 0, "ok         first event"),
            ("canary-2", 1, "fails      credential"),
        ):
            given = {**CHECKED, "AZURE_OPENAI_ENDPOINT": simulator.endpoint, "AZURE_OPENAI_API_KEY": key}
            async with running(("-m", "app", "check"), given) as process:
                assert await process.ended() == status
            assert line in process.text
            assert "canary" not in process.text


async def test_without_an_upstream_there_is_nothing_to_check() -> None:
    """The sentence says what to set."""
    async with running(("-m", "app", "check"), {}) as process:
        assert await process.ended() == 1
    assert "AZURE_OPENAI_ENDPOINT" in process.text


@pytest.mark.parametrize("tls", [False, True])
async def test_the_simulator_runs_by_itself(tls: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a table's column
    """A relay in front of `simulate`, in the clear and over TLS with a private authority."""
    arguments: tuple[str, ...] = ("-m", "app", "simulate", "--port", "{port}")
    given = {
        "RELAY_AUTH__KEYS__ALICE": hash_key(KEY),
        "AZURE_OPENAI_DEPLOYMENT_NAME": "d",
        "AZURE_OPENAI_API_KEY": "k",
    }
    if tls:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(tmp_path / "cert.pem")
        arguments += ("--cert", str(tmp_path / "cert.pem"))
        given["SSL_CERT_FILE"] = str(tmp_path / "ca.pem")
    async with running(arguments, {}) as simulator:
        async with asyncio.timeout(PATIENCE):
            while b"listens on" not in simulator.output:
                assert simulator.process.returncode is None, simulator.text
                await asyncio.sleep(0.02)
        scheme = "https" if tls else "http"
        given["AZURE_OPENAI_ENDPOINT"] = f"{scheme}://127.0.0.1:{simulator.port}"
        async with running(("-m", "app", "serve", "--port", "{port}"), given) as process:
            await process.answers("/readyz", 200)
            async with process.relay.connect() as client:
                assert (await read(client))["type"] == "session.created"
        simulator.process.terminate()
        await simulator.ended()


async def test_the_console_log_can_be_json(upstream: ScriptedUpstream) -> None:
    """One object a line, for those who collect them."""
    given = {
        "AZURE_OPENAI_ENDPOINT": upstream.endpoint,
        "AZURE_OPENAI_DEPLOYMENT_NAME": "d",
        "AZURE_OPENAI_API_KEY": "k",
        "RELAY_LOG__FORMAT": "json",
    }
    async with running(("-m", "app", "serve", "--port", "{port}"), given) as process:
        await process.answers("/readyz", 200)
        async with process.relay.connect(key=None) as client:
            await read(client)
        await upstream.freed()
        process.terminate()
        await process.ended()
    lines = [json.loads(line) for line in process.text.splitlines()]
    (session,) = [line for line in lines if line["event"] == "session"]
    expected = {"identity": "dev", "method": "dev", "target": "azure", "profile": "open", "generation": "ga"}
    assert expected.items() <= session.items()
    assert {
        "seconds",
        "first_audio_after",
        "frames_from_client",
        "bytes_from_upstream",
        "ending",
    } <= session.keys()


def test_the_environment_of_a_test_process_is_clean() -> None:
    """No setting of whoever runs the suite leaks into it."""
    assert not [name for name in environment({}) if name.startswith("RELAY_")]
    assert free_port() > 0
