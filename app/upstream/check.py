"""Is the upstream as the relay needs it? One finding a layer, from the network up to the first event.

A layer is asked only where those below it hold, so the first that fails is the one to mend. No finding shows a
secret: what a service says is not repeated.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from websockets.proxy import get_proxy
from websockets.uri import parse_uri

from app.upstream.connector import Connector, ConnectorConfig
from app.upstream.providers import Address, Target, address, is_loopback
from app.upstream.refusals import Layer, Undialled

__all__ = ["Finding", "check"]

Verdict = Literal["ok", "fails", "warning", "not asked"]

DIALLED: tuple[Layer, ...] = ("credential", "role", "deployment", "first event")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one layer, and in words how, or what to mend."""

    layer: str
    verdict: Verdict
    words: str = ""


@dataclass(frozen=True, slots=True)
class Hop:
    """The first machine on the way: the service, or the proxy before it."""

    host: str
    port: int
    proxy: bool


async def check(
    target: Target, config: ConnectorConfig, *, context: ssl.SSLContext | None = None
) -> AsyncIterator[Finding]:
    """Ask one layer after the other. What comes after one that fails is not asked."""
    where = address(target)
    if target.provider == "azure-preview":
        yield Finding("api-version", "warning", "a dated version selects the deprecated preview; v1 is GA")
    failed = False
    async for finding in _network(where, config.timeout, context or ssl.create_default_context()):
        failed = failed or finding.verdict == "fails"
        yield finding
    if failed:
        for layer in DIALLED:
            yield Finding(layer, "not asked")
        return
    for finding in await _dialled(target, config, context):
        yield _worded(finding, target)


async def _network(where: Address, timeout: float, context: ssl.SSLContext) -> AsyncIterator[Finding]:  # noqa: ASYNC109 - told, not raised
    hop = _first_hop(where)
    name = f"the proxy {hop.host}" if hop.proxy else hop.host
    try:
        async with asyncio.timeout(timeout):
            found = await asyncio.get_running_loop().getaddrinfo(hop.host, hop.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError) as error:
        yield Finding("DNS", "fails", f"{name} has no address: {_why(error)}")
        yield Finding("TCP", "not asked")
        yield Finding("TLS", "not asked")
        return
    yield Finding("DNS", "ok", f"{name} is {found[0][4][0]}")
    tcp = await _connects("TCP", hop, timeout, None)
    yield tcp
    if tcp.verdict == "fails":
        yield Finding("TLS", "not asked")
    elif where.url.startswith("ws:"):
        yield Finding("TLS", "warning", "none: the connection is not encrypted")
    elif hop.proxy:
        yield Finding("TLS", "not asked", "the connection through the proxy tells below")
    else:
        yield await _connects("TLS", hop, timeout, context)


async def _connects(layer: str, hop: Hop, timeout: float, context: ssl.SSLContext | None) -> Finding:  # noqa: ASYNC109 - told, not raised
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(hop.host, hop.port, ssl=context)
    except (OSError, TimeoutError) as error:
        return Finding(layer, "fails", f"{hop.host}:{hop.port}: {_why(error)}")
    known = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return Finding(layer, "ok", known.version() if known else f"port {hop.port} answers")


async def _dialled(target: Target, config: ConnectorConfig, context: ssl.SSLContext | None) -> list[Finding]:
    connector = Connector(config, ssl=context)
    try:
        upstream = await connector.open(target, request_id="check")
    except Undialled as undialled:
        return _until(undialled)
    else:
        await upstream.socket.close(1000, "")
        return [Finding(layer, "ok") for layer in DIALLED]
    finally:
        await connector.close()


def _worded(finding: Finding, target: Target) -> Finding:
    """Say of a layer that holds what was asked."""
    scope = target.entra_scope
    words = {
        "credential": f"an Entra token for {scope}" if scope else "a key" if target.api_key else "none is sent",
        "role": "the identity may use the resource" if scope else "only an identity needs one",
        "deployment": target.deployment or "as the URL names it",
        "first event": "a session began",
    }
    return Finding(finding.layer, "ok", words[finding.layer]) if finding.verdict == "ok" else finding


def _until(undialled: Undialled) -> list[Finding]:
    """Tell the layers that held, the one that failed, and those that were not reached."""
    layers: tuple[str, ...] = ("handshake", *DIALLED) if undialled.layer == "network" else DIALLED
    at = 0 if undialled.layer == "network" else layers.index(undialled.layer)
    return [
        *(Finding(layer, "ok") for layer in layers[:at]),
        Finding(layers[at], "fails", undialled.detail),
        *(Finding(layer, "not asked") for layer in layers[at + 1 :]),
    ]


def _first_hop(where: Address) -> Hop:
    uri = parse_uri(where.url)
    proxy = None if is_loopback(uri.host) else get_proxy(uri)
    if proxy is None:
        return Hop(uri.host, uri.port, proxy=False)
    url = urlsplit(proxy)
    return Hop(url.hostname or "", url.port or (443 if url.scheme == "https" else 80), proxy=True)


def _why(error: OSError) -> str:
    match error:
        case TimeoutError():
            return "no answer in time"
        case ssl.SSLCertVerificationError():
            return (
                f"its certificate is not trusted ({error.verify_message}); SSL_CERT_FILE names other authorities"
            )
        case _:
            return error.strerror or type(error).__name__
