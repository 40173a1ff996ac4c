"""Tests of app.auth.provider: which answers of an identity provider are taken, and which are none."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from app.auth.provider import Provider
from app.errors import Ended, Ending
from tests.auth.issuer import PATIENCE, Issuer, SigningKey, json_bytes

BOTH = ["/.well-known/openid-configuration", "/keys"]
Make = Callable[..., Provider]


async def refused(provider: Provider) -> Ended:
    """Return how an attempt ends for want of keys."""
    with pytest.raises(Ended) as caught:
        await provider.keys("key-1")
    assert caught.value.ending is Ending.UPSTREAM_UNAVAILABLE
    assert "canary" not in str(caught.value)
    return caught.value


def saying(body: bytes, status: int = 200, **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Answer so; underscores in header names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=named)

    return answer


DEEP = b'{"issuer":' + b"[" * 100_000
MEGABYTES = json_bytes({"keys": [SigningKey().jwk], "more": "x" * 10_000_000})
ZIPPED = gzip.compress(json_bytes({"keys": [SigningKey().jwk]}))

ANSWERS: list[tuple[str, Callable[[web.Request], Awaitable[web.Response]], str]] = [
    # the end of the path, its answer, and what is told of it
    ("openid-configuration", saying(b"", 302, location="/elsewhere"), "discovery redirects"),
    ("openid-configuration", saying(b"", 301, location="https://evil.example/"), "discovery redirects"),
    ("openid-configuration", saying(b"", 307, location="http://169.254.169.254/"), "discovery redirects"),
    ("openid-configuration", saying(b"canary", 404), "discovery answers 404"),
    ("openid-configuration", saying(b"canary", 500), "discovery answers 500"),
    ("openid-configuration", saying(b"", 204), "discovery answers 204"),
    ("openid-configuration", saying(b"<html>canary</html>"), "the discovery document is none"),
    ("openid-configuration", saying(b""), "the discovery document is none"),
    ("openid-configuration", saying(b"[]"), "the discovery document is none"),
    ("openid-configuration", saying(b'{"issuer":"canary"}'), "the discovery document is none"),
    ("openid-configuration", saying(b'{"issuer":1,"jwks_uri":2}'), "the discovery document is none"),
    ("openid-configuration", saying(b"\xff\xfe"), "the discovery document is none"),
    ("openid-configuration", saying(DEEP), "the discovery document is none"),
    ("openid-configuration", saying(MEGABYTES), "discovery is over 262144 bytes"),
    ("keys", saying(b"", 302, location="/elsewhere"), "the key set redirects"),
    ("keys", saying(b"canary", 503), "the key set answers 503"),
    ("keys", saying(b"canary"), "the key set is none"),
    ("keys", saying(b'{"keys":1}'), "the key set is none"),
    ("keys", saying(b'{"keys":' + b"[" * 100_000), "the key set is none"),
    ("keys", saying(b'{"keys":"\xff"}'), "the key set is none"),
    ("keys", saying(b'{"keys":[]}'), "the key set holds no key that can be used"),
    (
        "keys",
        saying(b'{"keys":[{"kty":"oct","k":"AQAB","kid":"key-1"}]}'),
        "the key set holds no key that can be used",
    ),
    ("keys", saying(MEGABYTES), "the key set is over 262144 bytes"),
    ("keys", saying(ZIPPED, content_encoding="gzip"), "the key set is none"),
]


@pytest.mark.parametrize(("end", "answer", "told"), ANSWERS)
async def test_what_is_not_taken_from_a_provider(
    issuer: Issuer, provider: Make, end: str, answer: Any, told: str
) -> None:
    """No redirect is followed, nothing beyond the bound is read, and no half of an answer counts."""
    issuer.answers[end] = answer
    ended = await refused(provider())
    assert told == ended.detail
    assert issuer.asked == (BOTH[:1] if end != "keys" else BOTH)


DISCOVERIES: list[tuple[dict[str, Any], str]] = [
    ({"issuer": "https://evil.example"}, 'another issuer, "https://evil.example"; ISSUER must be'),
    ({"issuer": "\n"}, 'another issuer, "\\n"; ISSUER must be'),
    ({"issuer": "x" * 1000}, f'another issuer, "{"x" * 200}"; ISSUER must be'),
    ({"jwks_uri": "http://keys.example/"}, "discovery names a jwks_uri that is not https"),
    ({"jwks_uri": "file:///etc/passwd"}, "discovery names a jwks_uri that is not https"),
    ({"jwks_uri": "/keys"}, "discovery names a jwks_uri that is not https"),
    ({"jwks_uri": "http://127.0.0.1@keys.example/"}, "discovery names a jwks_uri that is not https"),
    ({"jwks_uri": "https://[keys"}, "the discovery document is none"),
    ({"jwks_uri": "http://127.0.0.1:port/"}, "InvalidURL"),
]


@pytest.mark.parametrize(("discovery", "told"), DISCOVERIES)
async def test_what_discovery_may_not_say(
    issuer: Issuer, provider: Make, discovery: dict[str, Any], told: str
) -> None:
    """Another issuer's name, or keys from where anybody could have put them: none are asked for."""
    issuer.discovery = discovery
    assert told in (await refused(provider())).detail
    assert issuer.asked == BOTH[:1]


async def test_the_issuers_name_counts_to_the_letter(issuer: Issuer, provider: Make) -> None:
    """A trailing slash more is another issuer, and the log says which name is the right one."""
    ended = await refused(provider(issuer.url + "/"))
    assert f'"{issuer.url}"; ISSUER must be that to the letter' in ended.detail


async def test_an_answer_without_end_is_not_read(issuer: Issuer, provider: Make) -> None:
    """Where no length is told, reading stops at the bound, and the connection is dropped."""
    dropped = asyncio.Event()

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 2**16)
        except ConnectionError:
            dropped.set()
        return response

    issuer.answers["keys"] = endless
    assert (await refused(provider())).detail == "the key set is over 262144 bytes"
    async with asyncio.timeout(PATIENCE):
        await dropped.wait()


async def test_an_answer_that_dribbles_has_its_time(issuer: Issuer, provider: Make) -> None:
    """The time is for the whole, and not for each byte."""

    async def dribble(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" ")
                await asyncio.sleep(0.01)
        except ConnectionError:
            return response

    issuer.answers["keys"] = dribble
    assert (await refused(provider(timeout=0.2))).detail == "TimeoutError"


async def test_no_answer_at_all(issuer: Issuer, provider: Make) -> None:
    """A provider that takes the connection and says nothing is down."""
    issuer.go.clear()
    assert "Timeout" in (await refused(provider(timeout=0.1))).detail


async def test_nobody_there(issuer: Issuer, provider: Make) -> None:
    """The log tells what the network said."""
    unused = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = unused.sockets[0].getsockname()[1]
    unused.close()
    await unused.wait_closed()
    ended = await refused(provider(f"http://127.0.0.1:{port}"))
    assert ended.detail == "All connection attempts failed"
    assert issuer.asked == []
