import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trustme
from websockets.asyncio.server import ServerConnection

from app.errors import Ended, Ending
from app.upstream.connector import Connector
from app.upstream.providers import Target
from tests.upstream.services import IdentityEndpoint, Listener, Proxy, Service

Start = Callable[..., Awaitable[Service]]
Listen = Callable[..., Awaitable[Listener]]
StartProxy = Callable[..., Awaitable[Proxy]]
Make = Callable[..., Connector]
LeavingNothing = Callable[[], AbstractAsyncContextManager[None]]


def azure(endpoint: str, **more: Any) -> Target:
    fields = {"provider": "azure", "endpoint": endpoint, "deployment": "rt", "api_key": "canary-key", **more}
    return Target.model_validate(fields)


@pytest.fixture
def trusting(authority: trustme.CA, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment name the tests' own authority."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))


@pytest.mark.usefixtures("trusting")
async def test_ssl_cert_file_is_honoured(service: Start, connector: Make, server_tls: ssl.SSLContext) -> None:
    """A private authority is trusted by naming its file, as everywhere."""
    served = await service(tls=server_tls)
    upstream = await connector().open(azure(f"https://127.0.0.1:{served.port}"), request_id="s1")
    upstream.socket.abort()
    assert len(served.requests) == 1


@pytest.mark.usefixtures("trusting")
async def test_a_proxy_is_honoured(
    service: Start,
    connector: Make,
    proxy: StartProxy,
    server_tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """HTTPS_PROXY is asked for a tunnel, with its own password; the key goes through, encrypted."""
    served = await service(tls=server_tls)
    via = await proxy()
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:canary-password@127.0.0.1:{via.port}")
    upstream = await connector().open(azure(f"https://upstream.test:{served.port}"), request_id="s1")
    await upstream.socket.close(1000, "")
    assert via.asked[0].startswith(f"CONNECT upstream.test:{served.port} HTTP/1.1\r\n")
    assert "Proxy-Authorization: Basic " in via.asked[0]
    assert "canary-key" not in via.asked[0]
    assert served.requests[0].headers["api-key"] == "canary-key"


async def test_loopback_is_dialled_without_a_proxy(
    service: Start, connector: Make, proxy: StartProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy cannot know our own machine: a local upstream is dialled directly."""
    served = await service()
    via = await proxy()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{via.port}")
    upstream = await connector().open(azure(served.endpoint), request_id="s1")
    upstream.socket.abort()
    assert via.asked == []


async def test_a_proxy_that_refuses(connector: Make, proxy: StartProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log tells the proxy's refusal from the service's."""
    via = await proxy(refusal=b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{via.port}")
    with pytest.raises(Ended) as caught:
        await connector().open(azure("https://upstream.test"), request_id="s1")
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    assert "the proxy that HTTPS_PROXY names answered with HTTP 407" in caught.value.detail


@pytest.mark.parametrize(
    "url", ["socks5://u:canary@127.0.0.1:1", "ftp://u:canary@h", "http://u:canary@h:canary", "http://canary@h"]
)
async def test_a_proxy_that_cannot_be_used(connector: Make, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A proxy of another kind, or none at all, is named by the variable, not by its URL with the password."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(Ended) as caught:
        await connector().open(azure("https://upstream.test"), request_id="s1")
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    assert "HTTPS_PROXY" in caught.value.detail
    assert "canary" not in caught.value.detail


Stalled = tuple[Target, asyncio.Queue[Any], str]


@pytest.fixture(params=["token", "tcp", "tls", "proxy", "first event"])
async def stalled(
    request: pytest.FixtureRequest,
    service: Start,
    listener: Listen,
    identity: IdentityEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> Stalled:
    """A target that stalls on the way, what tells that the way was begun, and what is then waited for."""
    silent = await listener()
    dialled = "{} to take the connection"
    match request.param:
        case "token":
            identity.held.clear()
            target = azure(f"http://127.0.0.1:{silent.port}", api_key=None)
            return target, identity.arrived, "an Entra token"
        case "tcp":
            return azure(f"http://127.0.0.1:{silent.port}"), silent.reads, dialled.format("127.0.0.1")
        case "tls":
            return azure(f"https://127.0.0.1:{silent.port}"), silent.reads, dialled.format("127.0.0.1")
        case "proxy":
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.port}")
            return azure("https://upstream.test"), silent.reads, dialled.format("upstream.test")
        case _:
            begun: asyncio.Queue[Any] = asyncio.Queue()

            async def script(connection: ServerConnection) -> None:
                begun.put_nowait(connection)

            served = await service(first=None, script=script)
            return azure(served.endpoint), begun, "the first event of 127.0.0.1"


async def test_time_is_limited(
    connector: Make, stalled: Stalled, identity: IdentityEndpoint, leaving_nothing: LeavingNothing
) -> None:
    """Wherever the way stalls, the attempt ends in time, says at which step, and leaves nothing behind."""
    target, _, step = stalled
    async with leaving_nothing():
        made = connector(timeout=0.1, managed_identity_client_id="c")
        with pytest.raises(Ended) as caught:
            await made.open(target, request_id="s1")
        await made.close()
        identity.held.set()
    assert caught.value.ending is Ending.DIAL_TIMEOUT
    assert caught.value.detail == f"gave up waiting for {step}"


async def test_cancelling_drops_the_connection(
    connector: Make, stalled: Stalled, identity: IdentityEndpoint, leaving_nothing: LeavingNothing
) -> None:
    """Wherever it is cancelled, a dial goes at once, with its connection and whatever task it had."""
    target, begun, _ = stalled
    async with leaving_nothing():
        made = connector(timeout=60, managed_identity_client_id="c")
        dialling = asyncio.create_task(made.open(target, request_id="s1"))
        async with asyncio.timeout(5):
            await begun.get()
        dialling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dialling
        await made.close()
        identity.held.set()


async def test_a_cancelled_dial_is_gone_for_the_other_side(connector: Make, listener: Listen) -> None:
    """The peer sees the connection end, and not by a time-out of its own."""
    silent = await listener()
    dialling = asyncio.create_task(
        connector(timeout=60).open(azure(f"http://127.0.0.1:{silent.port}"), request_id="s")
    )
    async with asyncio.timeout(5):
        await silent.reads.get()
        dialling.cancel()
        await silent.gone.get()
    assert silent.reads.empty()


async def test_two_hundred_dials_leave_nothing(
    connector: Make, service: Start, listener: Listen, leaving_nothing: LeavingNothing
) -> None:
    """Dials that succeed, are refused, time out and are cancelled leave no descriptor and no task."""
    served = await service()
    silent = await listener()
    good, bad = azure(served.endpoint), azure(served.endpoint, api_key="canary-other")
    mute = azure(f"http://127.0.0.1:{silent.port}")
    patient, hasty = connector(timeout=60), connector(timeout=0.05)
    endings: list[Ending | str] = []

    async def dial(made: Connector, target: Target) -> None:
        try:
            upstream = await made.open(target, request_id="s1")
            await upstream.socket.close(1000, "")
            endings.append("opened")
        except Ended as ended:
            endings.append(ended.ending)
        except asyncio.CancelledError:
            endings.append("cancelled")
            raise

    async with leaving_nothing():
        for _ in range(10):
            kinds = [(patient, good), (patient, bad), (hasty, mute), (patient, mute)]
            dials = [asyncio.create_task(dial(*kind)) for kind in kinds for _ in range(5)]
            await asyncio.wait(dials[:15])
            for dialling in dials[15:]:
                dialling.cancel()
            await asyncio.wait(dials)
    expected = {"opened": 50, Ending.UPSTREAM_REFUSED: 50, Ending.DIAL_TIMEOUT: 50, "cancelled": 50}
    assert expected == {ending: endings.count(ending) for ending in endings}
