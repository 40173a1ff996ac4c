import asyncio
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from app.errors import Ended, Ending
from app.upstream.connector import Connector
from app.upstream.providers import Target
from tests.upstream.services import CREATED, IdentityEndpoint, Listener, Service, upgraded

Start = Callable[..., Awaitable[Service]]
Make = Callable[..., Connector]


def azure(endpoint: str, **more: Any) -> Target:
    fields = {"provider": "azure", "endpoint": endpoint, "deployment": "rt", "api_key": "canary-key", **more}
    return Target.model_validate(fields)


async def refusal(connector: Connector, target: Target) -> Ended:
    with pytest.raises(Ended) as caught:
        await connector.open(target, request_id="s1")
    assert "canary" not in caught.value.detail + caught.value.message + caught.value.reason
    return caught.value


async def test_open(service: Start, connector: Make) -> None:
    """An opened upstream has begun its session, and the socket goes on from there."""

    async def script(connection: ServerConnection) -> None:
        await connection.send(await connection.recv())

    served = await service(script=script)
    upstream = await connector().open(azure(served.endpoint), request_id="s1")
    assert (upstream.created, upstream.generation) == (CREATED.encode(), "ga")
    await upstream.socket.send(b'{"type":"response.create"}')
    assert await upstream.socket.recv() == b'{"type":"response.create"}'
    await upstream.socket.close(1000, "")
    assert await served.closes.get() == (1000, "")


async def test_what_is_sent(service: Start, connector: Make, caplog: pytest.LogCaptureFixture) -> None:
    """The service gets the deployment, the key in its own header, and the id that its support asks for."""
    caplog.set_level(logging.DEBUG)
    served = await service()
    upstream = await connector().open(azure(served.endpoint), request_id="s1")
    upstream.socket.abort()
    request = served.requests[0]
    assert request.path == "/openai/v1/realtime?model=rt"
    assert request.headers["api-key"] == "canary-key"
    assert request.headers["x-ms-client-request-id"] == "s1"
    sent = {name.lower() for name in request.headers}
    assert sent.isdisjoint({"authorization", "sec-websocket-extensions", "origin"})
    assert sent >= {"api-key", "x-ms-client-request-id"}
    # The service's own log, in the same process, does write out its headers at this level.
    written = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert "canary" not in "".join(written)


async def test_another_service_gets_no_azure_header(service: Start, connector: Make) -> None:
    """What is not Azure's gets a bearer key, and no header that only Azure knows."""
    served = await service()
    target = Target.model_validate({"provider": "simulator", "endpoint": served.endpoint, "api_key": "canary-key"})
    upstream = await connector().open(target, request_id="s1")
    upstream.socket.abort()
    assert served.requests[0].headers["Authorization"] == "Bearer canary-key"
    assert "x-ms-client-request-id" not in served.requests[0].headers


async def test_a_transcription_session_of_the_preview(service: Start, connector: Make) -> None:
    """The preview's transcription sessions begin with an event of their own."""
    served = await service(first='{"type":"transcription_session.created","session":{}}')
    url = f"{served.endpoint}/openai/v1/realtime?v=1"
    target = Target.model_validate(
        {"provider": "compatible", "endpoint": url, "api_key": "canary-key", "generation": "preview"}
    )
    upstream = await connector().open(target, request_id="s1", transcription=True)
    upstream.socket.abort()
    assert served.requests[0].path == "/openai/v1/realtime?v=1&intent=transcription"
    assert upstream.generation == "preview"


async def test_entra(service: Start, connector: Make, identity: IdentityEndpoint) -> None:
    """Without a key the service gets an Entra token: one for all dials, however many there are."""
    served = await service(keys={"token-1"})
    made = connector(managed_identity_client_id="canary-client")
    target = azure(served.endpoint, api_key=None)
    upstreams = await asyncio.gather(*(made.open(target, request_id=str(i)) for i in range(30)))
    for upstream in upstreams:
        upstream.socket.abort()
    assert {"Bearer token-1"} == {request.headers["Authorization"] for request in served.requests}
    assert len(identity.asked) == 1


async def test_entra_refused(service: Start, connector: Make, identity: IdentityEndpoint) -> None:
    """An identity that gets no token refuses the relay before anything is dialled."""
    identity.status = 400
    served = await service()
    ended = await refusal(connector(managed_identity_client_id="c"), azure(served.endpoint, api_key=None))
    assert ended.ending is Ending.UPSTREAM_REFUSED
    assert served.requests == []


@pytest.mark.parametrize(
    ("more", "status", "remedy"),
    [({"api_key": "canary-other"}, 401, "API_KEY"), ({"endpoint_path": "/wrong"}, 404, "DEPLOYMENT")],
)
async def test_the_service_refuses_the_relay(
    service: Start, connector: Make, more: dict[str, str], status: int, remedy: str
) -> None:
    """A wrong key or path is the operator's to mend, and the log says which."""
    served = await service()
    endpoint = served.endpoint + more.pop("endpoint_path", "")
    ended = await refusal(connector(), azure(endpoint, **more))
    assert ended.ending is Ending.UPSTREAM_REFUSED
    assert f"HTTP {status}" in ended.detail
    assert remedy in ended.detail


async def test_the_service_is_overloaded(service: Start, connector: Make, http: Callable[..., Any]) -> None:
    """A 429 is an overload, with the service's own word on when to come again."""
    served = await service(refusal=http(429, '{"error":{"code":"429"}}', Retry_After="17"))
    ended = await refusal(connector(), azure(served.endpoint))
    assert (ended.ending, ended.retry_after) == (Ending.UPSTREAM_OVERLOADED, 17)


async def test_no_redirect_is_followed(service: Start, connector: Make, http: Callable[..., Any]) -> None:
    """The key goes to the host that the operator named, whatever that one answers."""
    other = await service()
    served = await service(refusal=http(302, Location=f"{other.endpoint}/openai/v1/realtime"))
    ended = await refusal(connector(), azure(served.endpoint))
    assert ended.ending is Ending.UPSTREAM_REFUSED
    assert other.requests == []


ERROR = '{"type":"error","error":{"type":"%s","code":%s,"message":"Incorrect API key provided: canary"}}'


@pytest.mark.parametrize(
    ("first", "code", "ending"),
    [
        (ERROR % ("invalid_request_error", '"invalid_api_key"'), 3000, Ending.UPSTREAM_REFUSED),
        (ERROR % ("rate_limit_error", "null"), 4000, Ending.UPSTREAM_OVERLOADED),
        ('{"type":"session.updated"}', 1000, Ending.UPSTREAM_FAILED),
        ("canary", 1000, Ending.UPSTREAM_FAILED),
        (None, 3000, Ending.UPSTREAM_REFUSED),
        (None, 1013, Ending.UPSTREAM_UNAVAILABLE),
        ("x" * 1001, 1000, Ending.UPSTREAM_UNAVAILABLE),
    ],
)
async def test_the_service_refuses_in_band(
    service: Start, connector: Make, first: str | None, code: int, ending: Ending
) -> None:
    """What comes in place of the first event decides how the attempt ends, and the connection is dropped."""

    async def script(connection: ServerConnection) -> None:
        if first is None:
            await connection.close(code, "canary")

    served = await service(first=first, script=script)
    ended = await refusal(connector(max_frame=1000), azure(served.endpoint))
    assert ended.ending is ending
    await served.closes.get()


async def test_a_service_that_closes_and_keeps_the_connection(
    listener: Callable[..., Awaitable[Listener]], connector: Make
) -> None:
    """A close is an answer, though the connection stays: it is not waited for until the time is up."""
    peer = await listener(says=upgraded(b"\x88\x02\x0b\xb8"))
    ended = await refusal(connector(close_timeout=0.05, timeout=5), azure(f"http://127.0.0.1:{peer.port}"))
    assert ended.ending is Ending.UPSTREAM_REFUSED
    assert "3000" in ended.detail


async def test_nobody_listens(connector: Make) -> None:
    """A refused connection may pass."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ended = await refusal(connector(), azure(f"http://127.0.0.1:{unused.getsockname()[1]}"))
    assert ended.ending is Ending.UPSTREAM_UNAVAILABLE
    assert "127.0.0.1 can't be reached: ConnectionRefusedError" in ended.detail


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_answers_is_no_such_service(
    listener: Callable[..., Awaitable[Listener]], connector: Make, scheme: str
) -> None:
    """An answer in another protocol is as good as none."""
    ssh = await listener(says=lambda _: b"SSH-2.0-canary\r\n")
    ended = await refusal(connector(), azure(f"{scheme}://127.0.0.1:{ssh.port}"))
    assert ended.ending is Ending.UPSTREAM_UNAVAILABLE


async def test_tls(service: Start, connector: Make, server_tls: ssl.SSLContext, authority: trustme.CA) -> None:
    """An encrypted upstream is trusted by the context that was given."""
    served = await service(tls=server_tls)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    target = azure(f"https://127.0.0.1:{served.port}")
    upstream = await connector(ssl=trusting).open(target, request_id="s1")
    upstream.socket.abort()
    ended = await refusal(connector(), target)
    assert ended.ending is Ending.UPSTREAM_UNAVAILABLE
    assert "SSL_CERT_FILE" in ended.detail
    assert len(served.requests) == 1


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ({}, None),
        ({"apim-request-id": "a-1", "x-request-id": "b-2"}, "a-1"),
        ({"x-request-id": "req_2"}, "req_2"),
        ({"x-request-id": "no name: 'canary'"}, None),
        ({"x-request-id": "x" * 65}, None),
    ],
)
async def test_the_services_own_request_id(connector: Make, headers: dict[str, str], known: str | None) -> None:
    """It is what the provider's support asks for; anything but a plain name stays out of our log."""

    def name(_: ServerConnection, __: Request, response: Response) -> None:
        for header, value in headers.items():
            response.headers[header] = value

    async def begin(connection: ServerConnection) -> None:
        await connection.send(CREATED)
        await connection.wait_closed()

    async with serve(begin, "127.0.0.1", 0, process_response=name) as server:
        port = server.sockets[0].getsockname()[1]
        upstream = await connector().open(azure(f"http://127.0.0.1:{port}"), request_id="s1")
        assert upstream.request_id == known
        upstream.socket.abort()
