"""The command line: `serve`, `check`, `simulate`, `key`. Nothing else reads arguments."""

import argparse
import asyncio
import contextlib
import gc
import ssl
import sys
from collections.abc import Sequence

import uvicorn

from app.auth.credentials import is_loopback_host
from app.auth.static_keys import hash_key, new_key
from app.main import create_app, load_profiles
from app.settings import Settings, SettingsError, load
from app.telemetry import configure_logging
from app.upstream.check import check
from app.upstream.connector import ConnectorConfig
from app.upstream.providers import Targets
from app.web.protocol import RelayProtocol

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. A setting that is wrong is told in a sentence."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except SettingsError as error:
        print(f"realtime-relay: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="realtime-relay", description=__doc__)
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="run the relay")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.set_defaults(run=_serve)
    check_parser = commands.add_parser(
        "check", help="dial the configured upstream, and say layer by layer what holds"
    )
    check_parser.set_defaults(run=_check)
    simulate = commands.add_parser("simulate", help="run the simulated upstream by itself")
    simulate.add_argument("--host", default="127.0.0.1")
    simulate.add_argument("--port", type=int, default=8001)
    simulate.add_argument("--cert", help="a PEM file; with it the simulator speaks TLS")
    simulate.add_argument("--key", help="the certificate's key, if it is in a file of its own")
    simulate.set_defaults(run=_simulate)
    key = commands.add_parser("key", help="static keys for users").add_subparsers(required=True)
    key.add_parser("new", help="print a new key, once, and the hash to configure").set_defaults(run=_new_key)
    return parser


def _serve(options: argparse.Namespace) -> int:
    settings = load()
    if not settings.auth.configured and not _is_loopback(options.host):
        raise SettingsError(
            f"--host {options.host} would open the relay to everybody, since no user authentication is configured."
            " Set RELAY_AUTH__KEYS__<NAME> (`realtime-relay key new` makes a key), or leave the host at 127.0.0.1."
        )
    configure_logging(settings.log)
    server = uvicorn.Server(uvicorn_config(settings, options.host, options.port))
    # What is loaded by now stays: a full collection would walk over it, and all sessions wait meanwhile.
    gc.collect()
    gc.freeze()
    server.run()
    return 0 if server.started else 1


def uvicorn_config(settings: Settings, host: str, port: int) -> uvicorn.Config:
    """Say how uvicorn is to serve a relay."""
    return uvicorn.Config(
        create_app(settings),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        ws=RelayProtocol,
        ws_per_message_deflate=False,
        ws_max_size=settings.client.max_frame,
        ws_ping_interval=settings.client.ping_interval,
        ws_ping_timeout=settings.client.ping_timeout,
    )


def _check(_: argparse.Namespace) -> int:
    settings = load()
    targets = settings.chosen_targets()
    load_profiles(settings, targets)
    if targets is None:
        print("No upstream is configured: set AZURE_OPENAI_ENDPOINT, or RELAY_TARGETS__<NAME>__PROVIDER.")
        return 1
    return asyncio.run(_run_check(targets, settings.upstream))


async def _run_check(targets: Targets, config: ConnectorConfig) -> int:
    failed = False
    for name, target in targets.targets.items():
        print(f"{name}: {target.provider} on {target.host}", flush=True)
        async for finding in check(target, config):
            failed = failed or finding.verdict == "fails"
            print(f"  {finding.verdict:10} {finding.layer:12} {finding.words}".rstrip(), flush=True)
    return int(failed)


def _simulate(options: argparse.Namespace) -> int:
    configure_logging(load().log)
    context = None
    if options.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.cert, options.key)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run_simulator(options.host, options.port, context))
    return 0


async def _run_simulator(host: str, port: int, context: ssl.SSLContext | None) -> None:
    from app.simulator import Simulator  # noqa: PLC0415 - no part of a relay that serves

    simulator = Simulator()
    await simulator.start(host, port, context)
    try:
        print(f"A simulated Realtime service listens on {simulator.url}", flush=True)
        await asyncio.Event().wait()
    finally:
        await simulator.close()


def _new_key(_: argparse.Namespace) -> int:
    key = new_key()
    print(f"key (give it to the user; it is shown this once): {key}")
    print(f"hash (configure it as RELAY_AUTH__KEYS__<NAME>):   {hash_key(key)}")
    return 0


def _is_loopback(host: str) -> bool:
    return is_loopback_host(host) or host == "::1"


if __name__ == "__main__":
    sys.exit(main())
