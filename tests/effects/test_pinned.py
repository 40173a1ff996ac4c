"""A transport that connects to an address only after it has looked at it."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import httpx
import pytest
import trustme

from app.effects.pinned import OWN, Pinned, resolve
from tests.effects.service import Service

Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Return a function that makes a client for which all names have these addresses."""
    async with AsyncExitStack() as stack:

        def make(*addresses: str, context: ssl.SSLContext | None = None) -> httpx.AsyncClient:
            async def known(host: str, port: int) -> Sequence[str]:  # noqa: ARG001 - all alike
                return addresses

            made = httpx.AsyncClient(transport=Pinned(known, context))
            stack.push_async_callback(made.aclose)
            return made

        yield make


async def test_named_host_is_reached_at_its_address(client: Client, service: Service) -> None:
    """The service still reads the name that it was asked by."""
    url = f"http://tool.example:{service.port}/x"
    assert (await client("127.0.0.1").get(url, extensions={OWN: True})).status_code == 200
    assert service.seen[0].headers["Host"] == f"tool.example:{service.port}"


async def test_address_that_may_not_be_connected_to_is_not(client: Client, service: Service) -> None:
    """A name that the operator did not give the tool leads into no private network."""
    with pytest.raises(httpx.ConnectError):
        await client("127.0.0.1").get(f"http://tool.example:{service.port}/x")
    assert service.seen == []


async def test_next_address_is_tried(client: Client, service: Service) -> None:
    """One address that does not answer is not the end."""
    url = f"http://tool.example:{service.port}/x"
    made = client("169.254.169.254", "127.9.9.9", "127.0.0.1")
    assert (await made.get(url, extensions={OWN: True})).status_code == 200


async def test_no_address_answers(client: Client, service: Service) -> None:
    """It is told that none could be connected to."""
    with pytest.raises(httpx.ConnectError):
        await client("127.9.9.9").get(f"http://tool.example:{service.port}", extensions={OWN: True})


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b"])
async def test_name_without_address_is_not_reached(host: str) -> None:
    """A name that cannot be resolved is one that cannot be reached."""
    async with httpx.AsyncClient(transport=Pinned()) as made:
        with pytest.raises(httpx.ConnectError):
            await made.get(f"http://{host}/", extensions={OWN: True})


async def test_addresses_come_from_the_system() -> None:
    """A literal address resolves to itself, once."""
    assert await resolve("127.0.0.1", 80) == ["127.0.0.1"]


@pytest.mark.parametrize(("name", "trusted"), [("tool.example", True), ("other.example", False)])
async def test_certificate_is_held_against_the_name(
    client: Client, start_service: Callable[..., Awaitable[Service]], name: str, *, trusted: bool
) -> None:
    """TLS is the name's, though the address is what is connected to."""
    authority = trustme.CA()
    served, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(name).configure_cert(served)
    authority.configure_trust(trusting)
    service = await start_service(tls=served)
    asking = client("127.0.0.1", context=trusting).get(
        f"https://tool.example:{service.port}/", extensions={OWN: True}
    )
    if trusted:
        assert (await asking).status_code == 200
    else:
        with pytest.raises(httpx.ConnectError):
            await asking
