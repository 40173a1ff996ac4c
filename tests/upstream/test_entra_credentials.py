import asyncio
import socket
from collections.abc import Callable
from functools import partial

import pytest
from azure.identity.aio import ManagedIdentityCredential

from app.errors import Ended, Ending
from app.upstream.entra import DefaultChain, Tokens, make_credential
from tests.upstream.services import IdentityEndpoint

SCOPE = "https://cognitiveservices.azure.com/.default"

Make = Callable[..., Tokens]


async def test_a_credential_that_cannot_be_made(tokens: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the environment of azure-identity refuses the relay, as any other of the identity does."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "canary")
    with pytest.raises(Ended) as caught:
        await tokens(partial(make_credential, None, None)).get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_REFUSED
    assert "canary" not in caught.value.detail


@pytest.mark.parametrize(("client_id", "sent"), [("canary-client", "canary-client"), (None, None)])
async def test_managed_identity(
    tokens: Make, identity: IdentityEndpoint, client_id: str | None, sent: str | None
) -> None:
    """The identity endpoint that the environment names is asked for the scope's resource, and for the identity."""
    kept = tokens(partial(make_credential, client_id, None))
    assert [await kept.get(SCOPE) for _ in range(2)] == ["token-1", "token-1"]
    assert [(asked["resource"], asked.get("client_id")) for asked in identity.asked] == [
        ("https://cognitiveservices.azure.com", sent)
    ]


async def test_many_who_find_the_token_ended_ask_once(tokens: Make, identity: IdentityEndpoint) -> None:
    """Fifty dials that come upon an ended token send one request, and get what it brings."""
    identity.life = 0
    kept = tokens(partial(make_credential, "canary-client", None))
    first = await kept.get(SCOPE)
    identity.life = 90_000
    identity.held.clear()
    waiting = [asyncio.create_task(kept.get(SCOPE)) for _ in range(50)]
    async with asyncio.timeout(5):
        await identity.arrived.get()
        await identity.arrived.get()
    identity.held.set()
    assert {*await asyncio.gather(*waiting)} == {"token-2"}
    assert (first, len(identity.asked)) == ("token-1", 2)


@pytest.mark.parametrize("client_id", ["canary-client", None])
async def test_an_identity_endpoint_that_answers_500(
    tokens: Make, identity: IdentityEndpoint, client_id: str | None
) -> None:
    """A failing identity endpoint may mend itself, and says nothing about the identity."""
    identity.status = 500
    kept = tokens(partial(make_credential, client_id, None, retry_total=0))
    with pytest.raises(Ended) as caught:
        await kept.get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    identity.status = 200
    assert await kept.get(SCOPE) == "token-2"


@pytest.mark.parametrize("client_id", ["canary-client", None])
async def test_an_identity_endpoint_that_is_down(
    tokens: Make, identity: IdentityEndpoint, monkeypatch: pytest.MonkeyPatch, client_id: str | None
) -> None:
    """A refused connection to the identity endpoint may pass: the container beside ours may still be starting."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}/msi/token")
        with pytest.raises(Ended) as caught:
            await tokens(partial(make_credential, client_id, None, retry_total=0)).get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    assert identity.asked == []


@pytest.mark.parametrize("client_id", ["canary-client", None])
async def test_an_identity_that_the_endpoint_does_not_know(
    tokens: Make, identity: IdentityEndpoint, client_id: str | None
) -> None:
    """An endpoint that refuses refuses the relay, before and after it has once given a token."""
    kept = tokens(partial(make_credential, client_id, None, retry_total=0))
    identity.status = 400
    for _ in range(2):
        with pytest.raises(Ended) as caught:
            await kept.get(SCOPE)
        assert caught.value.ending is Ending.UPSTREAM_REFUSED
    identity.status = 200
    assert await kept.get(SCOPE) == "token-3"
    identity.status = 400
    with pytest.raises(Ended) as caught:
        await kept.get("https://ai.azure.com/.default")
    assert caught.value.ending is Ending.UPSTREAM_REFUSED


async def test_a_failure_of_before_is_forgotten(
    tokens: Make, identity: IdentityEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What broke the chain once says nothing about a later attempt that came to its end."""
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "prod")
    kept = tokens(partial(make_credential, None, None, retry_total=0))
    identity.status = 500
    with pytest.raises(Ended) as caught:
        await kept.get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    identity.plain = True
    with pytest.raises(Ended) as caught:
        await kept.get(SCOPE)
    assert caught.value.ending is Ending.UPSTREAM_REFUSED


def test_the_authority_is_passed_on() -> None:
    """The host of a sovereign cloud reaches azure-identity, which takes none without TLS."""
    with pytest.raises(ValueError, match="https"):
        make_credential(None, "http://login.microsoftonline.us")


async def test_which_credential_is_made() -> None:
    """A client id means that managed identity; else the default chain is asked, at the sovereign cloud's host."""
    chosen = make_credential("canary-client", None)
    chain = make_credential(None, "login.microsoftonline.us", exclude_environment_credential=True)
    assert isinstance(chosen, ManagedIdentityCredential)
    assert isinstance(chain, DefaultChain)
    await chosen.close()
    await chain.close()
