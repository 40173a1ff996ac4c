"""What the tests of outgoing HTTP share: requests with a secret, refusals without, and names that lead here."""

from collections.abc import Callable

import httpx
import pytest

from app.effects.calling import ToolFailure
from app.effects.outgoing import Asked, Outgoing
from tests.effects.service import CANARY, Service

__all__ = ["HEADERS", "Make", "Towards", "asked", "refusal"]

Make = Callable[..., Outgoing]

HEADERS = {"api-key": CANARY, "Authorization": CANARY}


class Towards(httpx.AsyncBaseTransport):
    """Sends every request to one local service, whatever host it is for: real HTTP, but no real names."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.service.port)
        return await self.inner.handle_async_request(
            httpx.Request(request.method, url, headers=request.headers, stream=request.stream)
        )

    async def aclose(self) -> None:
        await self.inner.aclose()


def asked(url: str, method: str = "GET", content: bytes | None = None) -> Asked:
    return Asked(method, httpx.URL(url), HEADERS, content)


async def refusal(outgoing: Outgoing, request: Asked) -> str:
    """Return the words with which it failed; they hold no secret."""
    with pytest.raises(ToolFailure) as failed:
        await outgoing.fetch(request, 1000)
    assert CANARY not in failed.value.text
    return failed.value.words
