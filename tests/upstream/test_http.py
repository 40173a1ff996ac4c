"""Tests of app.upstream.http: the trust and the proxy of a dial, and what no answer means."""

import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
import trustme
from aiohttp import web

from app.errors import Ended, Ending
from app.upstream.http import Http, Posted
from app.upstream.providers import Target
from tests.upstream.rest_service import RestService, rest_serving, says
from tests.upstream.services import Listener, Proxy

StartProxy = Callable[..., Awaitable[Proxy]]
StartListener = Callable[..., Awaitable[Listener]]

PATH = "/openai/v1/realtime/client_secrets"
SECRET = {"Authorization": "Bearer canary-secret"}


def target(endpoint: str) -> Target:
    """Return a target with this endpoint."""
    return Target.model_validate(
        {"provider": "azure", "endpoint": endpoint, "deployment": "d", "api_key": "k", "insecure": True}
    )


@asynccontextmanager
async def client(authority: trustme.CA | None = None, timeout: float = 10) -> AsyncIterator[Http]:  # noqa: ASYNC109 - the subject's own
    """A client that trusts this authority, or the system's."""
    context = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(context)
    made = Http(context, timeout)
    try:
        yield made
    finally:
        await made.close()


async def failure(http: Http, endpoint: str) -> Ended:
    """Ask, in vain."""
    with pytest.raises(Ended) as ended:
        await http.post(target(endpoint), Posted(endpoint + PATH, "a secret", SECRET))
    assert "canary" not in ended.value.message + ended.value.detail
    return ended.value


@pytest.fixture
async def service() -> AsyncIterator[RestService]:
    """A service."""
    async with rest_serving() as started:
        yield started


async def test_a_redirect_is_an_answer(service: RestService) -> None:
    """It is not followed: the key is for the host that the operator named."""
    service.answers["client_secrets"] = says(307, b"", Location=f"{service.endpoint}/elsewhere")
    async with client() as http:
        posted = Posted(service.endpoint + PATH, "a secret", SECRET, b"{}")
        response = await http.post(target(service.endpoint), posted)
    assert response.status_code == 307
    assert service.paths == ["client_secrets"]
    assert "canary" not in repr(posted)


async def test_nobodys_cookies_are_kept(service: RestService) -> None:
    """What the service sets for one is not sent for another; and nothing compressed is asked for."""
    service.answers["client_secrets"] = says(200, b"", Set_Cookie="session=canary")
    async with client() as http:
        for _ in range(2):
            await http.post(target(service.endpoint), Posted(service.endpoint + PATH, "a secret", {}))
    assert [each.headers.get("cookie") for each in service.seen] == [None, None]
    assert service.seen[0].headers["accept-encoding"] == "identity"


async def test_tls_and_a_proxy_are_those_of_a_dial(
    proxy: StartProxy, server_tls: ssl.SSLContext, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS_PROXY is asked for a tunnel to the name; on this machine it is left out."""
    via = await proxy()
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{via.port}")
    async with rest_serving(server_tls) as service, client(authority) as http:
        for host in ("upstream.test", "127.0.0.1"):
            endpoint = f"https://{host}:{service.port}"
            response = await http.post(target(endpoint), Posted(endpoint + PATH, "a secret", SECRET))
            assert response.status_code == 200
        assert [head.split()[1] for head in via.asked] == [f"upstream.test:{service.port}"]
        assert "canary" not in via.asked[0]


async def test_a_certificate_that_is_not_trusted(server_tls: ssl.SSLContext) -> None:
    """The log says which setting helps."""
    async with rest_serving(server_tls) as service, client() as http:
        ended = await failure(http, f"https://127.0.0.1:{service.port}")
    assert (ended.ending, "SSL_CERT_FILE" in ended.detail) == (Ending.UPSTREAM_UNAVAILABLE, True)


async def test_a_service_that_is_not_there(unused_tcp_port: int) -> None:
    """The log says what the network said."""
    async with client() as http:
        ended = await failure(http, f"http://127.0.0.1:{unused_tcp_port}")
    assert ended.ending is Ending.UPSTREAM_UNAVAILABLE
    assert "can't be reached" in ended.detail


async def test_a_connection_that_ends_without_an_answer(listener: StartListener) -> None:
    """Or with what is none."""
    nonsense = await listener(says=lambda _: b"canary\r\n\r\n")
    async with client() as http:
        ended = await failure(http, f"http://127.0.0.1:{nonsense.port}")
    assert ended.ending is Ending.UPSTREAM_UNAVAILABLE


async def test_tls_that_breaks_off(server_tls: ssl.SSLContext, authority: trustme.CA) -> None:
    """What comes in place of an answer is no TLS; that is the network's failure too, and not the relay's."""
    async with rest_serving(server_tls) as service, client(authority) as http:

        async def break_off(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            os.write(request.transport.get_extra_info("socket").fileno(), b"canary")
            return await service.stall(request)

        service.answers["client_secrets"] = break_off
        ended = await failure(http, f"https://127.0.0.1:{service.port}")
    assert (ended.ending, "SSLError" in ended.detail) == (Ending.UPSTREAM_UNAVAILABLE, True)


async def test_a_connection_that_says_nothing(
    listener: StartListener, leaving_nothing: Callable[[], AbstractAsyncContextManager[None]]
) -> None:
    """Is given up in time, and leaves nothing behind."""
    silent = await listener()
    async with leaving_nothing(), client(timeout=0.2) as http:
        ended = await failure(http, f"http://127.0.0.1:{silent.port}")
    assert ended.ending is Ending.DIAL_TIMEOUT


async def test_a_proxy_that_refuses(proxy: StartProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log tells the proxy's refusal from the service's."""
    via = await proxy(refusal=b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{via.port}")
    async with client() as http:
        ended = await failure(http, "https://upstream.test")
    assert (ended.ending, "HTTPS_PROXY" in ended.detail) == (Ending.UPSTREAM_UNAVAILABLE, True)


@pytest.mark.parametrize("url", ["ftp://canary@127.0.0.1:1", "http://127.0.0.1:canary"])
async def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """It is named by the variable, not by its URL with the password."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    async with client() as http:
        ended = await failure(http, "https://upstream.test")
    assert (ended.ending, "HTTPS_PROXY" in ended.detail) == (Ending.UPSTREAM_UNAVAILABLE, True)
